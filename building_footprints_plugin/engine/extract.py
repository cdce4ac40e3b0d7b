"""The whole way from a raster to footprints, as a table of contents of the steps."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .area import Area, area_of
from .beside import Other, Task, in_process
from .clock import OTHERS, Clock
from .errors import BadInput
from .footprints import Found, Settings, find_footprints, write_footprints
from .options import PolygonizeOptions, RunOptions, SegmentOptions
from .packed import Packed, in_bands, pack
from .progress import Reporter
from .raster import (
    NODATA,
    Bounds,
    GriddedReader,
    ProbabilityReader,
    ProbabilityWriter,
    RasterFile,
    RasterReader,
    open_probability,
    open_raster,
    pixel_count,
)
from .running import Missing, Run, keeping_of, strips_of
from .starting import importing
from .vector import FootprintWriter, SourceImage, check_target, image_id_of

if TYPE_CHECKING:
    from .inference import Predictor
    from .manifest import Manifest

STRIP_ROWS = 512
BESIDE_PX = 16_000_000  # seconds of work; another process takes about one to start
FAR_GSD = 1.5  # times the pixel size of the weights: training shows buildings up to 1.4 times as large or small


@dataclass(frozen=True)
class Source:
    """What is read: any raster GDAL opens, which part of it, and a CRS where it has none or a wrong one."""

    path: str
    bounds: Bounds | None = None
    aoi: Path | None = None
    crs: str | None = None


@dataclass(frozen=True)
class Target:
    """What is written: footprints (with a layer's name), building probability, or both."""

    footprints: Path | None = None
    layer: str | None = None
    probability: Path | None = None
    run: RunOptions = field(default_factory=RunOptions)  # of an interrupted run of the same kind


@dataclass(frozen=True)
class Model:
    """Which weights are used, and how they are run."""

    weights: Path
    options: SegmentOptions


@dataclass(frozen=True)
class Finding:
    """How buildings are found in strips: by which settings, where, and in which process if one was started early."""

    settings: Settings
    area: Area
    other: Other | None = None


def extract(
    source: Source, target: Target, model: Model, polygonizing: PolygonizeOptions, reporter: Reporter
) -> dict[str, Any]:
    """Find the buildings of a raster and write what `target` names; return the figures of the run.

    A file appears only when it is whole. Memory: a few strips of the raster, and of buildings those not yet whole.
    Raises BadInput for what the user can mend, Cancelled, and FootprintsError for the rest.
    """
    clock = Clock()
    _check_targets(source, target)
    with ExitStack() as files:
        other = files.enter_context(Other(find_footprints)) if _starts_early(source, target, model.options) else None
        with clock.at("loading"):
            predictor, manifest = _load(model)
        predictor.warn = reporter.warning
        reporter.info(f"Runs on {predictor.name}: {predictor.why}.")
        reader = files.enter_context(_open(source, model.options, manifest, reporter))
        area = _area(reader, source, reporter)
        run = Run(reader, predictor, model.weights, area, model.options)
        output = target.footprints or target.probability or Path(source.path)
        counted = Missing(files.enter_context(strips_of(run, keeping_of(run, output, target.run), clock, reporter)))
        strips: Iterator[Packed] = iter(counted)
        if target.probability is not None:
            writer = files.enter_context(
                ProbabilityWriter(target.probability, reader.grid, area.window, manifest.thresholds)
            )
            strips = clock.apart("probability raster", partial(_also_write, writer=writer, area=area), strips)
        figures: dict[str, Any] = {}
        if target.footprints is None:
            for _ in strips:
                pass
        else:
            sink = files.enter_context(_footprint_writer(source, target, reader))
            settings = Settings.of(polygonizing, manifest.thresholds)
            found = _found(strips, Finding(settings, area, other), clock, reporter)
            figures = {**_written(found, sink, reader, clock), **settings.used}
        _finish(reader, reporter)
        with clock.at("writing"):
            files.close()
    reporter.info(counted.sentence)
    figures |= {"device": predictor.name, "gsd_m": area.transform.a, "nodata_share": counted.share}
    return {**figures, **_effort(clock, area, reporter)}


def polygonize(source: Source, target: Target, options: PolygonizeOptions, reporter: Reporter) -> dict[str, Any]:
    """Turn a probability or mask raster into footprints, without torch; return the figures of the run."""
    clock = Clock()
    _check_targets(source, target)
    with ExitStack() as files:
        reader = files.enter_context(open_probability(source.path, source.crs))
        area = _area(reader, source, reporter)
        sink = files.enter_context(_footprint_writer(source, target, reader))
        strips = clock.through("reading", _read_strips(reader, area, reporter))
        settings = Settings.of(options, reader.thresholds)
        found = _found(strips, Finding(settings, area), clock, reporter)
        figures = {**_written(found, sink, reader, clock), **settings.used}
        _finish(reader, reporter)
        with clock.at("writing"):
            files.close()
    return {**figures, **_effort(clock, area, reporter)}


def _starts_early(source: Source, target: Target, options: SegmentOptions) -> bool:
    """Return whether outlines will be worth a process of their own, and it can start while torch is loaded."""
    if target.footprints is None or source.bounds is not None or source.aoi is not None or "torch" in sys.modules:
        return False
    return pixel_count(RasterFile(source.path, follow_links=options.follow_links)) >= BESIDE_PX


def _found(strips: Iterator[Packed], finding: Finding, clock: Clock, reporter: Reporter) -> Iterator[Found]:
    """Yield the buildings in `strips`, found in a process of its own where there is work enough for its start."""
    settings, area = finding.settings, finding.area
    arguments = settings, area.for_another_thread()
    if finding.other is not None:
        clock.add("outlines", (yield from finding.other.made(arguments, strips, reporter.check)))
    elif _is_small(area):
        yield from clock.apart("outlines", partial(find_footprints, settings=settings, area=area), strips)
    else:
        clock.add("outlines", (yield from in_process(Task(find_footprints, arguments), strips, reporter.check)))


def _is_small(area: Area) -> bool:
    """Return whether outlines are not worth a process of their own."""
    return area.look[2] * area.look[3] < BESIDE_PX


def _written(found: Iterator[Found], sink: FootprintWriter, reader: GriddedReader, clock: Clock) -> dict[str, float]:
    with clock.at("writing"):
        return write_footprints(clock.through(OTHERS, found, outer="writing"), sink, reader)


def _load(model: Model) -> tuple[Predictor, Manifest]:
    """Torch is imported here and nowhere before: the rest of the engine works without it."""
    with importing():
        from .loading import load

        return load(model.weights, model.options)


def _open(source: Source, options: SegmentOptions, manifest: Manifest, reporter: Reporter) -> RasterReader:
    return open_raster(
        RasterFile(source.path, options.damaged == "skip", options.follow_links),
        gsd_m=_gsd_m(options, manifest, reporter),
        bands=options.bands,
        bands_expected=len(manifest.bands),
        crs=source.crs,
    )


def _gsd_m(options: SegmentOptions, manifest: Manifest, reporter: Reporter) -> float | tuple[float, float]:
    """Return the pixel size to read at: the user's, else the range that the weights know."""
    chosen = options.gsd_m
    if chosen is None:
        return manifest.gsd_range_m
    if not 1 / FAR_GSD <= chosen / manifest.gsd_m <= FAR_GSD:
        reporter.warning(
            f"The image is read at {chosen:g} m per pixel; the weights were trained at {manifest.gsd_m:g} m and may "
            "not know buildings of this size: compare the result with that of the default."
        )
    return chosen


def _check_targets(source: Source, target: Target) -> None:
    """Say what cannot be written before any work is done."""
    if target.footprints is not None:
        check_target(target.footprints)
    for path in (target.footprints, target.probability):
        if path is not None and path.exists() and Path(source.path).exists() and path.samefile(source.path):
            raise BadInput(f"{path} is both input and output; choose another output.")


def _area(reader: GriddedReader, source: Source, reporter: Reporter) -> Area:
    for text in reader.warnings:
        reporter.warning(text)
    area = area_of(reader, source.bounds, source.aoi)
    grid = reader.grid
    reporter.info(
        f"{source.path}: {grid.width} x {grid.height} px of {grid.pixel_m:g} m in {grid.crs.to_string()[:40]}."
    )
    return area


def _finish(reader: GriddedReader, reporter: Reporter) -> None:
    """Say what was found while reading, and refuse a raster that changed, before anything appears."""
    for text in reader.finish():
        reporter.warning(text)
    reporter.progress(1.0)


def _footprint_writer(source: Source, target: Target, reader: GriddedReader) -> FootprintWriter:
    if target.footprints is None:
        raise BadInput("No output was named; expected a vector file.")
    image = SourceImage(image_id_of(source.path), reader.source_transform, reader.crs.to_wkt())
    return FootprintWriter(target.footprints, reader.crs.to_wkt(), target.layer, image)


def _also_write(strips: Iterable[Packed], writer: ProbabilityWriter, area: Area) -> Iterator[Packed]:
    """Pass strips of the larger window on, and write of each what lies in the area."""
    top, left = area.look[:2]
    row, col, height, width = area.window
    for strip in strips:
        begin, end = max(top, row), min(top + strip.rows, row + height)
        if begin < end:
            part = strip.cut(begin - top, end - top).codes(slice(col - left, col - left + width))
            part[:, area.outside((begin, col, end - begin, width))] = NODATA
            writer.write(begin - row, part)
            del part
        top += strip.rows
        yield strip


def _read_strips(reader: ProbabilityReader, area: Area, reporter: Reporter) -> Iterator[Packed]:
    """Yield codes (2, rows, width), packed for another process; without a band for interior there are no seeds."""
    row, col, height, width = area.look
    for begin in range(0, height, STRIP_ROWS):
        reporter.progress(begin / height)
        codes = reader.read(row + begin, col, min(STRIP_ROWS, height - begin), width)
        codes = codes if reader.has_interior else np.concatenate([codes, np.zeros_like(codes)])
        yield in_bands(codes) if _is_small(area) else pack(codes)
        del codes


def _effort(clock: Clock, area: Area, reporter: Reporter) -> dict[str, Any]:
    """Say how long each stage was busy, and return that with the size of the area."""
    megapixels = area.look[2] * area.look[3] / 1e6
    for line in clock.lines(megapixels):
        reporter.info(line)
    return {
        "seconds": round(clock.seconds, 3),
        "megapixels": round(megapixels, 3),
        "busy_seconds": clock.rounded(),
        "warnings": list(reporter.warned),
    }
