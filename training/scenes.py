"""What is judged, however it lies on disk: pictures with their truth, as the files that `extract` and `score` read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError
from rasterio.transform import array_bounds
from rasterio.windows import Window

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import open_raster, shifted
from building_footprints_plugin.engine.vector import EXTENSIONS

from .places import Place, read_places
from .tile_files import CRS, placed, unknown_ground, write_picture, write_truth

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

    `ground` is the box of what there is, None for everything; `unknown` are polygons in which nothing counts. Both are
    in the truth's CRS.
    """

    place: str
    picture: Path | None
    truth: Path
    tiles: tuple[Tile, ...] = ()
    ground: Box | None = None
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
            for tile_id in place.ids:
                yield _tile(place, tile_id, scratch)


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


def _tile(place: Place, tile_id: str, scratch: Path) -> Scene:
    pixels, instances = place.read(tile_id)
    picture, truth, transform = scratch / "tile.tif", scratch / "truth.gpkg", placed(place.gsd_m)
    write_picture(picture, pixels, transform)
    write_truth(truth, instances, transform)
    box = array_bounds(*instances.shape, transform)
    tile = Tile(f"{place.name}/{tile_id}", box, CRS, partial(_read_tile, place, tile_id))
    return Scene(place.name, picture, truth, (tile,), box, unknown_ground(instances, transform))


def _read_tile(place: Place, tile_id: str) -> Picture:
    return Picture(place.read(tile_id)[0], placed(place.gsd_m), CRS)


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


def _read_part(path: Path, box: Box) -> Picture:
    """Return a part of a raster as extraction sees it: on a metric grid, in 8 bits."""
    with open_raster(str(path), gsd_m=LOOK_GSD_M) as reader:
        row, col, height, width = reader.window(box)
        pixels, _ = reader.read(row, col, height, width)
        return Picture(pixels.transpose(1, 2, 0), shifted(reader.grid.transform, row, col), reader.grid.crs.to_wkt())
