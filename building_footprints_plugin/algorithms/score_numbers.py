"""The numbers that Score footprints returns, for models: every figure of the engine's result that is one number."""

from __future__ import annotations

from typing import Any

from ..bridge.answers import NUMBER, is_a
from ..engine.options import SCORE_IOUS, SCORE_SIZES_M2
from ..translation import tr

FIGURES = {  # output: (key of the engine's result, description)
    "PRECISION": ("precision", "Precision: share of the proposals that are right"),
    "RECALL": ("recall", "Recall: share of the truth that was found"),
    "F1": ("f1", "F1: harmonic mean of precision and recall"),
    "TP": ("tp", "Matched"),
    "FP": ("fp", "False"),
    "FN": ("fn", "Missed"),
    "MEAN_IOU": ("mean_iou", "Mean IoU of the matched"),
    "AVERAGE_PRECISION": ("average_precision", "Average precision over confidence"),
    "PIXEL_IOU": ("pixel_iou", "IoU of all ground covered"),
    "SPLITS": ("splits", "Buildings cut into several footprints"),
    "MERGES": ("merges", "Footprints over several buildings"),
    "OFFSET_X": ("offset_x", "Median offset of the matched to the east, in metres"),
    "OFFSET_Y": ("offset_y", "Median offset of the matched to the north, in metres"),
    "HAUSDORFF": ("hausdorff", "Shapes: mean Hausdorff distance of the matched, in metres"),
    "POLIS": ("polis", "Shapes: mean PoLiS distance of the matched, in metres"),
    "ROTATION_ERROR": ("rotation_error_deg", "Shapes: mean rotation error of the matched, in degrees"),
    "VERTEX_RATIO": ("vertex_ratio", "Shapes: vertices of the matched over those of their buildings"),
    "RIGHT_ANGLES": ("right_angles", "Shapes: share of right angles among the corners of the footprints"),
    "RIGHT_ANGLES_TRUTH": ("right_angles_truth", "Shapes: share of right angles among the corners of the truth"),
    "OVERLAPS": ("overlaps", "Shapes: pairs of footprints that overlap"),
    "INVALID": ("invalid", "Shapes: invalid footprints"),
}


def descriptions() -> dict[str, str]:
    """Return the description of every output by its name, in the user's language."""
    texts = {name: tr(text) for name, (_, text) in FIGURES.items()}
    texts |= {_at_iou(limit): tr("F1 where a match needs an IoU of {:g}").format(limit) for limit in SCORE_IOUS}
    for lower, upper in zip(SCORE_SIZES_M2, SCORE_SIZES_M2[1:]):
        texts[_of_size(lower)] = tr("Recall of buildings of {:g} to {:g} m²").format(lower, upper)
    texts[_of_size(SCORE_SIZES_M2[-1])] = tr("Recall of buildings from {:g} m² on").format(SCORE_SIZES_M2[-1])
    return texts


def numbers(result: dict[str, Any]) -> dict[str, float]:
    """Return every output that has a value: without confidence, matches or shapes some have none."""
    found = {name: result.get(key) for name, (key, _) in FIGURES.items()}
    found |= {_at_iou(limit): result["f1_by_iou"].get(f"{limit:.2f}") for limit in SCORE_IOUS}
    sizes = [size for size in result["recall_by_size"] if isinstance(size, dict) and size.get("buildings")]
    for lower in SCORE_SIZES_M2:
        found |= {_of_size(lower): size.get("recall") for size in sizes if size.get("from") == lower}
    return {name: value for name, value in found.items() if is_a(value, NUMBER)}


def _at_iou(limit: float) -> str:
    return f"F1_IOU_{round(100 * limit)}"


def _of_size(lower: float) -> str:
    return f"RECALL_FROM_{lower:.0f}_M2"
