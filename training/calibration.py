"""What a confidence is worth: of the footprints that are said to be right with 0.8, how many are?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .judging import Judged

EDGES = (0.0, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)


def calibration_rows(judged: Judged) -> list[dict[str, Any]]:
    """Return a row per range of confidence that holds a footprint, and one over all of them.

    `right` is the share matched with a building at IoU 0.5. `gap` is how much larger the mean confidence is than that;
    over all, the mean of the gaps' sizes, each counted by its footprints: the expected calibration error (Guo et al.,
    On calibration of modern neural networks, 2017).
    """
    right = judged.correct[0]
    ranges = np.digitize(judged.confidence, EDGES[1:-1])
    rows, error = [], 0.0
    for number, (low, high) in enumerate(pairwise(EDGES)):
        inside = ranges == number
        if inside.any():
            row = _row(f"{low:.2f} to {high:.2f}", judged.confidence[inside], right[inside])
            error += abs(row["gap"]) * inside.mean()
            rows.append(row)
    return [*rows, {**_row("all", judged.confidence, right), "gap": error}] if rows else []


def _row(name: str, confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, Any]:
    said, is_right = float(confidence.mean()), float(right.mean())
    return {"confidence": name, "footprints": len(right), "said": said, "right": is_right, "gap": said - is_right}
