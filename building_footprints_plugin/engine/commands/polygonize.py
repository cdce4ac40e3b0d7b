"""`polygonize`: a probability or mask raster to footprints; works without torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..extract import Target, polygonize
from ..options import PolygonizeOptions
from ..progress import Reporter
from ._arguments import add_options, options_from
from ._inputs import add_source, source_from


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("polygonize", help="probability or mask raster to building footprints")
    add_source(parser)
    parser.add_argument("output", type=Path, metavar="OUTPUT", help=".gpkg, .geojson, .fgb, .parquet or .shp")
    parser.add_argument("--layer", metavar="NAME", help="name of the layer in OUTPUT (default: the file's)")
    add_options(parser, PolygonizeOptions)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Run the command; return its figures."""
    target = Target(arguments.output, arguments.layer)
    return polygonize(source_from(arguments), target, options_from(arguments, PolygonizeOptions), reporter)
