"""Stairs along a wall that runs at another angle than its building: seen, and laid with fewer lines."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from outlines import TOLERANCE, turned

from building_footprints_plugin.engine.regularize import Demands, candidates, neighbourhoods, regularize
from building_footprints_plugin.engine.regularize.stairs import with_stairs

LOW_M = 1.0


def plan(*corners: tuple[float, float]) -> shapely.Polygon:
    """Return a building of 20 m by 10 m with these corners in place of its right upper one."""
    return shapely.Polygon([(0, 0), (20, 0), *corners, (0, 10)])


SQUARE_STEPS = plan((20, 7), (18.8, 7), (18.8, 8.5), (17.5, 8.5), (17.5, 10))


@pytest.mark.parametrize(
    ("building", "stairs"),
    [
        pytest.param(plan((20, 10)), False, id="a rectangle"),
        pytest.param(plan((20, 9.2), (19.2, 9.2), (19.2, 10)), False, id="a notch: one step"),
        pytest.param(SQUARE_STEPS, True, id="two steps"),
        pytest.param(shapely.reverse(SQUARE_STEPS), True, id="the other way round"),
        pytest.param(turned(SQUARE_STEPS, 33), True, id="in any direction"),
        pytest.param(plan((20, 4), (17, 4), (17, 7), (14, 7), (14, 10)), False, id="steps as high as rooms"),
        pytest.param(plan((20, 9), (15, 9), (15, 9.5), (10, 9.5), (10, 10)), True, id="low and long ones"),
        pytest.param(plan((20, 10), (18, 10), (18, 9), (16, 9), (16, 10)), False, id="a recess: in and out again"),
        pytest.param(shapely.box(-5, -5, 30, 30) - SQUARE_STEPS, True, id="round a courtyard"),
    ],
)
def test_two_low_steps_of_one_sense_are_stairs(building: shapely.Polygon, stairs: bool) -> None:
    both = np.array([shapely.box(0, 0, 9, 9), building], dtype=object)
    assert with_stairs(both, LOW_M).tolist() == [False, stairs]


def test_nothing_has_no_stairs() -> None:
    assert len(with_stairs(np.empty(0, dtype=object), LOW_M)) == 0


def wavy() -> shapely.Polygon:
    """Return a roof as a network draws it, whose end runs at about 30 degrees to its other walls and is wavy."""
    roof = shapely.Polygon([(0, 0), (16.6, 0), (15.4, 2.2), (12.9, 4.5), (12.6, 6.8), (11.1, 9), (0, 9)])
    return turned(roof.buffer(-0.9).buffer(1.8).buffer(-0.9), 20)


def test_a_wall_at_another_angle_gets_no_stairs(monkeypatch: pytest.MonkeyPatch) -> None:
    outlines = np.array([wavy()], dtype=object)
    groups = neighbourhoods(outlines, TOLERANCE)
    found = regularize(outlines, groups, Demands("rectangular", TOLERANCE))
    assert found.regularized.all()
    assert not with_stairs(found.polygons, LOW_M).any()
    assert shapely.area(shapely.symmetric_difference(found.polygons, outlines))[0] < 0.08 * outlines[0].area
    monkeypatch.setattr(candidates, "PLAIN", 1.0)  # as other lines
    assert with_stairs(regularize(outlines, groups, Demands("rectangular", TOLERANCE)).polygons, LOW_M).any()
