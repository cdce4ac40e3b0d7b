"""What was squared is left alone, whatever is beside it: twice changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from outlines import PIXEL, TOLERANCE, plan, turned
from scipy import ndimage

from building_footprints_plugin.engine.polygonize import StripPolygonizer, Thresholds
from building_footprints_plugin.engine.regularize import Demands, neighbourhoods, reach_m, regularize
from building_footprints_plugin.engine.regularize.corners import squared_axes


def outlines_of_a_network(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return outlines in metres and their groups: a field blurred and rough as predictions of a dense town are."""
    field = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(360, 360)), 7)
    walls = ndimage.gaussian_filter((np.indices(field.shape) % 40 > 3).all(axis=0).astype(float), 1.5)
    building = np.clip(150 * walls + 40 * field / field.std(), 0, 250).astype(np.uint8)
    polygonizer = StripPolygonizer(Thresholds.of(0.5, 0.5), int(np.ceil(reach_m(TOLERANCE, PIXEL) / PIXEL)))
    parts = [polygonizer.push(np.stack([building, np.maximum(building, 25) - 25])), polygonizer.finish()]
    found = max(parts, key=lambda part: len(part.polygons))
    return shapely.transform(found.polygons, lambda xy: xy * (PIXEL, -PIXEL)), found.group


@pytest.mark.parametrize("seed", range(3))
def test_twice_changes_nothing_that_was_squared(seed: int) -> None:
    outlines, group = outlines_of_a_network(seed)
    once = regularize(outlines, group, Demands("rectangular", TOLERANCE, PIXEL)).polygons
    twice = regularize(once, neighbourhoods(once, TOLERANCE), Demands("rectangular", TOLERANCE))
    squared = ~np.isnan(squared_axes(once, TOLERANCE))
    assert np.isnan(squared_axes(outlines, TOLERANCE)).all()
    assert len(once) > 30
    assert squared.mean() > 0.75
    assert shapely.equals_exact(once[squared], twice.polygons[squared], normalize=True).all()
    assert twice.regularized[squared].all()


@pytest.mark.parametrize("seed", range(3))
def test_twice_changes_hardly_any_that_has_no_right_corner(seed: int) -> None:
    """What was left oblique is straightened until it stays; but for 1 or 2 of a hundred, where guards forbid that."""
    outlines, group = outlines_of_a_network(seed)
    once = regularize(outlines, group, Demands("rectangular", TOLERANCE, PIXEL)).polygons
    twice = regularize(once, neighbourhoods(once, TOLERANCE), Demands("rectangular", TOLERANCE)).polygons
    oblique = np.isnan(squared_axes(once, TOLERANCE))
    large = shapely.area(once) > 9  # square metres; none smaller is a building by default
    moved = shapely.hausdorff_distance(once, twice) > 0.01
    assert (moved & large).sum() <= 2  # it was 6 to 9
    assert not (moved & ~oblique).any()


SLANTED = shapely.Polygon([(0, 0), (10, 1), (14, 9), (4.3, 7.7)])


@pytest.mark.parametrize("angle", [0, 33])
@pytest.mark.parametrize("shape", [SLANTED, shapely.Point(0, 0).buffer(9)], ids=["no right corner", "round"])
def test_what_was_straightened_till_it_stayed_comes_back_to_the_last_digit(
    shape: shapely.Polygon, angle: float
) -> None:
    """Drawn, not traced; none of it looks as if it had been squared before."""
    demands, alone = Demands("rectangular", TOLERANCE), np.zeros(1, dtype=np.int64)
    drawn = np.array([turned(shape, angle, (500_000, 6_000_000))], dtype=object)
    once = regularize(drawn, alone, demands).polygons
    assert np.isnan(squared_axes(once, TOLERANCE)).all()
    twice = regularize(once, alone, demands).polygons
    assert shapely.equals_exact(once, twice, normalize=True).all()


TRAPEZOID = shapely.Polygon([(0, 0), (12, 0), (12, 7), (0, 5)])
LEANING = shapely.Polygon([(0, 0), (12, 0.2), (12, 7), (0, 7)])
STAIRS = shapely.Polygon([(0, 0), (6, 0)] + [(6 - x / 2, y / 2) for k in range(1, 8) for x, y in ((k - 1, k), (k, k))])
CUT = shapely.Polygon([(0, 0), (9, 0), (9, 1), (2, 8), (0, 3)])
NOTCHES = [(0, 0), (11.7, 0), (0, 8.7)]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        pytest.param(plan("T", 4, 5), True, id="square throughout"),
        pytest.param(TRAPEZOID, True, id="two right corners, and most of it along them"),
        pytest.param(LEANING, True, id="the same with little that is off"),
        pytest.param(shapely.Polygon([(0, 0), (12, 0.2), (12.1, 7), (0.1, 7.1)]), False, id="drawn by hand"),
        pytest.param(shapely.box(0, 0, 9, 8) - shapely.box(0, 0, 0.3, 0.3), True, id="a corner trimmed"),
        pytest.param(STAIRS, False, id="stairs of half metres"),
        pytest.param(shapely.Point(0, 0).buffer(9), False, id="round"),
    ],
)
@pytest.mark.parametrize("angle", [0, 33])
def test_what_counts_as_squared(shape: shapely.Polygon, expected: bool, angle: float) -> None:
    axis = squared_axes(np.array([turned(shape, angle, (500_000, 6_000_000))], dtype=object), 0.6)[0]
    assert np.isnan(axis) != expected
    if expected:
        assert np.degrees(axis) % 90 == pytest.approx(angle, abs=1e-4)


NOTCHED = shapely.box(0, 0, 12, 9) - shapely.union_all([shapely.box(x, y, x + 0.3, y + 0.3) for x, y in NOTCHES])


@pytest.mark.parametrize("shape", [CUT, NOTCHED], ids=["two right corners of five", "six short edges of ten"])
@pytest.mark.parametrize(("angle", "expected"), [(33, True), (0, False), (45, False)])
def test_less_is_enough_where_no_grid_of_pixels_can_have_made_it(
    shape: shapely.Polygon, angle: float, expected: bool
) -> None:
    assert np.isnan(squared_axes(np.array([turned(shape, angle)], dtype=object), TOLERANCE)[0]) != expected


def test_a_squared_house_in_the_corner_of_a_picture_has_its_own_axis() -> None:
    """The longest right corner is that of the picture, which most of the outline does not follow."""
    house = turned(shapely.box(-4, -3, 9, 7), 30) & shapely.box(0, 0, 50, 50)
    assert np.degrees(squared_axes(np.array([house], dtype=object), TOLERANCE)[0]) % 90 == pytest.approx(30)


def test_a_squared_neighbour_is_no_reason_to_change() -> None:
    """Two squared houses, not quite at one angle, beside one that was drawn by hand."""
    houses = [shapely.box(0, 0, 10, 8), turned(shapely.box(0, 0, 10, 8), 1, (10.5, 0))]
    drawn = shapely.Polygon([(0, 9), (10, 9.1), (9.9, 15), (0.2, 15)])
    outlines = np.array([*houses, drawn], dtype=object)
    made = regularize(outlines, np.zeros(3, dtype=np.int64), Demands("rectangular", TOLERANCE))
    assert shapely.equals_exact(made.polygons[:2], outlines[:2], normalize=True).all()
    assert not np.isnan(squared_axes(made.polygons[2:], TOLERANCE)).any()


DRAWN = shapely.Polygon([(0, 0), (10, 0), (10.1, 8), (0.4, 7.7)])


@pytest.mark.parametrize(
    ("shape", "grain_m", "expected"),
    [
        pytest.param(plan("T", 4, 5), 0.001, True, id="square throughout"),
        pytest.param(plan("T", 4, 5), 0.01, True, id="square throughout, centimetres"),
        pytest.param(CUT, 0.001, True, id="three walls along the axis"),
        pytest.param(CUT, 0.01, False, id="three walls along the axis, centimetres"),
        pytest.param(DRAWN, 0.001, False, id="a corner that happens to be right"),
    ],
)
def test_rounded_coordinates_say_less(shape: shapely.Polygon, grain_m: float, expected: bool) -> None:
    there = turned(shape, 31, (500_000, 6_000_000))
    rounded = np.array([shapely.transform(there, lambda xy: np.round(xy / grain_m) * grain_m)], dtype=object)
    assert np.isnan(squared_axes(rounded, TOLERANCE)[0])
    assert np.isnan(squared_axes(rounded, TOLERANCE, grain_m)[0]) != expected
