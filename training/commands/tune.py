"""`tune`: the best thresholds for a weights file, written into its manifest."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.errors import FootprintsError

from ..scenes import Choice, chosen_places
from ..tables import Row, table
from ..tune import Setting, tune, write_thresholds

DESCRIPTION = """Run the network once over the validation places, and look for the thresholds and the smallest area with
the best sum of object F1 (IoU above 0.5) and pixel IoU, as a mean over places. Buildings are counted by their pixels
here, before outlines are drawn; `evaluate` says what the outlines are worth."""
SHOWN = 5
COLUMNS = {
    "threshold": ("threshold", 3),
    "seed_threshold": ("seeds", 3),
    "merge_threshold": ("merge", 3),
    "min_area_m2": ("min area m2", 0),
    "min_confidence": ("confidence", 2),
    "f1": ("mean F1", 4),
    "iou": ("pixel IoU", 4),
}


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("tune", description=DESCRIPTION)
    parser.add_argument("weights", type=Path, metavar="WEIGHTS", help="weights file, or best.pt of a training run")
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of places; those with split val are used")
    parser.add_argument("--places", metavar="NAME,NAME", help="these places in place of those with split val")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes (default: one per core)"
    )
    parser.add_argument("--dry-run", action="store_true", help="only print, write nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run the command: the settings as they were and the five best, and what they do to each place."""
    names = tuple(arguments.places.split(",")) if arguments.places else ()
    places = chosen_places(arguments.data, Choice("val", names))
    now, settings = tune(arguments.weights, places, arguments.workers)
    if settings[0].mean.f1 == 0:
        raise FootprintsError(f"{arguments.weights} finds no building of the places at any threshold; train it longer.")
    rows = [_row("as it was", now), *(_row(f"best {rank}", one) for rank, one in enumerate(settings[:SHOWN], start=1))]
    print(table(rows, {**COLUMNS, **{place.name: (place.name, 3) for place in places}}, "setting"))
    if not arguments.dry_run:
        write_thresholds(arguments.weights, settings[0])
        print(f"{arguments.weights} holds the best of them now.")


def _row(name: str, setting: Setting) -> Row:
    places = {place: score.f1 for place, score in setting.scores.items()}
    return {"setting": name, **setting.thresholds, **setting.mean._asdict(), **places}
