"""Arguments that several commands share: which raster, which part of it, which weights."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..extract import Model, Source
from ..manifest import DEFAULT_WEIGHTS
from ..options import SegmentOptions
from ..raster import Bounds
from ._arguments import add_options, numbers, options_from


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the raster and what part of it is worked on."""
    parser.add_argument("input", metavar="INPUT", help="any raster GDAL opens: a path, a .vrt, /vsicurl/…")
    parser.add_argument("--bounds", metavar="MINX,MINY,MAXX,MAXY", help="extent to work on, in the raster's CRS")
    parser.add_argument("--aoi", type=Path, metavar="FILE", help="polygons to work on, in any CRS")
    parser.add_argument("--crs", metavar="EPSG:N", help="CRS of the raster, if it has none or a wrong one; also WKT")


def source_from(arguments: argparse.Namespace) -> Source:
    """Return the source that the arguments name."""
    bounds: Bounds | None = None
    if arguments.bounds is not None:
        left, bottom, right, top = numbers(arguments.bounds, 4, "--bounds")
        bounds = (left, bottom, right, top)
    return Source(arguments.input, bounds, arguments.aoi, arguments.crs)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the weights and how the network is run."""
    parser.add_argument(
        "--weights",
        type=Path,
        default=DEFAULT_WEIGHTS,
        metavar="FILE",
        help="a .safetensors file (default: the bundled one)",
    )
    add_options(parser, SegmentOptions)


def model_from(arguments: argparse.Namespace) -> Model:
    """Return the weights and options that the arguments name."""
    return Model(arguments.weights, options_from(arguments, SegmentOptions))
