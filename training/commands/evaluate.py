"""`evaluate`: scores of a weights file, place by place."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from building_footprints_plugin.engine.commands._arguments import add_options, options_from
from building_footprints_plugin.engine.commands._inputs import add_model, model_from
from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.options import PolygonizeOptions
from building_footprints_plugin.engine.vector import check_target
from building_footprints_plugin.engine.weights import read_manifest

from ..calibration import calibration_rows
from ..contact_sheet import Look, looks_of, write_contact_sheet
from ..evaluate import Finder, by_model, by_truth, evaluate, row_of
from ..export import as_weights, rewrite_manifest
from ..from_truth import Burning
from ..judging import together
from ..scenes import Choice
from ..tables import CALIBRATION, SCORES, SHAPES, Row, mean_row, table, write_csv

DESCRIPTION = """Extract the buildings of every place with the same `extract` that users run, and compare them with
the truth by the same `score`. Counts, precision, recall and F1 are at IoU 0.5, one to one, the most confident footprint
first. AP 50:95 is the mean over the IoU limits 0.5, 0.55 ... 0.95 of the area under the curve of precision over recall.
Pixel IoU is by area. Boundary is the mean PoLiS distance between the outlines of matched buildings. Two vector files
that you have already are compared by `python -m building_footprints_plugin.engine score PROPOSALS TRUTH --shapes`."""
PICTURES = (".png", ".jpg", ".jpeg")
RECORDED = ("tp", "fp", "fn", "f1", "pixel_iou")


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("evaluate", description=DESCRIPTION)
    parser.add_argument(
        "data",
        type=Path,
        metavar="DATA",
        help="folder of places, a folder with image.tif and buildings.geojson, a SpaceNet-2 folder, or (with "
        "--from-truth) a vector file",
    )
    parser.add_argument("--split", choices=("train", "val", "test"), default="val", help="which places (default: val)")
    parser.add_argument("--places", metavar="NAME,NAME", help="only these places, whatever their split")
    _add_answers(parser)
    parser.add_argument(
        "--seen-at",
        type=float,
        metavar="M",
        help="judge in pictures made coarser first, as a sensor with pixels of so many metres would have taken them",
    )
    parser.add_argument(
        "--from-truth",
        action="store_true",
        help="no network: rasterise the truth at --burn-gsd and vectorise it back, to see what vectorising alone loses",
    )
    add_options(parser, Burning)
    add_options(parser, PolygonizeOptions)
    add_model(parser)
    parser.set_defaults(run=run)


def _add_answers(parser: argparse.ArgumentParser) -> None:
    """Add what may be said besides the scores, and where to."""
    parser.add_argument("--shapes", action="store_true", help="also how true the outlines are: a second table")
    parser.add_argument(
        "--calibration", action="store_true", help="also how many footprints of each confidence are right"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write every figure")
    parser.add_argument(
        "--contact-sheet",
        type=Path,
        metavar="FILE.png",
        help="also draw the best, the median and the worst tiles with what was found, false and missed",
    )
    parser.add_argument("--record", action="store_true", help="also write the scores into the weights' manifest")


def run(arguments: argparse.Namespace) -> None:
    """Run the command: one line per place, then all buildings together and the mean over places."""
    for path, extensions in ((arguments.csv, (".csv",)), (arguments.contact_sheet, PICTURES)):
        if path:
            check_target(path, extensions)
    if arguments.record and (arguments.weights.suffix == ".pt" or arguments.from_truth):
        raise BadInput("--record writes into a weights file; expected one, and no --from-truth.")
    looks: list[Look] = []
    with ExitStack() as stack:
        find = _finder(arguments, stack)
        names = tuple(arguments.places.split(",")) if arguments.places else ()
        places = evaluate(
            arguments.data, Choice(arguments.split, names), find, lambda *seen: looks.extend(looks_of(*seen))
        )
        judged = dict(tqdm(places, unit="place", leave=False, disable=None))
    rows = [row_of(place, scenes) for place, scenes in judged.items()]
    if arguments.record:
        _record(arguments.weights, rows)
    if len(rows) > 1:
        rows += [row_of("all buildings", [one for scenes in judged.values() for one in scenes]), mean_row(rows)]
    print(table(rows, SCORES))
    if arguments.shapes or arguments.from_truth:
        print("\n" + table(rows, SHAPES))
    if arguments.calibration:
        everything = together([one for scenes in judged.values() for one in scenes])
        print("\n" + table(calibration_rows(everything), CALIBRATION, first="confidence"))
    if arguments.csv:
        write_csv(arguments.csv, rows)
    if arguments.contact_sheet:
        write_contact_sheet(arguments.contact_sheet, looks)


def _finder(arguments: argparse.Namespace, stack: ExitStack) -> Finder:
    options = options_from(arguments, PolygonizeOptions)
    if arguments.seen_at is not None and not (arguments.seen_at > 0 and not arguments.from_truth):
        raise BadInput(f"--seen-at is {arguments.seen_at:g}; expected metres per pixel above 0, and no --from-truth.")
    if arguments.from_truth:
        return by_truth(options_from(arguments, Burning), options)
    model = model_from(arguments)
    return by_model(replace(model, weights=stack.enter_context(as_weights(model.weights))), options, arguments.seen_at)


def _record(weights: Path, rows: list[Row]) -> None:
    scores = {row["place"]: {name: round(row[name], 4) for name in RECORDED} for row in rows}
    rewrite_manifest(weights, scores={**read_manifest(weights).scores, **scores})
