"""Figures from a matching: counts, precision and recall, average precision, recall by size, splits and merges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..options import SCORE_IOUS, SCORE_SIZES_M2
from .overlap import Pairs

SWEEP = SCORE_IOUS
SIZES_M2 = SCORE_SIZES_M2
SIZES_PX2 = (0.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0)
MOSTLY = 0.5  # share of its own area with which a part belongs to a whole


@dataclass(frozen=True)
class Counts:
    """Matched, false and missed; every ratio is 0 where it is not defined."""

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp else 0.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.tp else 0.0


@dataclass(frozen=True)
class SizeBin:
    """Buildings with `lower` <= area < `upper` (None: no upper end): how many there are, how many were found."""

    lower: float
    upper: float | None
    buildings: int
    found: int

    @property
    def recall(self) -> float:
        return self.found / self.buildings if self.buildings else 0.0


@dataclass(frozen=True)
class Curve:
    """Precision and recall (k,) when only proposals down to each distinct confidence (k,) are kept."""

    confidence: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    @property
    def average_precision(self) -> float:
        """Area under the curve, each precision being the best at that recall or beyond (as COCO and VOC 2010 do)."""
        if not len(self.recall):
            return 0.0
        best = np.maximum.accumulate(self.precision[::-1])[::-1]
        return float(np.sum(np.diff(self.recall, prepend=0.0) * best))


def precision_recall_curve(confidence: NDArray[np.float64], correct: NDArray[np.bool_], buildings: int) -> Curve:
    """Return the curve of proposals (n,) of which `correct` (n,) are matched, among `buildings` of the truth."""
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else order
    tp = np.cumsum(correct[order])[ends]
    recall = tp / buildings if buildings else np.zeros(len(ends))
    return Curve(ranked[ends], tp / (ends + 1), recall)


def recall_by_size(area: NDArray[np.float64], found: NDArray[np.bool_], edges: tuple[float, ...]) -> list[SizeBin]:
    """Return one bin between each two `edges`, and one beyond the last."""
    number = np.searchsorted(edges, area, side="right") - 1
    buildings = np.bincount(number, minlength=len(edges))
    hits = np.bincount(number[found], minlength=len(edges))
    uppers = [*edges[1:], None]
    return [
        SizeBin(lower, upper, int(total), int(good))
        for lower, upper, total, good in zip(edges, uppers, buildings, hits, strict=True)
    ]


def wholes_in_parts(
    part: NDArray[np.intp], whole: NDArray[np.intp], share: NDArray[np.float64], wholes: int
) -> NDArray[np.bool_]:
    """Return which of `wholes` hold several parts; `share` (m,) is a pair's overlap over the area of its part."""
    return np.bincount(whole[share >= MOSTLY], minlength=wholes) >= 2


def splits_and_merges(
    pairs: Pairs, proposal_area: NDArray[np.float64], truth_area: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which buildings (t,) are split over several proposals, and which proposals (p,) merge several buildings.

    A part belongs to a whole when at least half of the part's own area lies in it.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        of_proposal = pairs.overlap / proposal_area[pairs.proposal]
        of_truth = pairs.overlap / truth_area[pairs.truth]
    split = wholes_in_parts(pairs.proposal, pairs.truth, of_proposal, len(truth_area))
    merged = wholes_in_parts(pairs.truth, pairs.proposal, of_truth, len(proposal_area))
    return split, merged
