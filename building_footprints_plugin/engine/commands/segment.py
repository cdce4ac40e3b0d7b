"""`segment`: a raster to building probability."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..extract import Target, extract
from ..options import PolygonizeOptions, RunOptions
from ..progress import Reporter
from ._arguments import add_options, options_from
from ._inputs import add_model, add_source, model_from, source_from


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("segment", help="raster to building-probability raster")
    add_source(parser)
    parser.add_argument("output", type=Path, metavar="OUTPUT.tif", help="GeoTIFF: bands building and interior")
    add_model(parser)
    add_options(parser, RunOptions)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Run the command; return its figures."""
    target = Target(probability=arguments.output, run=options_from(arguments, RunOptions))
    return extract(source_from(arguments), target, model_from(arguments), PolygonizeOptions(), reporter)
