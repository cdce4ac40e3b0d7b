"""`prepare`: labelled imagery to tiles at training resolution."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..prepare import prepare_places, prepare_spacenet


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("prepare", help="labelled imagery to tiles at training resolution")
    parser.add_argument(
        "source",
        type=Path,
        metavar="SOURCE",
        help="folder of places (place.json, images/, instances/) or a SpaceNet-2 folder",
    )
    parser.add_argument(
        "target", type=Path, metavar="TARGET", help="folder to write; with --images, that of the one place"
    )
    parser.add_argument(
        "--gsd", type=float, default=0.2, metavar="M", help="finest metres per pixel kept (default: 0.2)"
    )
    parser.add_argument(
        "--images",
        metavar="NAME,NAME",
        help="SOURCE is a SpaceNet-2 folder: the images to take, e.g. AOI_2_Vegas_img1265",
    )
    parser.add_argument(
        "--split", choices=("train", "val"), default="train", help="with --images: what the place is for"
    )
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes (default: 2)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run the command."""
    if arguments.images:
        count = prepare_spacenet(arguments.source, arguments.target, arguments.images.split(","), arguments.split)
    else:
        count = prepare_places(arguments.source, arguments.target, arguments.gsd, arguments.workers)
    print(f"{count} tiles in {arguments.target}")
