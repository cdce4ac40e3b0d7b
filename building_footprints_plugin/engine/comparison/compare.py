"""Two sources in, a comparison out."""

from __future__ import annotations

from dataclasses import replace

from ..errors import BadInput
from ..progress import Reporter
from .inputs import Comparison, Request
from .layers import compare_layers
from .notes import Notes
from .shapes import shapes_of
from .tables import compare_tables


def compare(request: Request, reporter: Reporter) -> Comparison:
    """Score two vector layers, or two SpaceNet tables.

    Warnings go to `reporter` and into the result. Raises BadInput when a source cannot be read, holds no polygons
    but points or lines, or when a table is to be compared with a layer.
    """
    notes = Notes(reporter)
    tables = bool(request.proposals.tables), bool(request.truth.tables)
    if tables[0] != tables[1]:
        table, layer = (request.proposals, request.truth) if tables[0] else (request.truth, request.proposals)
        raise BadInput(
            f"{table.name} is a SpaceNet table in pixels and {layer.name} a layer on the ground; expected two alike."
        )
    comparison = (compare_tables if all(tables) else compare_layers)(request, notes)
    _remark(comparison, notes)
    if not request.options.shapes:
        return comparison
    return replace(comparison, shape=shapes_of(comparison))


def _remark(comparison: Comparison, notes: Notes) -> None:
    score = comparison.score
    sides = (score.proposals, score.counted), (score.truth, score.truth_counted)
    for (side, counted), source in zip(sides, (comparison.request.proposals, comparison.request.truth), strict=True):
        if not counted.any():
            where = " in the area to be scored" if len(side) else ""
            notes.warn(f"{source.name} has no polygons to compare{where}, so every figure that divides by them is 0.")
    if score.mixed:
        notes.warn(
            f"{score.mixed} pairs that overlap in an area and also touch along a line have IoU 0, "
            f"as the {score.rule.preset.name} scorer counts them."
        )
