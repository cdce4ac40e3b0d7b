"""Overlaps by trapezoids against areas known by hand, and against GEOS on what is generated."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from building_footprints_plugin.engine.score import PRESETS, Rule, Side, score_polygons
from building_footprints_plugin.engine.score.trapezoids import overlap_areas, widths_of

SQUARE = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))"
RING = "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 8 2, 8 8, 2 8, 2 2))"
TWO = "MULTIPOLYGON (((0 0, 2 0, 2 10, 0 10, 0 0)), ((8 0, 10 0, 10 10, 8 10, 8 0)))"


def overlap(first: str, second: str) -> tuple[float, bool]:
    a, b = (np.array([shapely.from_wkt(each)], dtype=object) for each in (first, second))
    area, touch = overlap_areas(a, b, (int(widths_of(a)[0]), int(widths_of(b)[0])), True)
    return float(area[0]), bool(touch[0])


@pytest.mark.parametrize(
    ("first", "second", "area", "touch"),
    [
        pytest.param(SQUARE, SQUARE, 100, True, id="equal"),
        pytest.param(SQUARE, "POLYGON ((5 5, 15 5, 15 15, 5 15, 5 5))", 25, False, id="corners cross"),
        pytest.param(SQUARE, "POLYGON ((2 2, 4 2, 4 4, 2 4, 2 2))", 4, False, id="inside"),
        pytest.param(SQUARE, "POLYGON ((20 0, 30 0, 30 10, 20 10, 20 0))", 0, False, id="apart"),
        pytest.param(SQUARE, "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 0))", 0, True, id="side by side"),
        pytest.param(SQUARE, "POLYGON ((10 10, 20 10, 20 20, 10 20, 10 10))", 0, True, id="corner on corner"),
        pytest.param(SQUARE, "POLYGON ((5 -5, 15 5, 5 15, -5 5, 5 -5))", 100, True, id="diamond on the corners"),
        pytest.param(SQUARE, "POLYGON ((5 1, 9 5, 5 9, 1 5, 5 1))", 32, False, id="diamond inside"),
        pytest.param(SQUARE, "POLYGON ((0 0, 0 10, 10 10, 10 0, 0 0))", 100, True, id="the other way round"),
        pytest.param(RING, "POLYGON ((1 1, 9 1, 9 9, 1 9, 1 1))", 64 - 36, False, id="a hole"),
        pytest.param(RING, RING, 64, True, id="hole in hole"),
        pytest.param(TWO, "POLYGON ((-1 4, 11 4, 11 6, -1 6, -1 4))", 8, False, id="two parts"),
    ],
)
def test_areas_worked_out_by_hand(first: str, second: str, area: float, touch: bool) -> None:
    assert overlap(first, second) == (pytest.approx(area, abs=1e-12), touch)
    assert overlap(second, first) == (pytest.approx(area, abs=1e-12), touch)


@st.composite
def houses(draw: st.DrawFn) -> shapely.Geometry:
    """A star-shaped outline of 3 to 12 corners, sometimes with a courtyard, sometimes on whole numbers."""
    count = draw(st.integers(3, 12))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(3, 9, count)
    ring = np.column_stack((np.cos(angle), np.sin(angle))) * radius[:, None] + rng.uniform(-4, 4, 2)
    if draw(st.booleans()):
        ring = np.round(ring)
    shape = shapely.make_valid(shapely.polygons(ring))
    hole = draw(st.floats(0, 2))
    return shapely.difference(shape, shapely.centroid(shape).buffer(hole, quad_segs=1)).buffer(0)


@given(first=houses(), second=houses(), far=st.sampled_from([0.0, 500_000.0]))
@settings(max_examples=300, deadline=None)
def test_areas_are_those_of_an_overlay(first: shapely.Geometry, second: shapely.Geometry, far: float) -> None:
    sides = [shapely.transform(np.array([each], dtype=object), lambda xy: xy + far) for each in (first, second)]
    widths = [int(widths_of(side)[0]) for side in sides]
    if 0 in widths:
        return
    area, touch = overlap_areas(sides[0], sides[1], (widths[0], widths[1]), True)
    common = shapely.intersection(*sides)[0]
    assert area[0] == pytest.approx(common.area, abs=1e-7)
    if common.geom_type == "GeometryCollection":
        assert touch[0]


def test_how_many_edges_are_small() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.from_wkt(RING), shapely.Point(0, 0).buffer(1, quad_segs=50)]
    assert widths_of(np.array([*shapes, shapely.Polygon()], dtype=object)).tolist() == [4, 12, 0, 0]


def test_outlines_of_all_sizes_in_one_score() -> None:
    """Triangles to circles of 200 corners, each against itself moved by a fifth: IoUs as by an overlay each."""
    corners = [3, 4, 5, 7, 11, 15, 20, 30, 40, 60, 200]
    truth = np.array([polygon(count, 50.0 * number) for number, count in enumerate(corners)], dtype=object)
    proposals = shapely.transform(truth, lambda xy: xy + (2.0, 1.0))
    expected = shapely.area(shapely.intersection(proposals, truth)) / shapely.area(shapely.union(proposals, truth))
    result = score_polygons(Side.of(proposals), Side.of(truth), Rule(PRESETS["spacenet"]))
    assert result.truth_of.tolist() == list(range(len(corners)))
    assert result.proposal_iou == pytest.approx(expected, abs=1e-12)


def polygon(corners: int, x: float) -> shapely.Polygon:
    angle = np.arange(corners) * 2 * np.pi / corners
    ring: NDArray[np.float64] = np.column_stack((np.cos(angle), np.sin(angle))) * 10 + (x, 0.0)
    return shapely.Polygon(ring)
