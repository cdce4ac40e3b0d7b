"""`train`: tiles to a checkpoint."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric

from building_footprints_plugin.engine.commands._arguments import add_options

from ..config import TrainOptions, read_config
from ..places import read_places
from ..train import train


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("train", help="tiles to a checkpoint; goes on where it stopped")
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of places made by `prepare`")
    parser.add_argument(
        "run_folder", type=Path, metavar="RUN", help="folder for checkpoints, config.json and metrics.csv"
    )
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="options; flags override them")
    parser.add_argument("--accelerator", default="auto", help="cpu, cuda, mps or auto (default)")
    parser.add_argument(
        "--precision", default="bf16-mixed", help="arithmetic, as Fabric names it (default: bf16-mixed)"
    )
    add_options(parser, TrainOptions)
    # a flag that was not given must not override the file
    parser.set_defaults(run=run, **{name: None for name in TrainOptions.__dataclass_fields__})


def run(arguments: argparse.Namespace) -> None:
    """Run the command."""
    given = {name: getattr(arguments, name) for name in TrainOptions.__dataclass_fields__}
    values = read_config(arguments.config) if arguments.config else {}
    options = replace(TrainOptions(**values), **{name: value for name, value in given.items() if value is not None})
    fabric = Fabric(accelerator=arguments.accelerator, devices=1, precision=arguments.precision)
    best = train(options, read_places(arguments.data), arguments.run_folder, fabric)
    print(f"Best checkpoint: {best}; next: python -m training export {best} {arguments.data} weights.safetensors")
