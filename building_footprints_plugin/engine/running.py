"""The network run over an area, beside whatever its strips are for, and kept so that an interrupted run can go on."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Protocol

import shapely

from .. import __version__
from .area import Area
from .beside import Workers, ahead
from .clock import Clock
from .errors import Cancelled
from .kept import Keeping, KeptStrips
from .options import STRIPS, RunOptions, SegmentOptions
from .packed import Packed
from .progress import Reporter
from .raster import NODATA, RasterReader
from .segment import Layout, Network, Segmenter


class NamedNetwork(Network, Protocol):
    """A network that says which device it runs on, why there, and in which threads tiles are run."""

    @property
    def name(self) -> str: ...

    @property
    def why(self) -> str: ...

    def workers(self, tiles: int, tile_px: int) -> Workers: ...


@dataclass(frozen=True)
class Run:
    """What decides about the strips: which raster, network and weights, what part of it, and how."""

    reader: RasterReader
    network: NamedNetwork
    weights: Path
    area: Area
    options: SegmentOptions

    @property
    def layout(self) -> Layout:
        """Where the tiles lie."""
        area = self.area.for_another_thread()
        return Layout.of(area.look, self.options.tile_px, self.options.overlap_px, area.touches)

    @property
    def batch_size(self) -> int:
        """Tiles in one pass: on a CPU one, which is as fast there, takes less memory and can be cancelled sooner."""
        return 1 if self.network.name.startswith("cpu") else self.options.batch_size

    def depends_on(self) -> str:
        """Return all that a strip's values depend on, as text."""
        reader, grid, layout = self.reader, self.reader.grid, self.layout
        torch = sys.modules.get("torch")
        facts = {
            "version": __version__,
            "files": reader.files,
            "stretch": repr(reader.stretch),
            "grid": [grid.crs.to_wkt(), *grid.transform, grid.height, grid.width],
            "tiles": [layout.window, asdict(layout.rows), asdict(layout.cols)],
            "region": None if self.area.region is None else shapely.to_wkb(self.area.region, hex=True),
            "weights": _digest(self.weights),
            "options": asdict(self.options),
            "network": [self.network.name, getattr(torch, "__version__", "")],
        }
        return json.dumps(facts, sort_keys=True)


class Missing:
    """Strips passed on, and how much of them is not there."""

    def __init__(self, strips: Iterator[Packed]) -> None:
        self._strips = strips
        self._missing, self._all = 0, 0

    def __iter__(self) -> Iterator[Packed]:
        for strip in self._strips:
            self._missing += strip.count_highest(0, NODATA)
            self._all += strip.rows * strip.width
            yield strip
            del strip  # else it would be held until the next strip is there

    @property
    def sentence(self) -> str:
        """What the log says of them."""
        return f"{self._missing:,} of {self._all:,} pixels are not there: nodata, masked or outside of the area."

    @property
    def share(self) -> float:
        """Share of the pixels so far that are nodata, masked or outside, 0..1."""
        return round(self._missing / max(self._all, 1), 6)


def keeping_of(run: Run, output: Path, options: RunOptions) -> Keeping:
    """Return where the strips of a run are kept until its `output` is whole, and what they depend on."""
    beside = Path(options.keep_beside or output)
    strips, (_, _, height, width) = len(run.layout.rows.starts), run.layout.window
    return Keeping(
        path=beside.with_name(STRIPS.format(beside.name)),
        depends_on=run.depends_on() if strips > 1 else "",
        pixels=height * width,
        strips=strips,
        resume=options.resume,
        goes_on=options.resume or options.keep_beside is not None,
    )


@contextmanager
def strips_of(run: Run, keeping: Keeping, clock: Clock, reporter: Reporter) -> Iterator[Iterator[Packed]]:
    """Give the strips of codes of a run, top to bottom, made ahead in a thread; kept until the end.

    They begin with those that an interrupted run left, if `keeping` says so.
    """
    ended = threading.Event()

    def progress(share: float) -> None:
        if ended.is_set():
            raise Cancelled("The run has ended.")
        reporter.progress(share)

    layout = run.layout
    workers = run.network.workers(
        len(layout.rows.starts) * len(layout.cols.starts), layout.rows.sizes[0] * layout.cols.sizes[0]
    )
    how = run.batch_size, run.options.tta, progress, clock, workers
    segmenter = Segmenter(run.reader, run.network, layout, *how)
    with KeptStrips(keeping, reporter.warning) as kept, closing(ahead(segmenter.strips(kept.count))) as made:
        if kept.count:
            reporter.info(f"Goes on from {kept.count} of {keeping.strips} strips, made by an interrupted run.")
        try:
            yield chain(kept.earlier(), kept.kept(made))
        finally:
            ended.set()


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
