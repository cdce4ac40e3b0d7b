"""`evaluate`: scores of a weights file, place by place."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.commands._arguments import add_options, options_from
from building_footprints_plugin.engine.commands._inputs import add_model, model_from
from building_footprints_plugin.engine.options import PolygonizeOptions
from building_footprints_plugin.engine.weights import read_manifest

from ..evaluate import evaluate_mosaic, evaluate_place
from ..export import rewrite_manifest
from ..places import read_places

COLUMNS = ("tp", "fp", "fn", "precision", "recall", "f1", "average_precision", "mean_iou", "pixel_iou")


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("evaluate", help="scores of a weights file per place, by what users run")
    parser.add_argument(
        "data", type=Path, metavar="DATA", help="folder of places, or a folder with image.tif and buildings.geojson"
    )
    parser.add_argument("--split", choices=("train", "val"), default="val", help="which places (default: val)")
    parser.add_argument("--places", metavar="NAME,NAME", help="only these places, whatever their split")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write the table")
    parser.add_argument("--record", action="store_true", help="also write the scores into the weights' manifest")
    add_options(parser, PolygonizeOptions)
    add_model(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run the command: one line per place, then the total over all buildings."""
    model, options = model_from(arguments), options_from(arguments, PolygonizeOptions)
    rows: list[dict[str, Any]] = []
    if (arguments.data / "image.tif").exists():
        rows.append({"place": arguments.data.name, **evaluate_mosaic(arguments.data, model, options)})
        _print(rows[-1], header=True)
    else:
        for place in _places(arguments):
            rows.append({"place": place.name, **evaluate_place(place, model, options)})
            _print(rows[-1], header=len(rows) == 1)
        rows.append(_total(rows))
        _print(rows[-1], header=False)
    if arguments.record:
        kept = ("tp", "fp", "fn", "f1", "pixel_iou")
        scores = {row["place"]: {name: round(row[name], 4) for name in kept} for row in rows if row["place"] != "all"}
        rewrite_manifest(model.weights, scores={**read_manifest(model.weights).scores, **scores})
    if arguments.csv:
        with arguments.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["place", *COLUMNS], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)


def _places(arguments: argparse.Namespace) -> list[Any]:
    if not arguments.places:
        return read_places(arguments.data, arguments.split)
    wanted = arguments.places.split(",")
    return [place for place in read_places(arguments.data) if place.name in wanted]


def _total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    tp, fp, fn = (sum(row[name] for row in rows) for name in ("tp", "fp", "fn"))
    return {
        "place": "all",
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "precision": tp / (tp + fp) if tp + fp else 0.0,
        "recall": tp / (tp + fn) if tp + fn else 0.0,
        "f1": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
    }


def _print(row: dict[str, Any], *, header: bool) -> None:
    if header:
        print("place".ljust(24) + "".join(name[:9].rjust(10) for name in COLUMNS))
    values = (
        f"{row[name]:10.3f}" if isinstance(row.get(name), float) else f"{row.get(name, '')!s:>10}" for name in COLUMNS
    )
    print(row["place"].ljust(24) + "".join(values))
