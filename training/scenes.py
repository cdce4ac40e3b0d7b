"""What is judged, however it lies on disk: pictures with their truth, as the files that `extract` and `score` read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.vector import EXTENSIONS, Layer, write_layers

from .places import Place, read_places
from .sheet import CRS, lay_out, write_picture

SHEET_TILES = 36  # tiles laid out at once: memory does not grow with the place
MOSAIC_TILE_PX = 1024  # a mosaic is looked at in pieces of this size
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Tile:
    """A piece of a picture to look at: its name and (left, bottom, right, top) in the picture's CRS."""

    name: str
    box: Box


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
    tiles = tuple(Tile(f"{place.name}/{name}", box) for name, box in zip(ids, boxes, strict=True))
    return Scene(place.name, picture, truth, tiles, np.array(boxes), sheet.unknown())


def _spacenet(folder: Path) -> Iterator[Scene]:
    pictures = sorted((folder / "RGB-PanSharpen").glob("RGB-PanSharpen_*.tif"))
    if not pictures:
        raise BadInput(f"{folder / 'RGB-PanSharpen'} holds no RGB-PanSharpen_*.tif; expected SpaceNet-2 images.")
    for picture in pictures:
        name = picture.stem.removeprefix("RGB-PanSharpen_")
        truth = folder / "geojson" / "buildings" / f"buildings_{name}.geojson"
        yield _mosaic(folder.name, picture, truth)


def _mosaic(place: str, picture: Path, truth: Path) -> Scene:
    if not truth.exists():
        raise BadInput(f"There is no {truth}; expected the footprints of {picture.name}.")
    with rasterio.open(picture) as dataset:
        steps = [range(0, length, MOSAIC_TILE_PX) for length in dataset.shape]
        tiles = tuple(
            Tile(f"{place}/{picture.stem} {row},{col}", _box(dataset, row, col)) for row in steps[0] for col in steps[1]
        )
    return Scene(place, picture, truth, tiles)


def _box(dataset: rasterio.DatasetReader, row: int, col: int) -> Box:
    height, width = (
        min(MOSAIC_TILE_PX, length - start) for length, start in zip(dataset.shape, (row, col), strict=True)
    )
    left, bottom, right, top = dataset.window_bounds(Window(col, row, width, height))
    return left, bottom, right, top
