"""`extract`: a raster to footprints."""

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
    parser = subparsers.add_parser("extract", help="raster to building footprints")
    add_source(parser)
    parser.add_argument(
        "output", type=Path, metavar="OUTPUT", help=".gpkg, .geojson, .fgb, .parquet, .shp, or SpaceNet's .csv"
    )
    parser.add_argument("--layer", metavar="NAME", help="name of the layer in OUTPUT (default: the file's)")
    parser.add_argument("--probability", type=Path, metavar="FILE.tif", help="also write the building probability")
    add_options(parser, PolygonizeOptions)
    add_model(parser)
    add_options(parser, RunOptions)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Run the command; return its figures."""
    target = Target(arguments.output, arguments.layer, arguments.probability, options_from(arguments, RunOptions))
    options = options_from(arguments, PolygonizeOptions)
    return extract(source_from(arguments), target, model_from(arguments), options, reporter)
