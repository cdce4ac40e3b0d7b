"""`tune`: the best thresholds for a weights file, written into its manifest."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..places import read_places
from ..tune import tune, write_thresholds


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser(
        "tune", help="the best thresholds on the validation places, written into the weights"
    )
    parser.add_argument("weights", type=Path, metavar="WEIGHTS.safetensors", help="file to tune")
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of places; those with split val are used")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run the command: the five best settings, and what the best one does to each place."""
    settings = tune(arguments.weights, read_places(arguments.data, "val"))
    for setting in settings[:5]:
        by_place = "  ".join(f"{name} {f1:.3f}" for name, f1 in setting.f1.items())
        print(
            f"threshold {setting.threshold:.2f}  seeds {setting.seed_threshold:.2f}  "
            f"merge {setting.merge_threshold:.2f}  "
            f"min area {setting.min_area_m2:g} m2  mean F1 {setting.mean_f1:.4f}  {by_place}"
        )
    write_thresholds(arguments.weights, settings[0])
