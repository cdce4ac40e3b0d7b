"""`train`: tiles to a checkpoint."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.commands._arguments import add_options

from ..checkpoint import options_before
from ..config import PRESETS, TrainOptions, Values, layered, read_config, read_preset
from ..parallel import make_fabric
from ..places import read_places
from ..start import values_of
from ..state import LAST
from ..stop import Stopped
from ..train import train

DESCRIPTION = """Learn from the places with split train, and choose the best checkpoint by those with split val.
Options are taken from the preset, then from the file, then from the flags; the last one counts. Ctrl-C saves, --resume
goes on."""


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("train", description=DESCRIPTION)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of places made by `prepare`")
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="folder for checkpoints, scores and pictures")
    parser.add_argument("--preset", choices=list(PRESETS), help="options that belong together, by name")
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="options, as RUN/config.toml has them")
    parser.add_argument("--init", type=Path, metavar="FILE.safetensors", help="weights to fine-tune")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on from RUN/last.pt, if there is one, with the options it was begun with",
    )
    add_options(parser, TrainOptions)
    # a flag that was not given must not override the file
    parser.set_defaults(run=run, **{name: None for name in TrainOptions.__dataclass_fields__})


def run(arguments: argparse.Namespace) -> None:
    """Run the command."""
    last = arguments.run_folder / LAST
    begin_from = last if arguments.resume and last.exists() else arguments.init
    options = TrainOptions(**layered(_values_of(begin_from), *_given(arguments)))
    places = read_places(arguments.data)
    fabric = make_fabric(options)
    try:
        best = train(options, places, arguments.run_folder, fabric, begin_from)
    except Stopped as stopped:
        again = shlex.join(["python", "-m", "training", "train", str(arguments.data), str(arguments.run_folder)])
        fabric.print(f"{stopped} To go on: {again} --resume", file=sys.stderr)
        sys.exit(stopped.exit_code)
    fabric.print(f"Best checkpoint: {best}; next: python -m training evaluate {arguments.data} --weights {best}")


def _values_of(begin_from: Path | None) -> Values:
    """Return the options that follow from what is begun from."""
    if begin_from is None:
        return {}
    return options_before(begin_from) if begin_from.name == LAST else values_of(begin_from)


def _given(arguments: argparse.Namespace) -> list[Values]:
    """Return the options of the preset, of the file and of the flags."""
    flags = {name: getattr(arguments, name) for name in TrainOptions.__dataclass_fields__}
    return [
        read_preset(arguments.preset) if arguments.preset else {},
        read_config(arguments.config) if arguments.config else {},
        {name: value for name, value in flags.items() if value is not None},
    ]
