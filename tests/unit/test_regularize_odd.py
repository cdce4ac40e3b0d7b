"""Straightening what is no common building: shapes without walls, thin ones, nested ones, and none at all."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from outlines import METHODS, TOLERANCE, iou, overlap, plan, straight, traced, turned

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.regularize import neighbourhoods, reach_m


def blob(seed: int) -> shapely.Polygon:
    """A shape without a straight wall."""
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    chance = np.random.default_rng(seed)
    radius = 9 + sum(chance.uniform(0.4, 1.5) * np.sin(k * angle + chance.uniform(0, 6)) for k in range(2, 6))
    return shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))


@pytest.mark.parametrize("seed", range(8))
def test_what_is_no_building_keeps_its_likeness(seed: int) -> None:
    outline = traced([blob(seed)])
    found = straight(outline).polygons[0]
    assert found.is_valid
    assert iou(found, outline[0]) >= 0.85
    assert abs(found.area / outline[0].area - 1) <= 0.12


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(shapely.box(0, 0, 0.3, 0.3), id="one pixel"),
        pytest.param(shapely.box(0, 0, 12, 0.3), id="one pixel wide"),
        pytest.param(shapely.box(0, 0, 3, 3) - shapely.box(0.9, 0.9, 1.2, 1.2), id="a hole of one pixel"),
        pytest.param(shapely.box(0, 0, 6, 6) | shapely.box(6, 2.7, 15, 3), id="a wire"),
        pytest.param(shapely.box(0, 0, 6, 6) - shapely.box(2.7, 1, 3, 6), id="a slit"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_what_is_thinner_than_the_tolerance(shape: shapely.Polygon, method: str) -> None:
    result = straight([shape], method)
    assert result.polygons[0].is_valid
    assert iou(result.polygons[0], shape) >= 0.85


@pytest.mark.parametrize("method", METHODS)
def test_a_house_inside_a_courtyard_stays_apart(method: str) -> None:
    block = turned(shapely.box(0, 0, 30, 30) - shapely.box(8, 8, 22, 22), 25)
    house = turned(shapely.box(8, 8, 22, 15), 25)
    found = straight(traced([block, house]), method).polygons
    assert overlap(found) < 1e-6
    assert shapely.get_num_interior_rings(found[0]) == 1


@pytest.mark.parametrize("method", ["none", *METHODS])
def test_nothing_comes_of_nothing(method: str) -> None:
    assert len(straight([], method, group=[]).polygons) == 0


def test_none_leaves_outlines_alone() -> None:
    outline = traced([plan("L", 4, 5)])
    result = straight(outline, "none")
    assert result.polygons is not None
    assert shapely.equals_exact(result.polygons, outline).all()


def test_unknown_method_is_refused() -> None:
    with pytest.raises(BadInput, match="The method is 'round'; expected one of none, simplify, rectangular"):
        straight([shapely.box(0, 0, 1, 1)], "round")


def test_golden_l_shape() -> None:
    """An L of whole pixels comes back to the millimetre."""
    shape = shapely.Polygon([(0, 0), (12, 0), (12, 6), (6, 6), (6, 9), (0, 9)])
    found = straight([shape]).polygons[0]
    assert found.normalize().equals_exact(shape.normalize(), 1e-9)


def test_neighbourhoods_are_as_far_apart_as_outlines_can_move() -> None:
    reach = reach_m(TOLERANCE)
    near, far = 2 * reach - 0.01, 2 * reach + 0.01
    row = [shapely.box(0, 0, 5, 5), shapely.box(5 + near, 0, 15, 5), shapely.box(15 + far, 0, 25, 5)]
    first, second, third = neighbourhoods(np.array(row, dtype=object), TOLERANCE)
    assert first == second != third
