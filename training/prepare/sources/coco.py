"""COCO files (polygons, run lengths, crowds), as exported by Roboflow and given out by crowdAI."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.errors import BadInput

from ..labelling import NoBuildings
from ..missing import take_missing
from ..options import SourceOptions
from ..source import Collection, Image, Labels, safe_name
from .coco_outlines import Annotation, CocoOutlines

FILES = ("_annotations.coco.json", "annotation.json", "annotations.json")
FOLDERS = {"train": "train", "valid": "val", "val": "val", "validation": "val", "test": "test"}
PARTS = {"images": ("id", "file_name"), "annotations": ("image_id",), "categories": ("id", "name")}
Coco = dict[str, list[dict[str, Any]]]  # the lists of a file, by name


def is_one(path: Path) -> bool:
    """Say whether `path` is a JSON file, or a folder with COCO's files, or with folders that have one, by name."""
    return bool(_files(path))


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() == ".json" else []
    folders = [path, *(path / name for name in FOLDERS)]
    return [folder / name for folder in folders for name in FILES if (folder / name).is_file()]


def collections(path: Path, how: SourceOptions, missing: str) -> list[Collection]:
    """Return the one collection of all COCO files of `path`; raises BadInput naming what such a file lacks."""
    files = _files(path)
    if not files:
        raise BadInput(f"{path} holds no COCO file; expected one called {' or '.join(FILES)}, or name the file.")
    images: list[Image] = []
    skipped: list[str] = []
    for file in files:
        found, absent = _images(file, how, missing)
        images += found
        skipped += absent
    root = path if path.is_dir() else path.parent
    return [Collection(safe_name(root.resolve().name), "coco", root, tuple(images), {}, tuple(skipped))]


def _images(file: Path, how: SourceOptions, missing: str) -> tuple[list[Image], tuple[str, ...]]:
    data = _read(file)
    by_image = _annotations(file, data, how)
    folder = Path(how.image_folder) if how.image_folder else None
    labels: dict[str, Labels | None] = {}
    paths: dict[str, Path] = {}
    for entry in data["images"]:
        path, key = _picture(file, folder, entry), _key(str(entry["file_name"]))
        if key in labels:
            raise BadInput(f"{file} lists two images that would both be called {key}; rename or remove one of them.")
        size = entry.get("height"), entry.get("width")
        labels[key] = None if path is None else CocoOutlines(file, tuple(by_image.get(entry["id"], ())), size)
        paths[key] = path or Path(key)
    found, absent = take_missing(labels, _gone(missing), f"picture beside {file}", "{}")
    split = FOLDERS.get(file.parent.name)
    template = Image(file, "", NoBuildings(), True, how.image_gsd_m, how.bands, how.crs, split)
    return [replace(template, path=paths[key], key=key, labels=each) for key, each in found.items()], absent


def _annotations(file: Path, data: Coco, how: SourceOptions) -> dict[Any, list[Annotation]]:
    """Return the annotations of buildings by the id of their image; raises BadInput for one of no image."""
    wanted = _categories(file, data, how)
    by_image: dict[Any, list[Annotation]] = defaultdict(list)
    for entry in data["annotations"]:
        if entry.get("category_id") in wanted:
            by_image[entry["image_id"]].append(_annotation(file, entry))
    stray = set(by_image) - {entry["id"] for entry in data["images"]}
    if stray:
        raise BadInput(f"{file} has annotations of image {min(stray, key=str)!r}, which its images do not list.")
    return by_image


def _gone(missing: str) -> str:
    """Return what becomes of a picture that is not there: it cannot be taken as free of buildings."""
    return "stop" if missing == "empty" else missing


def _key(file_name: str) -> str:
    return safe_name(str(Path(file_name).with_suffix("")))


def _read(file: Path) -> Coco:
    try:
        data: Any = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read as JSON ({error}); expected a COCO file.") from error
    for part, names in PARTS.items():
        entries = data.get(part) if isinstance(data, dict) else None
        if not isinstance(entries, list):
            raise BadInput(f"{file} has no list called {part}; expected COCO's {', '.join(PARTS)}.")
        for entry in entries:
            absent = [name for name in names if not isinstance(entry, dict) or name not in entry]
            if absent:
                raise BadInput(f"{file} has an entry of {part} without {absent[0]}; expected {', '.join(names)}.")
    if not data["images"]:
        raise BadInput(f"{file} lists no image; expected at least one.")
    return {part: data[part] for part in PARTS}


def _categories(file: Path, data: Coco, how: SourceOptions) -> set[Any]:
    """Return the ids of the categories that are buildings: all that occur, if that is one, or those asked for."""
    names = {entry["id"]: str(entry["name"]) for entry in data["categories"]}
    if how.categories:
        asked = {name.strip() for name in how.categories.split(",")}
        unknown = sorted(asked - set(names.values()))
        if unknown:
            raise BadInput(f"{file} has no category {unknown[0]!r}; it has {_listed(names.values())}.")
        return {number for number, name in names.items() if name in asked}
    used = {entry.get("category_id") for entry in data["annotations"]}
    if len(used) > 1:
        raise BadInput(
            f"{file} has annotations of several categories ({_listed(names.get(each, str(each)) for each in used)}); "
            "name those that are buildings with --categories."
        )
    return used


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _annotation(file: Path, entry: dict[str, Any]) -> Annotation:
    outline = entry.get("segmentation")
    if not outline and "bbox" in entry and not entry.get("iscrowd"):
        raise BadInput(
            f"{file} has annotations that are boxes without an outline (such as id {entry.get('id')!r}); expected "
            "segmentation: export the data set for instance segmentation."
        )
    return Annotation(entry.get("id"), outline or [], bool(entry.get("iscrowd")))


def _picture(file: Path, folder: Path | None, entry: dict[str, Any]) -> Path | None:
    name = Path(str(entry["file_name"]))
    folders = [folder] if folder else [file.parent, file.parent / "images", file.parent.parent / "images"]
    candidates = [base / part for base in folders for part in (name, Path(name.name))]
    return next((path for path in candidates if path.is_file()), None)
