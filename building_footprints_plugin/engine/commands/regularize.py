"""`regularize`: straighten the outlines of any polygon layer; works without torch."""

from __future__ import annotations

import argparse
from typing import Any

from ..options import RegularizeOptions
from ..progress import Reporter
from ..straighten import straighten
from ..vector import check_target, read_layer, write_layer
from ._arguments import add_options, options_from

DESCRIPTION = """Straighten the outlines of buildings, whatever they were drawn or traced by. Attributes are kept, and
field `regularized` tells (1 or 0) where the result stayed true enough to the outline to be used in full."""
EXTENSIONS = (".gpkg", ".geojson", ".json", ".fgb", ".parquet", ".shp")
NAMED = 5  # features a message names


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser(
        "regularize", help="straighten the outlines of any polygon layer", description=DESCRIPTION
    )
    parser.add_argument(
        "input", metavar="INPUT", help=".gpkg, .geojson, .fgb, .parquet or .shp, in any coordinate system"
    )
    parser.add_argument("output", metavar="OUTPUT", help=".gpkg, .geojson, .fgb, .parquet or .shp")
    parser.add_argument("--input-layer", metavar="NAME", help="layer of INPUT, if it has several")
    parser.add_argument("--layer", metavar="NAME", help="name of the layer in OUTPUT (default: the file's)")
    add_options(parser, RegularizeOptions)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Run the command; return its figures; raises BadInput."""
    target = check_target(arguments.output, EXTENSIONS)
    layer = read_layer(arguments.input, arguments.input_layer)
    if layer.crs is None:
        reporter.warning(f"{arguments.input} states no coordinate system; its coordinates are taken for metres.")
    done = straighten(layer, options_from(arguments, RegularizeOptions), reporter)
    for features, what in (
        (done.repaired, "crossed themselves and were repaired"),
        (done.dropped, "have no area and were left out"),
    ):
        if features:
            named = ", ".join(str(name) for name in features[:NAMED]) + (", …" if len(features) > NAMED else "")
            reporter.warning(f"{len(features)} features {what}: {named}.")
    write_layer(target, done.layer, arguments.layer)
    regularized = int(done.layer.fields["regularized"].sum())
    return {
        "count": len(done.layer),
        "regularized": regularized,
        "repaired": len(done.repaired),
        "dropped": len(done.dropped),
    }
