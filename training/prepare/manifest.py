"""place.json of each place, and manifest.json of the whole: sources, parameters, splits, checksums."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from building_footprints_plugin import __version__

from ..places import SPLITS
from .cutting import Cut
from .options import PrepareOptions
from .plan import Planned

MANIFEST = "manifest.json"
FORMAT = "building-footprints training data, version 1"
NOT_ABOUT_THE_RESULT = ("workers",)


def write_places(folder: Path, done: Sequence[tuple[Planned, Cut]]) -> list[dict[str, Any]]:
    """Write place.json of every place that got chips; return the places as the manifest lists them."""
    by_place: dict[str, list[tuple[Planned, Cut]]] = {}
    for planned, cut in done:
        by_place.setdefault(planned.place, []).append((planned, cut))
    places = []
    for name, own in by_place.items():
        if any(cut.chips for _, cut in own):
            info = _place_info(name, own)
            _write_json(folder / name / "place.json", info)
            places.append(_entry(info, own))
    return places


def _place_info(name: str, done: Sequence[tuple[Planned, Cut]]) -> dict[str, Any]:
    planned = done[0][0]
    return {
        **planned.collection.info,
        "name": name,
        "gsd_m": round(median(cut.pixel_m for _, cut in done), 6),
        "split_hint": planned.split,
    }


def _entry(info: dict[str, Any], done: Sequence[tuple[Planned, Cut]]) -> dict[str, Any]:
    """Return a place of the manifest, the jobs of one image put together again."""
    kept = ("name", "gsd_m", "licence", "attribution", "label_quality")
    sources: dict[str, dict[str, Any]] = {}
    for planned, cut in done:
        source = sources.setdefault(planned.image.key, {**cut.image, "unknown_chips": 0, "chips": []})
        source["chips"] += cut.chips
        source["unknown_chips"] += cut.unknown_chips
    collection = done[0][0].collection
    left_out = [cut.image["image"] for _, cut in done if cut.left_out]
    return {
        **{name: info[name] for name in kept},
        "split": info["split_hint"],
        "kind": collection.kind,
        "from": collection.name,
        "without_labels": sorted([*collection.skipped, *left_out]),
        "sources": list(sources.values()),
    }


def write_manifest(folder: Path, places: Sequence[dict[str, Any]], options: PrepareOptions) -> dict[str, Any]:
    """Write manifest.json and return its totals: images, chips and buildings of each split."""
    parameters = {name: value for name, value in asdict(options).items() if name not in NOT_ABOUT_THE_RESULT}
    totals = {split: _total([place for place in places if place["split"] == split]) for split in SPLITS}
    manifest = {
        "format": FORMAT,
        "made_by": f"building-footprints {__version__}, python -m training prepare",
        "parameters": parameters,
        "totals": totals,
        "places": list(places),
    }
    _write_json(folder / MANIFEST, manifest)
    return totals


def _total(places: Sequence[dict[str, Any]]) -> dict[str, int]:
    sources = [source for place in places for source in place["sources"]]
    chips = [chip for source in sources for chip in source["chips"]]
    return {
        "places": len(places),
        "images": sum(bool(source["chips"]) for source in sources),
        "chips": len(chips),
        "buildings": sum(chip["buildings"] for chip in chips),
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
