"""Folders of places: <place>/place.json, images/<id>.jpg or .png, instances/<id>.png."""

from __future__ import annotations

from pathlib import Path

from building_footprints_plugin.engine.errors import BadInput

from ...places import Place, read_place, read_places
from ..options import SourceOptions
from ..source import Collection, Image
from .masks import LabelRaster


def is_one(folder: Path) -> bool:
    """Say whether `folder` is a place, or holds some."""
    return any((path.parent / "instances").is_dir() for path in [folder / "place.json", *folder.glob("*/place.json")])


def collections(folder: Path, how: SourceOptions, missing: str) -> list[Collection]:
    """Return one collection for each place; raises BadInput if a place.json cannot be used."""
    if (folder / "place.json").is_file():
        return [_collection(read_place(folder))]
    return [_collection(place) for place in read_places(folder)]


def _collection(place: Place) -> Collection:
    if not place.ids:
        raise BadInput(f"{place.folder} holds no instances/<id>.png; expected one for each image.")
    images = tuple(
        Image(
            place.picture(tile_id),
            tile_id,
            LabelRaster(place.folder / "instances" / f"{tile_id}.png", "instances"),
            flat=True,
            pixel_m=place.gsd_m,
            split=place.info.get("split_hint"),
        )
        for tile_id in place.ids
    )
    return Collection(place.name, "places", place.folder, images, place.info)
