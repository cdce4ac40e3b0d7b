"""The figures of a comparison as plain values, for `--json`, for QGIS and for training."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..score import Counts, SizeBin
from ..vector import crs_name
from .inputs import Comparison


def results_of(comparison: Comparison) -> dict[str, Any]:
    """Return every figure by name; ratios are 0..1 and 0 where undefined, lengths in `unit`, areas in its square.

    `average_precision` is None without confidences, `offset_x` and `offset_y` are None without matches. What
    `ShapeFigures` holds is there if it was asked for.
    """
    score = comparison.score
    offset = score.offset or (None, None)
    values: dict[str, Any] = _counted(score.counts) | {
        "f1": score.f1,
        "mean_iou": score.mean_iou,
        "pixel_iou": score.pixel_iou,
        "average_precision": score.average_precision,
        "splits": score.splits,
        "merges": score.merges,
        "offset_x": offset[0],
        "offset_y": offset[1],
        "unit": comparison.unit,
        "crs": crs_name(comparison.crs) if comparison.unit == "m" else "pixels",
        "preset": score.rule.preset.name,
        "iou_threshold": score.rule.iou_threshold,
        "f1_by_iou": {f"{limit:.2f}": f1 for limit, f1 in score.f1_by_iou.items()},
        "recall_by_size": [_size(size) for size in score.sizes],
        "warnings": comparison.warnings,
    }
    if comparison.shape is not None:
        shape = asdict(comparison.shape)
        values |= {name: figure for name, figure in shape.items() if name not in ("pairs", "mean_iou", "directed")}
    if comparison.unit == "px":
        values["areas"] = [{"area": area.name, "images": area.images} | _counted(area.counts) for area in score.areas]
        values["images"] = [
            {"image": name} | _counted(counts)
            for name, counts in zip(comparison.image_names, score.images, strict=True)
        ]
    return values


def _counted(counts: Counts) -> dict[str, Any]:
    return {
        "tp": counts.tp,
        "fp": counts.fp,
        "fn": counts.fn,
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
    }


def _size(size: SizeBin) -> dict[str, Any]:
    return {
        "from": size.lower,
        "to": size.upper,
        "buildings": size.buildings,
        "found": size.found,
        "recall": size.recall,
    }
