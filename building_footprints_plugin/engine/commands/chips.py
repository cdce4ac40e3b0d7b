"""`chips`: an image and its buildings as labelled tiles for training; works without torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..chips import write_place
from ..options import ChipOptions
from ..progress import Reporter
from ._arguments import add_options, options_from
from ._inputs import add_source, source_from

DESCRIPTION = """Cut an image into labelled tiles, as one place of the data that `python -m training` takes. Whatever of
the image the truth leaves bare counts as ground without buildings: choose an extent that is fully drawn."""


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("chips", help="image and buildings to tiles for training", description=DESCRIPTION)
    add_source(parser)
    parser.add_argument("truth", metavar="TRUTH", help="the buildings: any vector file, in any CRS")
    parser.add_argument("place", type=Path, metavar="PLACE", help="folder to make; its name is the place's")
    add_options(parser, ChipOptions)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Run the command; return its figures."""
    options = options_from(arguments, ChipOptions)
    return write_place(source_from(arguments), arguments.truth, arguments.place, options, reporter)
