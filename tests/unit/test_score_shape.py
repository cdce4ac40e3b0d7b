"""Figures of shape, each worked out by hand; and distances against GEOS and a plain loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from footprint_cases import boxes
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.affinity import rotate, skew

from building_footprints_plugin.engine.score import ShapeFigures, shape_figures

SQUARE = shapely.box(0, 0, 10, 10)
LONG = shapely.box(0, 0, 20, 10)
L_SHAPE = shapely.from_wkt("POLYGON ((0 0, 20 0, 20 8, 8 8, 8 20, 0 20, 0 0))")
CIRCLE = shapely.Point(0, 0).buffer(10)
COURTYARD = shapely.Polygon(SQUARE.exterior, [[(2, 2), (8, 2), (8, 8), (2, 8)]])
BOW_TIE = shapely.from_wkt("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")


def array(*shapes: shapely.Geometry) -> NDArray[np.object_]:
    return np.array(shapes, dtype=object)


def figures(proposal: shapely.Geometry, truth: shapely.Geometry) -> ShapeFigures:
    """Return the figures of one matched pair."""
    return shape_figures(array(proposal), array(truth), np.array([[0, 0]]))


@pytest.mark.parametrize(
    ("proposal", "truth", "iou", "hausdorff", "polis"),
    [
        pytest.param(SQUARE, SQUARE, 1, 0, 0, id="equal"),
        # two of four corners lie on the other's wall, two 1 m away, both ways
        pytest.param(shapely.box(1, 0, 11, 10), SQUARE, 90 / 110, 1, 0.5, id="shifted by 1 m"),
        # inner corners are 2 m from a wall, outer corners 2·√2 m from an inner corner
        pytest.param(shapely.box(2, 2, 8, 8), SQUARE, 0.36, 8**0.5, 1 + 2**0.5, id="2 m inside"),
        # four corners coincide; the courtyard's four lie 2 m from the wall: mean 1 one way, 0 the other
        pytest.param(COURTYARD, SQUARE, 0.64, 2, 0.5, id="a courtyard too many"),
        # its fifth corner, in the middle of a wall, changes the mean of four distances but not the outline
        pytest.param(
            shapely.Polygon([(0, 0), (5, 0), (10, 0), (10, 10), (0, 10)]), SQUARE, 1, 0, 0, id="a vertex on a wall"
        ),
        # 5 vertices: 4 coincide, the roof's is 3 m off; the square's all coincide: 3 / 5 / 2
        pytest.param(
            shapely.Polygon([(0, 0), (10, 0), (10, 10), (5, 13), (0, 10)]), SQUARE, 100 / 115, 3, 0.3, id="a gable"
        ),
        pytest.param(
            shapely.union_all([SQUARE, shapely.box(30, 0, 40, 10)]),
            shapely.union_all([SQUARE, shapely.box(30, 0, 40, 11)]),
            200 / 210,
            1,
            2 / 8 / 2,  # two of the truth's 8 corners are 1 m off; the footprint's all lie on the truth's walls
            id="two parts",
        ),
    ],
)
def test_distances_of_a_pair(
    proposal: shapely.Geometry, truth: shapely.Geometry, iou: float, hausdorff: float, polis: float
) -> None:
    found = figures(proposal, truth)
    assert (found.mean_iou, found.hausdorff, found.polis) == pytest.approx((iou, hausdorff, polis), abs=1e-12)
    back = figures(truth, proposal)
    assert (back.mean_iou, back.hausdorff, back.polis) == pytest.approx((iou, hausdorff, polis), abs=1e-12)


@pytest.mark.parametrize("shape", [LONG, L_SHAPE, COURTYARD], ids=["rectangle", "L", "courtyard"])
@pytest.mark.parametrize(("turned", "error"), [(0, 0), (10, 10), (-10, 10), (45, 45), (80, 10), (100, 10), (179, 1)])
def test_a_turned_building_is_off_by_the_angle_to_the_nearest_quarter(
    shape: shapely.Geometry, turned: float, error: float
) -> None:
    found = figures(rotate(shape, turned), shape)
    assert found.directed == 1
    assert found.rotation_error_deg == pytest.approx(error, abs=1e-9)


def test_directions_follow_the_longer_walls() -> None:
    """Walls of 40 m at 0 degrees, cut corners of 4·2·√2 m at 45: they pull against each other but not aside."""
    cut = shapely.difference(LONG, shapely.from_wkt("POLYGON ((0 0, 2 0, 0 2, 0 0))"))
    assert figures(cut, LONG).rotation_error_deg == pytest.approx(0, abs=1e-9)
    assert figures(rotate(cut, 7), LONG).rotation_error_deg == pytest.approx(7, abs=1e-9)


def test_a_round_building_has_no_direction_to_be_missed() -> None:
    found = shape_figures(array(SQUARE, rotate(LONG, 6)), array(CIRCLE, LONG), np.array([[0, 0], [1, 1]]))
    assert (found.pairs, found.directed) == (2, 1)
    assert found.rotation_error_deg == pytest.approx(6)
    assert figures(SQUARE, CIRCLE).rotation_error_deg is None


@pytest.mark.parametrize(
    ("shape", "share"),
    [
        (SQUARE, 1),
        (rotate(SQUARE, 33), 1),
        (COURTYARD, 1),
        (shapely.Polygon([(0, 0), (5, 0), (10, 0), (10, 10), (0, 10)]), 1),  # a vertex on a wall is no corner
        (shapely.Polygon([(0, 0), (0, 0), (10, 0), (10, 10), (0, 10)]), 1),  # nor is one that is there twice
        (shapely.Polygon([(0, 0), (10, 0), (10, 8), (8, 10), (0, 10)]), 3 / 5),  # a cut corner
        (shapely.Polygon(SQUARE.exterior, [[(2, 2), (6, 2), (2, 6)]]), 5 / 7),  # a triangular courtyard
        (skew(SQUARE, 1.9), 1),
        (skew(SQUARE, 2.1), 0),
        # a vertex that turns by 4.9 degrees is none, by 5.1 it is; the two next to it turn by 90 less a half of that
        (shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (-5 * math.tan(math.radians(2.45)), 5)]), 2 / 4),
        (shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (-5 * math.tan(math.radians(2.55)), 5)]), 2 / 5),
        (CIRCLE, 0),  # 64 corners that turn by 5.6 degrees
        (shapely.union_all([SQUARE, shapely.Polygon([(20, 0), (23, 0), (20, 4)])]), 5 / 7),
    ],
)
def test_share_of_right_angles(shape: shapely.Geometry, share: float) -> None:
    found = shape_figures(array(shape), array(SQUARE), np.empty((0, 2), dtype=np.intp))
    assert found.right_angles == pytest.approx(share)
    assert found.right_angles_truth == 1


def test_vertices_are_counted_on_matched_pairs_only() -> None:
    """6 + 8 vertices of matched proposals over 4 + 4; the unmatched circle's do not count."""
    found = shape_figures(
        array(L_SHAPE, CIRCLE, COURTYARD), array(SQUARE, CIRCLE, LONG), np.array([[0, 0], [2, 2]], dtype=np.intp)
    )
    assert found.vertex_ratio == pytest.approx(14 / 8)


def test_overlaps_are_pairs_that_share_ground() -> None:
    """1 and 2 overlap by 1 m, 2 and 3 touch, 3 and 4 share a millionth of a metre, 5 lies in 6; 7 is apart."""
    shapes = boxes(
        (0, 0, 10, 10),
        (9, 0, 19, 10),
        (19, 0, 29, 10),
        (29 - 1e-6, 0, 39, 10),
        (50, 0, 52, 2),
        (49, 0, 59, 10),
        (70, 0, 80, 10),
    )
    nothing = np.empty((0, 2), dtype=np.intp)
    assert shape_figures(shapes, array(), nothing).overlaps == 2
    assert shape_figures(shapes, array(), nothing, image=np.arange(7)).overlaps == 0


def test_invalid_outlines_are_counted_and_measured_repaired() -> None:
    """A bow-tie is two triangles of 25 m² each, both in the square; what encloses nothing makes no pair."""
    flat = shapely.from_wkt("POLYGON ((0 0, 10 0, 0 0, 0 0))")
    found = shape_figures(array(BOW_TIE, flat, SQUARE), array(SQUARE), np.array([[0, 0], [1, 0]]))
    assert (found.invalid, found.pairs) == (2, 1)
    assert found.mean_iou == pytest.approx(0.5)


@pytest.mark.parametrize("sides", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_nothing_matched(sides: tuple[int, int]) -> None:
    found = shape_figures(array(SQUARE)[: sides[0]], array(SQUARE)[: sides[1]], np.empty((0, 2), dtype=np.intp))
    assert (found.mean_iou, found.hausdorff, found.polis, found.rotation_error_deg, found.vertex_ratio) == (None,) * 5
    assert (found.pairs, found.directed, found.overlaps, found.invalid) == (0, 0, 0, 0)
    assert found.right_angles == (1 if sides[0] else None)
    assert found.right_angles_truth == (1 if sides[1] else None)


@given(seed=st.integers(0, 10**6), counts=st.tuples(st.integers(3, 15), st.integers(3, 15)))
@settings(max_examples=60, deadline=None)
def test_distances_are_those_of_a_plain_loop(seed: int, counts: tuple[int, int]) -> None:
    """PoLiS vertex by vertex, Hausdorff by GEOS; the same after moving and turning both; mean of two pairs."""
    rng = np.random.default_rng(seed)
    one, two = (star(rng, count) for count in counts)
    polis = (one_way(one, two) + one_way(two, one)) / 2
    hausdorff = shapely.hausdorff_distance(one.boundary, two.boundary)
    far = [shapely.transform(rotate(each, 20, origin=(0, 0)), lambda xy: xy + (5e5, 5e6)) for each in (one, two)]
    for pair in ((one, two), far):
        found = figures(*pair)
        assert (found.polis, found.hausdorff) == pytest.approx((polis, hausdorff), abs=1e-8)
    both = shape_figures(array(one, SQUARE), array(two, SQUARE), np.array([[0, 0], [1, 1]]))
    assert (both.polis, both.hausdorff) == pytest.approx((polis / 2, hausdorff / 2))


def star(rng: np.random.Generator, count: int) -> shapely.Polygon:
    angle = (np.arange(count) + rng.uniform(0.1, 0.9, count)) * 2 * np.pi / count
    return shapely.Polygon(np.column_stack((np.cos(angle), np.sin(angle))) * rng.uniform(3, 9, (count, 1)))


def one_way(start: shapely.Polygon, end: shapely.Polygon) -> float:
    distances = [shapely.Point(xy).distance(end.exterior) for xy in start.exterior.coords[:-1]]
    return sum(distances) / len(distances)
