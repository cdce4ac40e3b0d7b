"""Labelled tiles for training: an image and the buildings drawn over it, cut on the grid that extraction reads."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .area import Area, Window, area_of
from .burning import IGNORE, Buildings
from .errors import BadInput, FootprintsError
from .extract import Source
from .options import ChipOptions
from .progress import Reporter
from .raster import RasterReader, open_raster
from .vector import try_to_write

JPEG_QUALITY = 92


def write_place(source: Source, truth: str, target: Path, options: ChipOptions, reporter: Reporter) -> dict[str, Any]:
    """Write the folder `target`: tiles of the image, the buildings of `truth` on them, and place.json.

    Returns tiles, instances (a building counts on each of its tiles) and gsd_m.
    `python -m training` takes the folder for one place: images/*.jpg, instances/*.png (uint16; 65535 where the image
    has no data or the ground lies outside of the source's extent and area). It appears only when it is whole. Memory: a
    tile, and the whole of `truth`. Raises BadInput if `target` is there already, or if there is nothing to show.
    """
    if target.exists():
        raise BadInput(f"{target} is there already; choose another name, or delete it.")
    with open_raster(source.path, gsd_m=options.gsd_m, bands=options.bands, crs=source.crs) as reader:
        for text in reader.warnings:
            reporter.warning(text)
        area = area_of(reader, source.bounds, source.aoi)
        buildings = Buildings.over(reader, truth)
        with _whole_folder(target) as folder:
            tiles, shown = 0, 0
            windows = list(cut(area.window, options.chip_px))
            for number, window in enumerate(windows):
                reporter.progress(number / len(windows))
                tile = read_tile(reader, area, buildings, window)
                if tile is not None:
                    _write_tile(folder, f"{window[0]:06d}_{window[1]:06d}", *tile)
                    tiles, shown = tiles + 1, shown + len(np.setdiff1d(tile[1], (0, IGNORE)))
            if not tiles:
                raise BadInput(f"{source.path} has no data within the extent; choose another extent.")
            _write_info(folder, {"name": target.name, "gsd_m": reader.grid.pixel_m, **_told(source, options)})
        if not shown:
            reporter.warning("The tiles show no building: the truth has none within the extent.")
    reporter.progress(1.0)
    return {"tiles": tiles, "instances": shown, "gsd_m": reader.grid.pixel_m, "place": str(target)}


def cut(window: Window, side: int) -> Iterator[Window]:
    """Yield windows of at most `side` x `side` px, as few and as equal as can be, each pixel of `window` in one."""
    row, col, height, width = window
    for top, bottom in _parts(height, side):
        for left, right in _parts(width, side):
            yield row + top, col + left, bottom - top, right - left


def _parts(length: int, side: int) -> Iterator[tuple[int, int]]:
    count = math.ceil(length / side)
    return pairwise(round(length * number / count) for number in range(count + 1))


def read_tile(
    reader: RasterReader, area: Area, buildings: Buildings, window: Window
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]] | None:
    """Return image `(height, width, 3)` and instances `(height, width)` of a window; None if nothing is known there."""
    unknown = area.outside(window)
    if unknown.all():
        return None
    pixels, valid = reader.read(*window)
    unknown |= ~valid
    if unknown.all():
        return None
    instances = np.where(unknown, np.uint16(IGNORE), buildings.burn(area, window))
    return pixels.transpose(1, 2, 0), instances.astype(np.uint16)


def _told(source: Source, options: ChipOptions) -> dict[str, Any]:
    said = asdict(options)
    facts = {"split_hint": said["split"], "label_quality": said["quality"]}
    return {**facts, "licence": said["licence"], "attribution": said["attribution"], "source": Path(source.path).name}


@contextmanager
def _whole_folder(target: Path) -> Iterator[Path]:
    """Yield a folder that becomes `target` if the block ends well; raises FootprintsError if that cannot be."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try_to_write(target.parent)
        with TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent, ignore_cleanup_errors=True) as hidden:
            folder = Path(hidden) / target.name
            for part in ("images", "instances"):
                (folder / part).mkdir(parents=True)
            yield folder
            folder.rename(target)
    except OSError as error:
        raise FootprintsError(f"{target} could not be written ({error}); nothing was made.") from error


def _write_tile(folder: Path, name: str, image: NDArray[np.uint8], instances: NDArray[np.uint16]) -> None:
    picture = Image.fromarray(np.ascontiguousarray(image))
    picture.save(folder / "images" / f"{name}.jpg", quality=JPEG_QUALITY, subsampling=0)
    Image.fromarray(instances).save(folder / "instances" / f"{name}.png", optimize=True)


def _write_info(folder: Path, info: dict[str, Any]) -> None:
    (folder / "place.json").write_text(json.dumps(info, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
