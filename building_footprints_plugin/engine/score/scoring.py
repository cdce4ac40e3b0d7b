"""From two sides to a score: the composition of this package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .figures import (
    SIZES_M2,
    SWEEP,
    Counts,
    Curve,
    SizeBin,
    precision_recall_curve,
    recall_by_size,
    splits_and_merges,
)
from .ground import ground_iou
from .matching import match
from .overlap import Pairs, measure_pairs
from .presets import Preset
from .sides import Side


@dataclass(frozen=True)
class AreaScore:
    """Counts of one area of interest (a city of a SpaceNet table)."""

    name: str
    images: int
    counts: Counts


@dataclass(frozen=True)
class Rule:
    """What decides the score: the preset, the IoU limit, the area outside which nothing counts, the edges of sizes.

    `areas[i]` names the area of interest that image i belongs to.
    """

    preset: Preset
    iou_threshold: float = 0.5
    aoi: shapely.Geometry | None = None
    size_edges: tuple[float, ...] = SIZES_M2
    areas: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Score:
    """Everything a comparison tells. Arrays follow the sides as they were scored (`proposals.row`, `truth.row`).

    `truth_of[i]` is the number of the building proposal i is matched with, -1 if none; `proposal_iou` and `truth_iou`
    are the IoU of the match, for what is unmatched the best there is with anything. `counted` and `truth_counted`
    say what the counts hold (all, without an area of interest). `f1` is the preset's headline, which for `topcoder` is
    a mean over areas, as are those of `f1_by_iou`; `images[i]` are the counts of image i. `offset` is the median
    (dx, dy) from building to matched proposal, in units of the coordinates. `mixed` counts pairs set to IoU 0 because
    areas and lines overlap at once.
    """

    rule: Rule
    proposals: Side
    truth: Side
    truth_of: NDArray[np.intp]
    proposal_iou: NDArray[np.float64]
    truth_iou: NDArray[np.float64]
    counted: NDArray[np.bool_]
    truth_counted: NDArray[np.bool_]
    counts: Counts
    f1: float
    mean_iou: float
    pixel_iou: float
    average_precision: float | None
    curve: Curve | None
    f1_by_iou: dict[float, float]
    sizes: list[SizeBin]
    splits: int
    merges: int
    offset: tuple[float, float] | None
    areas: list[AreaScore]
    images: list[Counts]
    mixed: int

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which buildings are matched."""
        found = np.zeros(len(self.truth), dtype=bool)
        found[self.truth_of[self.truth_of >= 0]] = True
        return found


@dataclass(frozen=True)
class _Outcome:
    """A matching at one limit: the building of each proposal, and what of both sides counts."""

    truth_of: NDArray[np.intp]
    found: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    truth_counted: NDArray[np.bool_]

    @property
    def correct(self) -> NDArray[np.bool_]:
        return (self.truth_of >= 0) & self.counted

    @property
    def counts(self) -> Counts:
        tp = int(self.correct.sum())
        missed = int((self.truth_counted & ~self.found).sum())
        return Counts(tp, int(self.counted.sum()) - tp, missed)


def score_polygons(
    proposals: Side, truth: Side, rule: Rule, progress: Callable[[float], None] = lambda fraction: None
) -> Score:
    """Compare two sides in one metric (or pixel) coordinate system.

    With `Side.inside`, a building counts when it lies in the area of interest, a matched proposal counts with its
    building, and an unmatched one when it lies in the area itself: what crosses the border is judged once, by the
    truth. Cost: one STRtree query and one intersection a candidate pair; memory about 100 bytes a pair.
    """
    preset, limit = rule.preset, rule.iou_threshold
    pairs = measure_pairs(proposals, truth, preset, (limit, *SWEEP), lambda done: progress(0.8 * done))
    order = proposals.order(preset.by_confidence)
    best = match(pairs, order, limit, preset.strict_iou)
    outcome = _judge(pairs, best, proposals, truth)
    strict = {at: _judge(pairs, match(pairs, order, at, preset.strict_iou), proposals, truth) for at in SWEEP}
    curve = _curve(pairs, proposals, truth, rule)
    progress(0.9)
    images = _by_image(outcome, proposals, truth, len(rule.areas))
    areas = _by_area(images, rule.areas)
    split, merged = splits_and_merges(pairs, proposals.area, truth.area)
    ious = _ious(pairs, best, outcome, (len(proposals), len(truth)))
    score = Score(
        rule=rule,
        proposals=proposals,
        truth=truth,
        truth_of=outcome.truth_of,
        proposal_iou=ious[0],
        truth_iou=ious[1],
        counted=outcome.counted,
        truth_counted=outcome.truth_counted,
        counts=outcome.counts,
        f1=_headline(outcome, proposals, truth, rule),
        mean_iou=float(ious[0][outcome.correct].mean()) if outcome.correct.any() else 0.0,
        pixel_iou=ground_iou(proposals, truth, pairs, rule.aoi),
        average_precision=None if curve is None else curve.average_precision,
        curve=curve,
        f1_by_iou={at: _headline(each, proposals, truth, rule) for at, each in strict.items()},
        sizes=recall_by_size(truth.area[outcome.truth_counted], outcome.found[outcome.truth_counted], rule.size_edges),
        splits=int((split & outcome.truth_counted).sum()),
        merges=int((merged & outcome.counted).sum()),
        offset=_offset(outcome, proposals, truth),
        areas=areas,
        images=images,
        mixed=pairs.mixed,
    )
    progress(1.0)
    return score


def _judge(pairs: Pairs, best: NDArray[np.intp], proposals: Side, truth: Side) -> _Outcome:
    matched = best >= 0
    truth_of = np.where(matched, pairs.truth[best] if len(pairs.truth) else -1, -1)
    found = np.zeros(len(truth), dtype=bool)
    found[truth_of[matched]] = True
    counted = proposals.inside.copy()
    counted[matched] = truth.inside[truth_of[matched]]
    return _Outcome(truth_of, found, counted, truth.inside)


def _curve(pairs: Pairs, proposals: Side, truth: Side, rule: Rule) -> Curve | None:
    if proposals.confidence is None:
        return None
    best = match(pairs, proposals.order(True), rule.iou_threshold, rule.preset.strict_iou)
    outcome = _judge(pairs, best, proposals, truth)
    kept = outcome.counted
    return precision_recall_curve(proposals.confidence[kept], outcome.correct[kept], int(truth.inside.sum()))


def _ious(
    pairs: Pairs, best: NDArray[np.intp], outcome: _Outcome, sizes: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the IoU of each proposal and each building: of its match, else the best it has with anything."""
    ious = np.zeros(sizes[0]), np.zeros(sizes[1])
    np.maximum.at(ious[0], pairs.proposal, pairs.iou)
    np.maximum.at(ious[1], pairs.truth, pairs.iou)
    matched = best >= 0
    ious[0][matched] = pairs.iou[best[matched]]
    ious[1][outcome.truth_of[matched]] = pairs.iou[best[matched]]
    return ious


def _offset(outcome: _Outcome, proposals: Side, truth: Side) -> tuple[float, float] | None:
    if not outcome.correct.any():
        return None
    theirs = shapely.centroid(truth.geometry[outcome.truth_of[outcome.correct]])
    mine = shapely.centroid(proposals.geometry[outcome.correct])
    dx, dy = np.median(shapely.get_coordinates(mine) - shapely.get_coordinates(theirs), axis=0)
    return float(dx), float(dy)


def _by_image(outcome: _Outcome, proposals: Side, truth: Side, images: int) -> list[Counts]:
    tp = np.bincount(proposals.image[outcome.correct], minlength=images)
    proposed = np.bincount(proposals.image[outcome.counted], minlength=images)
    missed = np.bincount(truth.image[outcome.truth_counted & ~outcome.found], minlength=images)
    return [Counts(*numbers) for numbers in zip(tp.tolist(), (proposed - tp).tolist(), missed.tolist(), strict=True)]


def _by_area(images: list[Counts], areas: tuple[str, ...]) -> list[AreaScore]:
    members: dict[str, list[Counts]] = {name: [] for name in sorted(set(areas))}
    for counts, area in zip(images, areas, strict=True):
        members[area].append(counts)
    return [
        AreaScore(name, len(each), Counts(sum(c.tp for c in each), sum(c.fp for c in each), sum(c.fn for c in each)))
        for name, each in members.items()
    ]


def _headline(outcome: _Outcome, proposals: Side, truth: Side, rule: Rule) -> float:
    """Return the preset's F1; a mean counts an area with nothing in it as 0."""
    if not rule.preset.mean_of_areas:
        return outcome.counts.f1
    areas = _by_area(_by_image(outcome, proposals, truth, len(rule.areas)), rule.areas)
    return float(np.mean([area.counts.f1 for area in areas])) if areas else 0.0
