"""What is judged, however it lies on disk: pictures with their truth, as the files that `extract` and `score` read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import open_raster, shifted
from building_footprints_plugin.engine.vector import EXTENSIONS, Layer, write_layers

from .places import Place, read_places
from .sheet import CRS, lay_out, write_picture

SHEET_TILES = 36  # tiles laid out at once: memory does not grow with the place
MOSAIC_TILE_PX = 1024  # a mosaic is looked at in pieces of this size
LOOK_GSD_M = 0.3
SPACENET = "RGB-PanSharpen_"  # how the names of its images begin
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Picture:
    """Pixels `(height, width, 3)` and where they lie."""

    pixels: NDArray[np.uint8]
    transform: Affine
    crs: str


@dataclass(frozen=True)
class Tile:
    """A piece of a picture to look at: its name, its (left, bottom, right, top) in `crs`, and what reads it."""

    name: str
    box: Box
    crs: str
    read: Callable[[], Picture]


@dataclass(frozen=True)
class Scene:
    """A picture (None where there is only truth) and its truth, a vector file; several scenes may be of one place.

    `ground` (t, 4) are the boxes that are labelled, None for everything; `unknown` are polygons in which nothing
    counts. Both are in the truth's CRS.
    """

    place: str
    picture: Path | None
    truth: Path
    tiles: tuple[Tile, ...] = ()
    ground: NDArray[np.float64] | None = None
    unknown: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, dtype=object))


@dataclass(frozen=True)
class Choice:
    """Which places of a folder: those of a split, or the named ones whatever their split."""

    split: str | None = "val"
    names: tuple[str, ...] = ()


def read_scenes(data: Path, choice: Choice, scratch: Path) -> Iterator[Scene]:
    """Yield the scenes of `data`, of the same place one after another; files that have to be made go to `scratch`.

    `data` is a folder of places, a folder with image.tif and buildings.geojson, a SpaceNet-2 folder, or a vector file
    of truth alone. Raises BadInput if it is none of these, or if nothing in it is chosen.
    """
    if data.is_file() and data.suffix.lower() in EXTENSIONS:
        yield Scene(data.stem, None, data)
    elif (data / "image.tif").exists():
        yield _mosaic(data.name, data / "image.tif", data / "buildings.geojson")
    elif (data / "RGB-PanSharpen").is_dir():
        yield from _spacenet(data)
    else:
        for place in chosen_places(data, choice):
            for start in range(0, len(place.ids), SHEET_TILES):
                yield _sheet(place, place.ids[start : start + SHEET_TILES], scratch)


def chosen_places(data: Path, choice: Choice) -> list[Place]:
    """Return the places of a folder that `choice` means; raises BadInput if there is none, or lacks a named one."""
    if not data.is_dir():
        raise BadInput(f"There is no folder {data}; expected a folder of places made by `python -m training prepare`.")
    if not choice.names:
        return read_places(data, choice.split)
    places = {place.name: place for place in read_places(data)}
    missing = [name for name in choice.names if name not in places]
    if missing:
        raise BadInput(f"There is no place {missing[0]} in {data}; it has {', '.join(places)}.")
    return [places[name] for name in dict.fromkeys(choice.names)]


def _sheet(place: Place, ids: Sequence[str], scratch: Path) -> Scene:
    sheet = lay_out(place, ids)
    picture, truth = scratch / "sheet.tif", scratch / "truth.gpkg"
    write_picture(picture, sheet)
    truth.unlink(missing_ok=True)
    write_layers(truth, {"truth": Layer(sheet.outlines(), {}, CRS)})
    boxes = [sheet.box(window) for window in sheet.windows]
    tiles = tuple(
        Tile(f"{place.name}/{name}", box, CRS, partial(_read_tile, place, name, box))
        for name, box in zip(ids, boxes, strict=True)
    )
    return Scene(place.name, picture, truth, tiles, np.array(boxes), sheet.unknown())


def _spacenet(folder: Path) -> Iterator[Scene]:
    pictures = sorted((folder / "RGB-PanSharpen").glob(f"{SPACENET}*.tif"))
    if not pictures:
        raise BadInput(f"{folder / 'RGB-PanSharpen'} holds no RGB-PanSharpen_*.tif; expected SpaceNet-2 images.")
    for picture in pictures:
        name = picture.stem.removeprefix(SPACENET)
        truth = folder / "geojson" / "buildings" / f"buildings_{name}.geojson"
        yield _mosaic(folder.name, picture, truth)


def _mosaic(place: str, picture: Path, truth: Path) -> Scene:
    if not truth.exists():
        raise BadInput(f"There is no {truth}; expected the footprints of {picture.name}.")
    try:
        with rasterio.open(picture) as dataset:
            crs = dataset.crs.to_wkt() if dataset.crs else ""
            starts = list(product(*(range(0, length, MOSAIC_TILE_PX) for length in dataset.shape)))
            boxes = [_box(dataset, row, col) for row, col in starts]
    except RasterioIOError as error:
        raise BadInput(f"{picture} cannot be read as a raster ({error}); copy it again.") from error
    name = f"{place}/{picture.stem.removeprefix(SPACENET)}"
    names = [f"{name} {row},{col}" if len(boxes) > 1 else name for row, col in starts]
    tiles = tuple(
        Tile(name, box, crs, partial(_read_part, picture, box)) for name, box in zip(names, boxes, strict=True)
    )
    return Scene(place, picture, truth, tiles)


def _box(dataset: rasterio.DatasetReader, row: int, col: int) -> Box:
    height, width = min(MOSAIC_TILE_PX, dataset.height - row), min(MOSAIC_TILE_PX, dataset.width - col)
    left, bottom, right, top = dataset.window_bounds(Window(col, row, width, height))
    return left, bottom, right, top


def _read_tile(place: Place, name: str, box: Box) -> Picture:
    return Picture(place.read(name)[0], Affine(place.gsd_m, 0, box[0], 0, -place.gsd_m, box[3]), CRS)


def _read_part(path: Path, box: Box) -> Picture:
    """Return a part of a raster as extraction sees it: on a metric grid, in 8 bits."""
    with open_raster(str(path), gsd_m=LOOK_GSD_M) as reader:
        row, col, height, width = reader.window(box)
        pixels, _ = reader.read(row, col, height, width)
        return Picture(pixels.transpose(1, 2, 0), shifted(reader.grid.transform, row, col), reader.grid.crs.to_wkt())
