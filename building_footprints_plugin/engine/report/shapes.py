"""The figures of shape of a report, each with a sentence on what it means."""

from __future__ import annotations

from ..comparison import Comparison
from ..score import ShapeFigures
from .figures import UNDEFINED, Figure

MEANINGS = {
    "Hausdorff distance": "From the farthest corner of either outline to the other outline, mean of matches.",
    "PoLiS distance": "From the corners of either outline to the other outline, on average; mean of matches.",
    "Rotation error": "Between the main directions of footprint and building; mean of matches whose building has one.",
    "Vertices per building": "Of matched footprints, as a multiple of their buildings'.",
    "Right angles": "Corners within 2 degrees of 90, as a share of all corners of the footprints.",
    "Right angles of the truth": "The same of the buildings.",
    "Overlapping footprints": "Pairs of footprints that claim the same ground.",
    "Invalid footprints": "Footprints whose outline crosses itself or is broken in another way.",
}


def shape_figures_of(comparison: Comparison) -> list[Figure]:
    """Return the figures of shape, none where they were not asked for."""
    shape = comparison.shape
    if shape is None:
        return []
    values = _values(shape, comparison.unit)
    return [Figure(name, value, MEANINGS[name]) for name, value in values.items()]


def _values(shape: ShapeFigures, unit: str) -> dict[str, str]:
    return {
        "Hausdorff distance": _text(shape.hausdorff, "{:.2f} " + unit),
        "PoLiS distance": _text(shape.polis, "{:.2f} " + unit),
        "Rotation error": _text(shape.rotation_error_deg, "{:.2f}°"),
        "Vertices per building": _text(shape.vertex_ratio, "{:.2f} times"),
        "Right angles": _text(shape.right_angles, "{:.1%}"),
        "Right angles of the truth": _text(shape.right_angles_truth, "{:.1%}"),
        "Overlapping footprints": f"{shape.overlaps:,}",
        "Invalid footprints": f"{shape.invalid:,}",
    }


def _text(value: float | None, form: str) -> str:
    return UNDEFINED if value is None else form.format(value)
