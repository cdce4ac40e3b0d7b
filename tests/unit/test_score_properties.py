"""What holds for every score, tried on generated rectangles, and a straightforward scorer to compare with."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from footprint_cases import boxes
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from building_footprints_plugin.engine.score import PRESETS, Preset, Rule, Score, Side, score_polygons

Corners = tuple[float, float, float, float]


@st.composite
def rectangles(draw: st.DrawFn, most: int = 12) -> NDArray[np.object_]:
    """Rectangles on a coarse grid, so that they often overlap, touch and coincide."""
    corner, side = st.integers(0, 14), st.integers(1, 6)
    drawn = draw(st.lists(st.tuples(corner, corner, side, side), max_size=most))
    return boxes(*[(x, y, x + w, y + h) for x, y, w, h in drawn])


@st.composite
def apart(draw: st.DrawFn) -> NDArray[np.object_]:
    """Rectangles that never overlap one another: one in each cell of a grid, at most as large as the cell."""
    cells = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12, unique=True))
    sizes = [draw(st.tuples(*[st.integers(0, 2)] * 2, *[st.integers(1, 3)] * 2)) for _ in cells]
    return boxes(
        *[
            (5 * i + a, 5 * j + b, 5 * i + a + w, 5 * j + b + h)
            for (i, j), (a, b, w, h) in zip(cells, sizes, strict=True)
        ]
    )


def loop(
    proposals: NDArray[np.object_], truth: NDArray[np.object_], order: list[int], preset: Preset, limit: float = 0.5
) -> tuple[int, int, int]:
    """Count as the scorers do: a loop over the proposals, each against every free building."""
    free = dict(enumerate(truth))
    tp = 0
    for number in order:
        ious = {}
        for key, building in free.items():
            common = proposals[number].intersection(building)
            mixed = common.geom_type not in ("Polygon", "MultiPolygon")
            zero = mixed and preset.mixed_overlap_is_zero
            ious[key] = 0.0 if zero else common.area / proposals[number].union(building).area
        best = max(ious, key=lambda key: ious[key], default=None)
        if best is not None and (ious[best] > limit if preset.strict_iou else ious[best] >= limit):
            tp += 1
            del free[best]
    return tp, len(proposals) - tp, len(truth) - tp


def score(proposals: NDArray[np.object_], truth: NDArray[np.object_], rule: Rule) -> Score:
    return score_polygons(Side.of(proposals), Side.of(truth), rule)


def counts(result: Score) -> tuple[int, int, int]:
    return result.counts.tp, result.counts.fp, result.counts.fn


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
@given(proposals=rectangles(), truth=rectangles(), limit=st.sampled_from([0.25, 0.5, 0.75]))
@settings(max_examples=60, deadline=None)
def test_counts_are_those_of_a_straightforward_loop(
    preset: Preset, proposals: NDArray[np.object_], truth: NDArray[np.object_], limit: float
) -> None:
    result = score(proposals, truth, Rule(preset, limit))
    assert counts(result) == loop(proposals, truth, list(range(len(proposals))), preset, limit)


@given(proposals=rectangles(), truth=rectangles(), seed=st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_with_confidence_the_order_of_the_loop_is_that_of_confidence(
    proposals: NDArray[np.object_], truth: NDArray[np.object_], seed: int
) -> None:
    confidence = np.random.default_rng(seed).random(len(proposals))
    result = score_polygons(Side.of(proposals, confidence), Side.of(truth), Rule(PRESETS["solaris"]))
    order = np.argsort(-confidence).tolist()
    assert counts(result) == loop(proposals, truth, order, PRESETS["solaris"])


@given(polygons=rectangles())
@settings(max_examples=60, deadline=None)
def test_a_layer_against_itself_is_perfect(polygons: NDArray[np.object_]) -> None:
    result = score(polygons, polygons, Rule(PRESETS["spacenet"]))
    assert counts(result) == (len(polygons), 0, 0)
    assert result.mean_iou == (1.0 if len(polygons) else 0.0)
    assert result.pixel_iou == pytest.approx(1.0 if len(polygons) else 0.0)


@given(first=apart(), second=apart())
@settings(max_examples=80, deadline=None)
def test_swapping_the_sides_swaps_precision_and_recall(first: NDArray[np.object_], second: NDArray[np.object_]) -> None:
    one, other = (score(a, b, Rule(PRESETS["spacenet"])) for a, b in ((first, second), (second, first)))
    assert (one.counts.precision, one.counts.recall) == (other.counts.recall, other.counts.precision)
    assert (one.f1, one.pixel_iou, one.splits) == pytest.approx((other.f1, other.pixel_iou, other.merges))


@pytest.mark.parametrize("preset", ["solaris", "topcoder"])
@given(proposals=rectangles(), truth=rectangles(), seed=st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_order_of_rows_does_not_matter_where_confidence_decides(
    preset: str, proposals: NDArray[np.object_], truth: NDArray[np.object_], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    confidence, order = rng.permutation(len(proposals)) / 100, rng.permutation(len(proposals))
    rule = Rule(PRESETS[preset])
    one = score_polygons(Side.of(proposals, confidence), Side.of(truth), rule)
    other = score_polygons(Side.of(proposals[order], confidence[order]), Side.of(truth), rule)
    assert counts(one) == counts(other)
    assert one.truth_of[order].tolist() == other.truth_of.tolist()
    assert one.average_precision == other.average_precision


@given(proposals=rectangles(), truth=rectangles())
@settings(max_examples=60, deadline=None)
def test_a_building_takes_one_footprint(proposals: NDArray[np.object_], truth: NDArray[np.object_]) -> None:
    result = score(proposals, truth, Rule(PRESETS["topcoder"], 0.1))
    taken = result.truth_of[result.truth_of >= 0]
    assert len(set(taken.tolist())) == len(taken) == result.counts.tp


@given(proposals=rectangles(), truth=rectangles(), window=st.tuples(*[st.integers(0, 10)] * 2))
@settings(max_examples=60, deadline=None)
def test_pixel_iou_is_that_of_the_unions(
    proposals: NDArray[np.object_], truth: NDArray[np.object_], window: tuple[int, int]
) -> None:
    aoi = shapely.box(window[0], window[1], window[0] + 7.5, window[1] + 7.5)
    unions = [shapely.intersection(shapely.union_all(side), aoi).buffer(0) for side in (proposals, truth)]
    either = shapely.union(*unions).area
    expected = shapely.intersection(*unions).area / either if either else 0.0
    assert score(proposals, truth, Rule(PRESETS["topcoder"], aoi=aoi)).pixel_iou == pytest.approx(expected)


@given(proposals=rectangles(6), truth=rectangles(6))
@settings(max_examples=30, deadline=None)
def test_images_are_scored_one_by_one(proposals: NDArray[np.object_], truth: NDArray[np.object_]) -> None:
    """The same polygons in three images give three times the counts, and the same ground."""
    rule = Rule(PRESETS["spacenet"])
    single = score(proposals, truth, rule)
    sides = [Side.of(np.tile(each, 3), image=np.repeat([0, 1, 2], len(each))) for each in (proposals, truth)]
    triple = score_polygons(*sides, Rule(PRESETS["spacenet"], areas=("", "", "")))
    assert counts(triple) == tuple(3 * number for number in counts(single))
    assert triple.images == [single.counts] * 3
    assert triple.pixel_iou == pytest.approx(single.pixel_iou)
