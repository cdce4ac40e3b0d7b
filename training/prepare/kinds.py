"""What SOURCE is, by the look of it, and the collections of images in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from building_footprints_plugin.engine.commands._arguments import flag_of
from building_footprints_plugin.engine.errors import BadInput

from ..places import read_place
from .options import AUTO, SourceOptions
from .source import Collection, check_keys, safe_name
from .sources import coco, masks, places, rasters, spacenet


class Kind(Protocol):
    """What the module of a kind of source offers."""

    def is_one(self, path: Path, /) -> bool:
        """Say whether `path` looks like one."""

    def collections(self, path: Path, how: SourceOptions, missing: str, /) -> list[Collection]:
        """Return what is in it; raises BadInput."""


# What is said to a kind that does not hear it is an error, not passed over.
ONLY_FOR = {
    "truth_crs": ("raster", "spacenet"),
    "aoi": ("raster",),
    "crs": ("raster", "spacenet", "masks", "coco"),
    "bands": ("raster", "spacenet", "masks", "coco"),
    "masks": ("masks",),
    "mask_value": ("masks",),
    "image_folder": ("coco",),
    "image_gsd_m": ("masks", "coco"),
    "categories": ("coco",),
}
FOLDERS: dict[str, Kind] = {"spacenet": spacenet, "places": places, "masks": masks, "coco": coco}
EXPECTED = (
    "expected a SpaceNet-2 folder (RGB-PanSharpen, geojson/buildings), a folder of places (place.json, images, "
    "instances), a folder with images and masks, a COCO file or folder, or rasters with --truth FILE"
)


def find_collections(sources: Sequence[Path], how: SourceOptions, missing: str) -> list[Collection]:
    """Return the collections of all sources, each with a name of its own, and with what the user said of them.

    Raises BadInput if a source is missing or is none of the kinds, and whatever its kind raises.
    """
    for source in sources:
        if not source.exists():
            raise BadInput(f"There is no file or folder {source}; {EXPECTED}.")
    if how.truth or how.kind == "raster":
        found = rasters.collections(sources, how, missing)
    else:
        found = [each for source in sources for each in _of(source, how, missing)]
    if how.name:
        if len(found) > 1:
            raise BadInput(f"--name was given for {len(found)} places ({found[0].name}, …); expected a single one.")
        found = [replace(found[0], name=safe_name(how.name))]
    found = [_described(each, how) for each in found]
    _check(found, how)
    return found


def _of(source: Path, how: SourceOptions, missing: str) -> list[Collection]:
    kind = how.kind
    if kind == AUTO:
        kind = "masks" if how.masks else kind_of(source)
    if kind == "raster":
        return rasters.collections([source], how, missing)
    return FOLDERS[kind].collections(source, how, missing)


def kind_of(source: Path) -> str:
    """Return the kind of a source; raises BadInput if it is none, or if it could be one of several."""
    if source.is_dir() and rasters.is_one(source):
        return "raster"
    fit = [name for name, kind in FOLDERS.items() if (source.is_dir() or name == "coco") and kind.is_one(source)]
    if "places" in fit and "masks" in fit:
        fit.remove("masks")  # a place has images/ and instances/ too, and place.json says more
    if not fit and source.is_file():
        raise BadInput(f"{source} needs its footprints, --truth FILE; {EXPECTED}.")
    if len(fit) != 1:
        named = f"could be {' or '.join(fit)}; say which with --kind" if fit else f"is no source of labels; {EXPECTED}"
        raise BadInput(f"{source} {named}.")
    return fit[0]


def _described(collection: Collection, how: SourceOptions) -> Collection:
    """Return the collection with the images asked for, and the place.json of its root with what the user says."""
    if how.images:
        collection = collection.only(how.images.split(","))
    info: dict[str, Any] = dict(collection.info)
    own = collection.root / "place.json"
    if own.is_file():
        info.update(read_place(collection.root).info)
        split = info.get("split_hint")
        images = tuple(replace(image, split=image.split or split) for image in collection.images)
        collection = replace(collection, images=images)
    said = {"licence": how.licence, "attribution": how.attribution, "label_quality": how.quality}
    info.update({name: value for name, value in said.items() if value is not None})
    defaults = {"licence": "unknown", "attribution": "unknown", "label_quality": "good"}
    return replace(collection, info={**defaults, **info})


def _check(found: list[Collection], how: SourceOptions) -> None:
    kinds = {each.kind for each in found}
    for name, fit in ONLY_FOR.items():
        if getattr(how, name) is not None and not kinds & set(fit):
            raise BadInput(
                f"{flag_of(how.spec(name))} is for {' and '.join(fit)}; the sources are {' and '.join(sorted(kinds))}."
            )
    keys = {image.key for each in found for image in each.images}
    absent = sorted(set(how.images.split(",") if how.images else ()) - keys)
    if absent:
        raise BadInput(f"There is no image {absent[0]} in {found[0].root}; expected names without extension.")
    if not keys:
        raise BadInput(f"There is no labelled image in {found[0].root}; {EXPECTED}.")
    names = [each.name for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadInput(f"Two sources would both be called {twice}; prepare one of them apart, with another --name.")
    for each in found:
        check_keys(each.images)
