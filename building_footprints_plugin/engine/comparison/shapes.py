"""The figures of shape of a comparison: of what counts in its score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from ..score import ShapeFigures, shape_figures
from .inputs import Comparison


def shapes_of(comparison: Comparison) -> ShapeFigures:
    """Measure the matched pairs and both sides as they were compared; `invalid` counts outlines as the source has them.

    The score itself works on repaired outlines, where there are no invalid ones left to count.
    """
    score = comparison.score
    number = np.cumsum(score.truth_counted) - 1  # of each building among those that count
    truth_of = score.truth_of[score.counted]
    matched = np.flatnonzero(truth_of >= 0)
    figures = shape_figures(
        score.proposals.geometry[score.counted],
        score.truth.geometry[score.truth_counted],
        np.column_stack((matched, number[truth_of[matched]])),
        score.proposals.image[score.counted],
    )
    source = comparison.proposals.geometry[score.proposals.row[score.counted]]
    return replace(figures, invalid=int((~shapely.is_valid(source)).sum()))
