"""`export`: a checkpoint to the weights file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.errors import BadInput

from ..export import export, read_checkpoint
from ..places import read_places


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("export", help="a checkpoint to the weights file")
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="best.pt of a training run")
    parser.add_argument("data", type=Path, metavar="DATA", help="the places it was trained on, for their attribution")
    parser.add_argument("weights", type=Path, metavar="WEIGHTS.safetensors", help="file to write")
    for name, default in (("threshold", 0.5), ("seed-threshold", 0.5), ("min-area", 10.0)):
        parser.add_argument(
            f"--{name}", type=float, default=default, help=f"default of extraction (default: {default:g})"
        )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run the command."""
    if arguments.weights.suffix != ".safetensors":
        raise BadInput(f"{arguments.weights} does not end in .safetensors; expected the name of a weights file.")
    thresholds = {
        "threshold": arguments.threshold,
        "seed_threshold": arguments.seed_threshold,
        "min_area_m2": arguments.min_area,
    }
    checkpoint = read_checkpoint(arguments.checkpoint)
    difference = export(checkpoint, read_places(arguments.data), thresholds, arguments.weights)
    size = arguments.weights.stat().st_size / 1e6
    print(f"{arguments.weights}: {size:.1f} MB; largest change of a probability by half precision: {difference:.2g}")
