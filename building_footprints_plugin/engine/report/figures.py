"""The figures of a report, each with a sentence on what it means."""

from __future__ import annotations

from dataclasses import dataclass

from ..comparison import Comparison
from ..score import Score

UNDEFINED = "n/a"
MEANINGS = {
    "Matched (TP)": "Footprints that overlap a building well enough; a building takes one footprint.",
    "False (FP)": "Footprints left over: on no building, with too poor an outline, or second on a building.",
    "Missed (FN)": "Buildings without a matching footprint.",
    "Precision": "Matched footprints as a share of all footprints.",
    "Recall": "Matched buildings as a share of all buildings.",
    "F1": "Harmonic mean of precision and recall.",
    "Mean IoU of the matched": "Shared over joint ground of each match: how good the outlines of found buildings are.",
    "Average precision": "Area under the precision-recall curve: how well confidence ranks right before false.",
    "Pixel IoU": "Ground that both sides cover over ground that either covers, building by building or not.",
    "Split buildings": "Buildings that hold several footprints, each by at least half of its area.",
    "Merged footprints": "Footprints that hold several buildings, each by at least half of its area.",
    "Median offset": "From the centres of buildings to those of their footprints. A large one means a shifted layer.",
}


@dataclass(frozen=True)
class Figure:
    """One figure as text, with its name and what it means."""

    name: str
    value: str
    meaning: str


def headline(score: Score) -> list[Figure]:
    """Return the figures that go on top."""
    counts = score.counts
    return [
        Figure("F1", f"{score.f1:.3f}", "balance of precision and recall"),
        Figure("Precision", f"{counts.precision:.3f}", "of the footprints are right"),
        Figure("Recall", f"{counts.recall:.3f}", "of the buildings are found"),
        Figure("Mean IoU", f"{score.mean_iou:.3f}", "overlap of the matched"),
        Figure("Pixel IoU", f"{score.pixel_iou:.3f}", "agreement of the ground covered"),
    ]


def summary(score: Score) -> str:
    """Return the outcome in one or two sentences."""
    counts = score.counts
    buildings, footprints = counts.tp + counts.fn, counts.tp + counts.fp
    if not buildings and not footprints:
        return "Neither side has a polygon that counts: nothing to find and nothing to miss, so all figures are 0."
    if not buildings:
        return f"The truth has no building that counts, so all {footprints:,} footprints are false."
    if not footprints:
        return f"There is no footprint that counts, so all {buildings:,} buildings are missed."
    return (
        f"Of {buildings:,} buildings {counts.tp:,} were found and {counts.fn:,} missed. "
        f"Of {footprints:,} footprints {counts.fp:,} are false."
    )


def all_figures(comparison: Comparison) -> list[Figure]:
    """Return every figure of the table."""
    score, counts = comparison.score, comparison.score.counts
    values = {
        "Matched (TP)": f"{counts.tp:,}",
        "False (FP)": f"{counts.fp:,}",
        "Missed (FN)": f"{counts.fn:,}",
        "Precision": f"{counts.precision:.4f}",
        "Recall": f"{counts.recall:.4f}",
        "F1": f"{score.f1:.4f}",
        "Mean IoU of the matched": f"{score.mean_iou:.4f}",
        "Average precision": UNDEFINED if score.average_precision is None else f"{score.average_precision:.4f}",
        "Pixel IoU": f"{score.pixel_iou:.4f}",
        "Split buildings": f"{score.splits:,}",
        "Merged footprints": f"{score.merges:,}",
        "Median offset": _offset(comparison),
    }
    figures = [Figure(name, value, MEANINGS[name]) for name, value in values.items()]
    if score.rule.preset.mean_of_areas and len(score.areas) > 1:
        mean = Figure(
            "F1", values["F1"], "Harmonic mean of precision and recall in each area, averaged over the areas."
        )
        figures[list(values).index("F1")] = mean
    return figures


def _offset(comparison: Comparison) -> str:
    if comparison.score.offset is None:
        return UNDEFINED
    dx, dy = comparison.score.offset
    if comparison.unit == "px":
        return f"{abs(dx):.2f} px {'right' if dx >= 0 else 'left'}, {abs(dy):.2f} px {'down' if dy >= 0 else 'up'}"
    return f"{abs(dx):.2f} m {'east' if dx >= 0 else 'west'}, {abs(dy):.2f} m {'north' if dy >= 0 else 'south'}"
