"""`score`: footprints against ground truth."""

from __future__ import annotations

import argparse
from typing import Any

from ..comparison import Request, Source, compare, results_of, write_map
from ..options import ScoreOptions
from ..progress import Reporter
from ..report import write_report
from ..vector import check_target
from ._arguments import add_options, numbers, options_from

DESCRIPTION = """Compare footprints with ground truth: precision, recall and F1 at an overlap (IoU), and more.
Both are vector files (.gpkg .geojson .fgb .parquet .shp, in any coordinate systems) or SpaceNet tables (.csv, or a
folder of them)."""
FLAGS = {
    "--output": ("FILE.gpkg", "write layers 'proposals' (with status, iou, truth_id) and 'missed'"),
    "--report": ("FILE.html", "write a report to read and to mail"),
    "--proposals-layer": ("NAME", "layer of PROPOSALS, if it has several"),
    "--truth-layer": ("NAME", "layer of TRUTH, if it has several"),
    "--proposals-title": ("TEXT", "what the report calls PROPOSALS; default: the file's name"),
    "--truth-title": ("TEXT", "what the report calls TRUTH; default: the file's name"),
    "--aoi": (
        "FILE",
        "polygons outside which nothing counts; on their border a building counts if half of it lies inside, and a "
        "footprint with the building it is matched to, else if half of it lies inside",
    ),
    "--bounds": ("MINX,MINY,MAXX,MAXY", "rectangle outside which nothing counts, in TRUTH's coordinate system"),
}


def add_parser(subparsers: Any) -> None:
    """Add `score` to the engine's commands."""
    parser = subparsers.add_parser("score", help="compare footprints with ground truth", description=DESCRIPTION)
    parser.add_argument("proposals", metavar="PROPOSALS", help="footprints to judge")
    parser.add_argument("truth", metavar="TRUTH", help="the buildings there really are")
    add_options(parser, ScoreOptions)
    for flag, (metavar, text) in FLAGS.items():
        parser.add_argument(flag, metavar=metavar, help=text)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Score, write what was asked for, and return the figures; raises BadInput."""
    output = arguments.output and check_target(arguments.output, (".gpkg",))
    page = arguments.report and check_target(arguments.report, (".html", ".htm"))
    request = Request(
        proposals=Source(arguments.proposals, arguments.proposals_layer, arguments.proposals_title),
        truth=Source(arguments.truth, arguments.truth_layer, arguments.truth_title),
        options=options_from(arguments, ScoreOptions),
        aoi=Source(arguments.aoi) if arguments.aoi else None,
        bounds=numbers(arguments.bounds, 4, "--bounds") if arguments.bounds else None,
        all_columns=bool(output),
    )
    comparison = compare(request, reporter)
    results = results_of(comparison)
    reporter.info(f"Compared in {results['crs']}.")
    if output:
        write_map(comparison, output)
    if page:
        write_report(comparison, page)
    reporter.progress(1.0)
    as_json = getattr(arguments, "json", True) or getattr(arguments, "json_lines", False)
    return results if as_json else {name: value for name, value in results.items() if _is_short(value)}


def _is_short(value: object) -> bool:
    """Return whether a person can read a value on one line: the tables are for programs, and in the report."""
    return value is not None and not isinstance(value, list | dict)
