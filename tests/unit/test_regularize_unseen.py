"""Buildings that the edge of a picture cuts: that edge is no wall of theirs, and nothing is built beyond it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from outlines import METHODS, PIXEL, TOLERANCE, corner_angles, iou, plan, traced, turned

from building_footprints_plugin.engine.regularize import Demands, regularize

PICTURE = shapely.box(0, -50, 50, 50)  # nothing is known west of it
CORNER = shapely.box(0, 0, 50, 50)


def straight(
    outlines: list[Any], seen: shapely.Geometry | None, method: str = "rectangular", pixel_m: float = 0.0
) -> Any:
    polygons = np.array(outlines, dtype=object)
    ground = np.full(len(polygons), seen, dtype=object)
    return regularize(polygons, np.zeros(len(polygons), dtype=np.int64), Demands(method, TOLERANCE, pixel_m), ground)


def rounded(shape: shapely.Polygon) -> shapely.Polygon:
    """Return a shape with round corners, as networks draw them."""
    return shape.buffer(-0.9).buffer(1.8).buffer(-0.9)


def off_border(polygon: shapely.Polygon, picture: shapely.Polygon) -> np.ndarray[Any, Any]:
    """Return the angles at the corners that are not on the border of the picture."""
    inner = [shapely.distance(shapely.Point(xy), picture.boundary) > 1e-6 for xy in polygon.exterior.coords[:-1]]
    return corner_angles(polygon)[inner]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["rectangle", "L"]), st.floats(0, 90), st.floats(-4, 1))
@example("L", 31.0, 0.875)  # pieces of its round corners, taken for wall, turned all of it by 3 degrees
def test_what_is_seen_is_squared_and_the_cut_stays(name: str, angle: float, shift: float) -> None:
    building = turned(plan(name, 5, 6), angle, (shift, 0))
    visible = building & PICTURE
    outline = rounded(building) & PICTURE
    if visible.geom_type != "Polygon" or outline.geom_type != "Polygon" or outline.area < 30:
        return
    found = straight([outline], PICTURE).polygons[0]
    assert found.is_valid
    assert (found - PICTURE).area < 1e-9
    assert iou(found, visible) > 0.88
    assert iou(found, visible) > iou(outline, visible) - 0.03


@pytest.mark.parametrize("angle", [0, 10, 25, 40])
@pytest.mark.parametrize(("picture", "place"), [(PICTURE, (2, 0)), (CORNER, (1, -3))], ids=["one side", "a corner"])
def test_the_axis_is_that_of_the_building_and_not_of_the_picture(
    picture: shapely.Polygon, place: tuple[float, float], angle: float
) -> None:
    building = turned(shapely.box(-7, -5, 7, 6), angle, place)
    found = straight([rounded(building) & picture], picture).polygons[0]
    assert iou(found, building & picture) > 0.97
    corners = off_border(found, picture)
    assert len(corners)
    np.testing.assert_allclose(corners, 90, atol=1e-6)


def test_without_knowing_the_picture_it_is_worse() -> None:
    building = turned(shapely.box(-7, -5, 7, 6), 25, (-3, 0))
    outline = rounded(building) & PICTURE
    blind, seeing = (straight([outline], seen).polygons[0] for seen in (None, PICTURE))
    assert iou(blind, building & PICTURE) < iou(seeing, building & PICTURE) - 0.02


@pytest.mark.parametrize("method", METHODS)
def test_neighbours_at_the_edge_keep_their_wall(method: str) -> None:
    houses = [turned(shapely.box(-6, 0, 9, 8), 12), turned(shapely.box(-6, 8, 9, 15), 12)]
    made = straight(traced([house & PICTURE for house in houses]).tolist(), PICTURE, method, 0.3)
    for found, house in zip(made.polygons, houses, strict=True):
        assert (found - PICTURE).area < 1e-9
        assert iou(found, house & PICTURE) > 0.95
    assert shapely.intersection(*made.polygons).area < 1e-6


def test_what_is_not_cut_is_as_if_nothing_were_said() -> None:
    house = rounded(turned(plan("L", 5, 6), 30, (20, 0)))
    one, two = (straight([house], seen).polygons[0] for seen in (None, PICTURE))
    assert one.equals_exact(two, 1e-9)


@pytest.mark.parametrize(("degrees", "right"), [(0.0, 4), (2.0, 4), (6.0, 2)], ids=["along", "nearly", "off"])
def test_a_cut_that_nearly_follows_the_walls_is_squared(degrees: float, right: int) -> None:
    """Of 8 m, 2 degrees are 0.28 m, which is within the tolerance of 0.5 m, and 6 degrees are 0.84 m."""
    house = turned(shapely.box(-6, -4, 9, 4), degrees)
    found = straight([rounded(house) & PICTURE], PICTURE).polygons[0]
    assert (found - PICTURE).area < 1e-9
    assert (np.abs(corner_angles(found) - 90) < 1e-6).sum() == right
    assert iou(found, house & PICTURE) > 0.98


@pytest.mark.parametrize("angle", [3, 20, 45, 70])
def test_a_slanted_edge_of_the_picture_is_one_line_and_no_stairs(angle: float) -> None:
    picture = turned(shapely.box(0, -30, 30, 30), angle)
    house = turned(shapely.box(-5, -4, 9, 4), angle + 30)
    seen, outline = (traced([shape])[0] for shape in (picture, house & picture))
    assert len(seen.exterior.coords) > 50
    found = straight([outline & seen], seen, pixel_m=0.3).polygons[0]
    assert len(found.exterior.coords) - 1 <= 6
    assert iou(found, house & picture) > 0.95


@pytest.mark.parametrize("method", METHODS)
def test_what_lies_where_the_ground_was_made_straight_stays_as_it_was(method: str) -> None:
    """The notch of a pixel is cut off slantwise, over all 9 m of the edge, and the speck is in there."""
    seen = shapely.Polygon([(0, -0.3), (0, -9), (9, -9), (9, 0), (0.3, 0), (0.3, -0.3)])
    speck = shapely.box(1, -0.1, 1.2, 0)
    found = straight([speck], seen, method, 0.3)
    assert found.polygons[0].equals(speck)


def stairs_through(outline: shapely.Polygon, chance: np.random.Generator) -> shapely.Geometry:
    """Return the ground on the right of stairs of pixels that run, slanted, through an outline traced from these."""
    left, bottom, right, top = outline.bounds
    begin, slope = left + chance.uniform(0.1, 0.6) * (right - left), chance.uniform(-0.4, 0.4)
    low = round(bottom / PIXEL) - 4
    steps = [round(begin / PIXEL + slope * k) for k in range(int((top - bottom) / PIXEL) + 8)]
    return shapely.union_all(
        [shapely.box(x * PIXEL, (low + k) * PIXEL, right + 8, (low + k + 1) * PIXEL) for k, x in enumerate(steps)]
    )


@pytest.mark.parametrize("method", METHODS)
def test_what_the_edge_cuts_off_counts_before_an_outline_is_judged(method: str) -> None:
    """Ground made straight leaves out half a pixel here and there: of small outlines that is more than a tenth."""
    chance = np.random.default_rng(0)
    places = [(x, y) for x in range(4, 60, 8) for y in range(4, 60, 8)]
    huts = [turned(plan("L", *chance.uniform(0.8, 2.5, 2)), chance.uniform(0, 90), place) for place in places]
    whole = traced(huts)
    grounds = [stairs_through(outline, chance) for outline in whole]
    cut = [(outline & ground, ground) for outline, ground in zip(whole, grounds, strict=True)]
    cut = [pair for pair in cut if pair[0].geom_type == "Polygon" and pair[0].area > 0.3]
    outlines, seen = (np.array(column, dtype=object) for column in zip(*cut, strict=True))
    assert len(outlines) > 25
    demands = Demands(method, TOLERANCE, PIXEL, min_iou=0.9)
    found = regularize(outlines, np.arange(len(outlines)), demands, seen)
    likeness = np.array([iou(new, old) for new, old in zip(found.polygons, outlines, strict=True)])
    assert likeness.min() >= 0.9
    kept = ~found.regularized
    assert 0 < kept.sum() < len(outlines)
