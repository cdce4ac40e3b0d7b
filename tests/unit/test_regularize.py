"""Straightening: buildings come back from pixels as they were, and nothing gets worse than its outline."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from outlines import (
    METHODS,
    PIXEL,
    TOLERANCE,
    buildings,
    corner_angles,
    iou,
    overlap,
    plan,
    straight,
    traced,
    turned,
)
from scipy import ndimage

from building_footprints_plugin.engine.polygonize import StripPolygonizer, Thresholds
from building_footprints_plugin.engine.regularize import neighbourhoods, reach_m


def deviation(one: shapely.Polygon, two: shapely.Polygon) -> float:
    return float(shapely.hausdorff_distance(one.boundary, two.boundary))


@settings(max_examples=150, deadline=None)
@given(buildings())
def test_a_building_comes_back_from_pixels_within_a_pixel(building: shapely.Polygon) -> None:
    result = straight(traced([building]))
    found = result.polygons[0]
    assert result.regularized.all()
    assert deviation(found, building) < 1.5 * PIXEL  # at a corner, both walls may be a pixel off
    assert shapely.get_num_coordinates(found) == shapely.get_num_coordinates(building)
    np.testing.assert_allclose(corner_angles(found), 90, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(buildings())
def test_walls_stay_within_a_pixel_on_average(building: shapely.Polygon) -> None:
    outline = traced([building])
    for method in METHODS:
        found = straight(outline, method).polygons[0]
        assert found.symmetric_difference(building).area < PIXEL * building.length / 2
        assert found.area == pytest.approx(outline[0].area, rel=0.05)  # pixels halved by a wall are all taken, or none


@settings(max_examples=60, deadline=None)
@given(buildings(), st.integers(0, 10**6))
def test_noise_on_the_outline_moves_the_result_by_no_more_than_its_size(building: shapely.Polygon, seed: int) -> None:
    noise = 0.1
    chance = np.random.default_rng(seed)
    dense = shapely.segmentize(building, 0.5)

    def shaken(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = xy + chance.uniform(-noise, noise, xy.shape)
        return np.concatenate([moved[:-1], moved[:1]])

    clean, rough = (straight([shape], pixel_m=0).polygons[0] for shape in (dense, shapely.transform(dense, shaken)))
    assert deviation(clean, rough) < 2 * noise


@settings(max_examples=60, deadline=None)
@given(buildings(), st.sampled_from(METHODS))
@example(turned(plan("T", 7, 4), 63, (0, 1.5)), "simplify")  # lines at corners that one pass left half a metre apart
def test_twice_changes_nothing(building: shapely.Polygon, method: str) -> None:
    once = straight(traced([building]), method)
    twice = straight(once.polygons, method, pixel_m=0)
    assert once.polygons[0].symmetric_difference(twice.polygons[0]).area < (1e-6 if method == "rectangular" else 0.5)
    if method == "rectangular":
        assert deviation(once.polygons[0], twice.polygons[0]) < 1e-6


@settings(max_examples=40, deadline=None)
@given(buildings(), st.floats(0, 90))
def test_the_result_turns_with_the_building(building: shapely.Polygon, angle: float) -> None:
    one = straight([building], pixel_m=0).polygons[0]
    two = straight([turned(building, angle)], pixel_m=0).polygons[0]
    assert deviation(turned(one, angle), two) < 1e-6
    assert deviation(one, building) < 1e-6


def terrace(angle: float) -> list[shapely.Polygon]:
    """Six houses wall to wall, of different depth, and one across their backs."""
    depths = (9.0, 9.0, 11.0, 8.0, 8.0, 12.0)
    houses = [shapely.box(6.5 * k, 0, 6.5 * (k + 1), depth) for k, depth in enumerate(depths)]
    across = shapely.box(0, -8, 39, 0)
    return [turned(house, angle) for house in [*houses, across]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("angle", [0, 3, 17, 45, 71.5])
def test_walls_that_houses_share_stay_shared(angle: float, method: str) -> None:
    houses = terrace(angle)
    found = straight(traced(houses), method).polygons
    assert overlap(found) < 1e-6
    walls = shapely.length(shapely.intersection(found[:5], found[1:6]))
    assert (walls > np.array([9, 9, 8, 8, 8]) - 2 * PIXEL).all()
    assert shapely.length(shapely.intersection(found[:6], found[6])).min() > 6.5 - 2 * PIXEL
    assert min(iou(one, two) for one, two in zip(found, houses, strict=True)) > 0.93


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(METHODS))
def test_a_crowd_never_overlaps_and_is_always_valid(seed: int, method: str) -> None:
    chance = np.random.default_rng(seed)
    names = chance.choice(["rectangle", "L", "T", "U"], 12)
    crowd = [
        turned(plan(name, *chance.uniform(2.5, 6, 2)), chance.uniform(0, 360), tuple(chance.uniform(0, 25, 2)))
        for name in names
    ]
    outlines = traced(crowd)
    outlines = outlines[shapely.area(outlines) > 1]
    result = straight(outlines, method)
    assert shapely.is_valid(result.polygons).all()
    assert (shapely.get_type_id(result.polygons) == shapely.GeometryType.POLYGON).all()
    assert (shapely.area(result.polygons) > 0).all()
    one, two = shapely.STRtree(result.polygons).query(result.polygons)
    pairs = shapely.area(shapely.intersection(result.polygons[one], result.polygons[two]))[one != two]
    assert pairs.max(initial=0) < 1e-6
    likeness = [iou(new, old) for new, old in zip(result.polygons, outlines, strict=True)]
    assert min(likeness) >= 0.75
    outside = shapely.difference(result.polygons, shapely.buffer(outlines, reach_m(TOLERANCE, PIXEL) + 0.01))
    assert shapely.area(outside).max() < 1e-6


def test_order_does_not_matter() -> None:
    outlines = traced([*terrace(12), turned(plan("L", 4, 5), 40, (60, 0)), turned(plan("U", 4, 5), 70, (90, 0))])
    order = np.random.default_rng(0).permutation(len(outlines))
    there, back = straight(outlines).polygons, straight(outlines[order]).polygons
    assert shapely.equals_exact(shapely.normalize(there[order]), shapely.normalize(back), tolerance=1e-6).all()


def test_other_groups_do_not_matter() -> None:
    outlines = traced([*terrace(12), turned(plan("L", 4, 5), 40, (60, 0)), turned(plan("U", 4, 5), 70, (90, 0))])
    group = neighbourhoods(outlines, TOLERANCE)
    together = straight(outlines, group=group).polygons
    for number in np.unique(group):
        alone = straight(outlines[group == number], group=group[group == number]).polygons
        assert shapely.equals_exact(together[group == number], alone).all()


def straight_in_strips(codes: NDArray[np.uint8], rows: int, method: str) -> list[bytes]:
    """Return the straightened buildings of a probability raster that came in strips of some rows."""
    reach_px = int(np.ceil(reach_m(TOLERANCE, PIXEL) / PIXEL))
    polygonizer = StripPolygonizer(Thresholds.of(0.5, 0.5), reach_px)
    parts = [polygonizer.push(codes[:, row : row + rows]) for row in range(0, codes.shape[1], rows)]
    found = []
    for part in [*parts, polygonizer.finish()]:
        metres = shapely.transform(part.polygons, lambda xy: xy * (PIXEL, -PIXEL) + (500_000.1, 6_000_000.0))
        found += list(shapely.to_wkb(shapely.normalize(straight(metres, method, group=part.group).polygons)))
    return sorted(found)


@pytest.mark.parametrize("method", METHODS)
def test_strips_do_not_show(method: str) -> None:
    """To the last bit, whatever else is straightened beside a neighbourhood."""
    field = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(300, 200)), 6)
    building = np.clip(120 + 60 * field / field.std(), 0, 250).astype(np.uint8)
    codes = np.stack([building, np.maximum(building, 15) - 15])
    whole = straight_in_strips(codes, 300, method)
    assert len(whole) > 20
    assert straight_in_strips(codes, 37, method) == straight_in_strips(codes, 64, method) == whole


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("angle", [0, 30])
def test_courtyards_are_kept(method: str, angle: float) -> None:
    block = turned(shapely.box(0, 0, 30, 24) - shapely.box(8, 7, 20, 16), angle)
    found = straight(traced([block]), method).polygons[0]
    assert shapely.get_num_interior_rings(found) == 1
    assert iou(found, block) > 0.97
    assert shapely.get_num_coordinates(found) == 10


@pytest.mark.parametrize("radius", [2.5, 4, 7, 15])
def test_round_buildings_become_round(radius: float) -> None:
    tank = shapely.Point(3.1, 4.7).buffer(radius, quad_segs=32)
    found = straight(traced([tank])).polygons[0]
    distance = np.hypot(*(shapely.get_coordinates(found) - (3.1, 4.7)).T)
    assert len(distance) >= 13
    assert np.ptp(distance) < PIXEL
    assert found.area == pytest.approx(tank.area, rel=0.05)


@pytest.mark.parametrize("corners", [5, 6, 8])
def test_what_has_corners_does_not_become_round(corners: int) -> None:
    angle = 2 * np.pi * np.arange(corners) / corners
    pavilion = shapely.Polygon(8 * np.column_stack([np.cos(angle), np.sin(angle)]))
    assert shapely.get_num_coordinates(straight(traced([pavilion])).polygons[0]) == corners + 1


def test_a_long_wall_off_the_axes_stays() -> None:
    """A wedge between two streets: right angles at one end, its own angle at the other."""
    wedge = shapely.Polygon([(0, 0), (20, 0), (20, 6), (0, 14)])
    found = straight(traced([wedge])).polygons[0]
    assert deviation(found, wedge) < 2 * PIXEL
    assert shapely.get_num_coordinates(found) == 5


def test_a_diagonal_wall_is_laid_at_45_degrees() -> None:
    bay = turned(shapely.Polygon([(0, 0), (14, 0), (14, 6), (10, 10), (0, 10)]), 20)
    angles = np.sort(corner_angles(straight(traced([bay])).polygons[0]))
    np.testing.assert_allclose(angles, [45, 45, 90, 90, 90], atol=1e-6)


def test_neighbours_that_nearly_agree_are_aligned() -> None:
    drawn = shapely.Polygon([(0, 0), (9, 0.01), (9.01, 7), (0, 7.01)])  # by hand: what is square stays as it is
    houses = [turned(drawn, 20 + tilt, (0, 8.5 * k)) for k, tilt in enumerate((0, 0.6, -0.6))]
    found = straight(houses, pixel_m=0, group=[0, 0, 0]).polygons
    edges = [np.diff(shapely.get_coordinates(polygon), axis=0)[0] for polygon in found]
    angle = [np.degrees(np.arctan2(y, x)) % 90 for x, y in edges]
    assert np.ptp(angle) < 1e-6
