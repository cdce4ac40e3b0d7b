"""`polygonize`: a probability or mask raster to footprints; works without torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..extract import Source, Target, polygonize
from ..options import PolygonizeOptions, ReferenceOptions
from ..progress import Reporter
from ..reference import write_reference
from ._arguments import add_options, options_from
from ._inputs import add_source, source_from


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("polygonize", help="probability or mask raster to building footprints")
    add_source(parser)
    parser.add_argument("output", type=Path, metavar="OUTPUT", help=".gpkg, .geojson, .fgb, .parquet or .shp")
    parser.add_argument("--layer", metavar="NAME", help="name of the layer in OUTPUT (default: the file's)")
    add_options(parser, PolygonizeOptions)
    add_options(parser, ReferenceOptions)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Run the command; return its figures."""
    source, target = source_from(arguments), Target(arguments.output, arguments.layer)
    options, reference = options_from(arguments, PolygonizeOptions), options_from(arguments, ReferenceOptions)
    if reference.preset is None:
        return polygonize(source, target, options, reporter)
    if source != Source(source.path) or options != PolygonizeOptions():
        raise BadInput(
            f"--preset {reference.preset} has a rule of its own; leave out --bounds, --threshold and the like."
        )
    return dict(write_reference(Path(source.path), arguments.output, reference, reporter))
