"""Figures of a score, each worked out by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest
import shapely
from footprint_cases import boxes
from numpy.typing import NDArray

from building_footprints_plugin.engine.errors import Cancelled
from building_footprints_plugin.engine.score import PRESETS, Rule, Score, Side, score_polygons

SPACENET = PRESETS["spacenet"]
TRUTH = boxes((0, 0, 10, 10), (20, 0, 30, 10), (40, 0, 50, 10))


def score(
    proposals: NDArray[np.object_],
    truth: NDArray[np.object_],
    confidence: list[float] | None = None,
    rule: Rule | None = None,
) -> Score:
    ranked = None if confidence is None else np.array(confidence)
    return score_polygons(Side.of(proposals, ranked), Side.of(truth), rule or Rule(SPACENET))


def test_counts_and_ratios() -> None:
    """2 of 3 buildings, one false of three: P = R = F1 = 2/3; IoUs 1 and 0.8, mean 0.9."""
    result = score(boxes((0, 0, 10, 10), (20, 0, 28, 10), (60, 0, 70, 10)), TRUTH)
    assert (result.counts.tp, result.counts.fp, result.counts.fn) == (2, 1, 1)
    assert (result.counts.precision, result.counts.recall) == pytest.approx((2 / 3, 2 / 3))
    assert result.f1 == pytest.approx(2 / 3)
    assert result.mean_iou == pytest.approx(0.9)
    assert result.truth_of.tolist() == [0, 1, -1]
    assert result.proposal_iou == pytest.approx([1.0, 0.8, 0.0])
    assert result.found.tolist() == [True, True, False]


def test_average_precision() -> None:
    """Right, wrong, right, wrong by confidence; 3 buildings: recall 1/3 at P 1, 2/3 at P 2/3, so 1/3 + 2/9 = 5/9."""
    proposals = boxes((40, 0, 50, 10), (60, 0, 70, 10), (0, 0, 10, 10), (80, 0, 90, 10))
    result = score(proposals, TRUTH, [0.7, 0.8, 0.9, 0.6])
    assert result.average_precision == pytest.approx(5 / 9)
    assert result.curve is not None
    assert result.curve.recall == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3])
    assert result.curve.precision == pytest.approx([1, 1 / 2, 2 / 3, 2 / 4])


def test_average_precision_counts_a_dip_before_a_rise_at_its_best() -> None:
    """Wrong first, then two right of two buildings: P 0, 1/2, 2/3; the best from each recall on is 2/3, so AP 2/3."""
    result = score(boxes((60, 0, 70, 10), (0, 0, 10, 10), (20, 0, 30, 10)), TRUTH[:2], [0.9, 0.8, 0.7])
    assert result.average_precision == pytest.approx(2 / 3)


def test_equal_confidences_are_one_point_of_the_curve() -> None:
    """Right and wrong at one confidence make one point, P 1/2 at R 1, whichever row comes first."""
    for order in ([0, 1], [1, 0]):
        result = score(boxes((0, 0, 10, 10), (60, 0, 70, 10))[order], TRUTH[:1], [0.5, 0.5])
        assert result.average_precision == pytest.approx(0.5)


def test_without_confidence_there_is_no_average_precision() -> None:
    assert score(TRUTH, TRUTH).average_precision is None
    assert score(TRUTH, TRUTH, [np.nan, np.nan, np.nan]).average_precision is None


def test_a_missing_confidence_comes_last() -> None:
    result = score(boxes((60, 0, 70, 10), (0, 0, 10, 10)), TRUTH[:1], [np.nan, 0.1])
    assert result.average_precision == pytest.approx(1.0)


def test_f1_falls_with_the_limit() -> None:
    """IoU 0.6 and 0.8 of two buildings: F1 is 1 to 0.6, 0.5 to 0.8, then 0; equality is enough for `spacenet`."""
    result = score(boxes((0, 0, 6, 10), (20, 0, 28, 10)), TRUTH[:2])
    expected = {0.5: 1, 0.55: 1, 0.6: 1, 0.65: 0.5, 0.7: 0.5, 0.75: 0.5, 0.8: 0.5, 0.85: 0, 0.9: 0, 0.95: 0}
    assert result.f1_by_iou == pytest.approx(expected)


def test_recall_by_size() -> None:
    """Buildings of 10, 100 and 400; the two larger are found. A limit belongs to the bin above it."""
    truth = boxes((0, 0, 5, 2), (20, 0, 30, 10), (40, 0, 60, 20))
    sizes = score(truth[1:], truth).sizes
    assert [(size.lower, size.upper, size.buildings, size.found) for size in sizes if size.buildings] == [
        (0.0, 25.0, 1, 0),
        (100.0, 200.0, 1, 1),
        (200.0, 500.0, 1, 1),
    ]
    assert sum(size.buildings for size in sizes) == 3


def test_splits_and_merges() -> None:
    """Building 1 holds two footprints; footprint 3 covers two buildings; footprint 4 only grazes a second one."""
    truth = boxes((0, 0, 20, 10), (40, 0, 50, 10), (50, 0, 60, 10), (80, 0, 90, 10), (95, 0, 105, 10))
    proposals = boxes((0, 0, 9, 10), (11, 0, 20, 10), (40, 0, 60, 10), (80, 0, 97, 10))
    result = score(proposals, truth)
    assert (result.splits, result.merges) == (1, 1)


def test_offset_is_from_building_to_footprint() -> None:
    """Shifts of (1, 2), (1, 2) and (3, 0): the median per axis is (1, 2)."""
    result = score(boxes((1, 2, 11, 12), (21, 2, 31, 12), (43, 0, 53, 10)), TRUTH, rule=Rule(SPACENET, 0.3))
    assert result.counts.tp == 3
    assert result.offset == pytest.approx((1.0, 2.0))


def test_pixel_iou() -> None:
    """Common 50 + 100, covered by either 100 + 100 + 50 (false): 150 / 250."""
    result = score(boxes((0, 0, 5, 10), (20, 0, 30, 10), (60, 0, 65, 10)), TRUTH[:2])
    assert result.pixel_iou == pytest.approx(150 / 250)


def test_pixel_iou_counts_ground_once() -> None:
    """Three proposals over one building, two of them alike, the third half beside it: 100 / 150."""
    result = score(boxes((0, 0, 10, 10), (0, 0, 10, 10), (5, 0, 15, 10)), TRUTH[:1])
    assert result.pixel_iou == pytest.approx(100 / 150)
    swapped = score(TRUTH[:1], boxes((0, 0, 10, 10), (0, 0, 10, 10), (5, 0, 15, 10)))
    assert swapped.pixel_iou == pytest.approx(100 / 150)


def test_pixel_iou_keeps_images_apart() -> None:
    """The same place in two images: one covered, the other not; 100 / 200."""
    sides = Side.of(TRUTH[:1]), Side.of(TRUTH[[0, 0]], image=np.array([0, 1]))
    assert score_polygons(*sides, Rule(SPACENET, areas=("", ""))).pixel_iou == pytest.approx(0.5)


def test_what_lies_outside_the_area_of_interest_does_not_count() -> None:
    """The area is x from 0 to 26: building 2 lies inside by 0.6, so it counts with its match, which lies in by 0.4.

    The false footprint at 60 is outside, as is building 3. Ground: common 100 + 40 (22..26), either 100 + 60 (20..26).
    """
    aoi = shapely.box(0, 0, 26, 10)
    proposals = boxes((0, 0, 10, 10), (22, 0, 32, 10), (60, 0, 70, 10))
    mine = Side.of(proposals, inside=np.array([True, False, False]))
    theirs = Side.of(TRUTH, inside=np.array([True, True, False]))
    result = score_polygons(mine, theirs, Rule(SPACENET, aoi=aoi))
    assert (result.counts.tp, result.counts.fp, result.counts.fn) == (2, 0, 0)
    assert result.counted.tolist() == [True, True, False]
    assert result.pixel_iou == pytest.approx(140 / 160)


@pytest.mark.parametrize(
    ("proposals", "truth"), [(0, 0), (0, 3), (3, 0)], ids=["nothing", "no proposals", "no buildings"]
)
def test_every_figure_is_defined_when_there_is_nothing(proposals: int, truth: int) -> None:
    result = score(TRUTH[:proposals], TRUTH[:truth], [0.5] * proposals)
    assert (result.counts.tp, result.counts.fp, result.counts.fn) == (0, proposals, truth)
    figures = [result.f1, result.mean_iou, result.pixel_iou, result.counts.precision, result.counts.recall]
    assert figures == [0.0] * 5
    assert result.offset is None
    assert set(result.f1_by_iou.values()) == {0.0}


def test_a_limit_of_zero_still_needs_an_overlap() -> None:
    result = score(boxes((10, 0, 20, 10)), TRUTH[:2], rule=Rule(SPACENET, 0.0))
    assert result.counts.tp == 0


def test_equality_at_the_limit_does_not_hang_on_rounding() -> None:
    """A third of the coordinates: 1/3 and 2/3 of a building are exactly half of what they cover together."""
    third = boxes((0, 0, 1 / 3, 1 / 3), (1, 0, 4 / 3, 1 / 3))
    double = boxes((0, 0, 2 / 3, 1 / 3), (1, 0, 5 / 3, 1 / 3))
    for p, t in zip(third, double, strict=True):
        scorer = p.intersection(t).area / p.union(t).area
        result = score(np.array([p], dtype=object), np.array([t], dtype=object))
        assert result.counts.tp == int(scorer >= 0.5)
        assert result.proposal_iou[0] == scorer


def test_a_cancelled_score_leaves_what_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []

    def slow(
        a: NDArray[np.object_], b: NDArray[np.object_], *_: object
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        measured.append(len(a))
        time.sleep(0.05)
        return np.zeros(len(a)), np.zeros(len(a), dtype=bool)

    def cancel(fraction: float) -> None:
        raise Cancelled("Cancelled; no output was written.")

    for name, value in (("CHUNK", 1), ("overlap_areas", slow), ("processors", lambda: 2)):
        monkeypatch.setattr(f"building_footprints_plugin.engine.score.overlap.{name}", value)
    many = boxes(*[(10 * i, 0, 10 * i + 9, 9) for i in range(1000)])
    with pytest.raises(Cancelled):
        score_polygons(Side.of(many), Side.of(many), Rule(SPACENET), cancel)
    assert 0 < len(measured) < 500
