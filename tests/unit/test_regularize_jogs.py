"""Short edges that trimming leaves are cut off, inwards, where that costs little."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from outlines import turned

from building_footprints_plugin.engine.regularize.jogs import without_jogs

HOUSE = shapely.box(0, 0, 10, 8)
MIN_EDGE = 0.5


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        pytest.param(HOUSE - shapely.box(8, 7.7, 11, 9), HOUSE - shapely.box(8, 7.7, 11, 9), id="costs 2.4 m2 of 79"),
        pytest.param(HOUSE - shapely.box(2, 7.7, 11, 9), shapely.box(0, 0, 10, 7.7), id="a jog, for 0.6 m2"),
        pytest.param(HOUSE - shapely.box(2, 7.4, 11, 9), HOUSE - shapely.box(2, 7.4, 11, 9), id="a step of 0.6 m"),
        pytest.param(HOUSE | shapely.box(4, 8, 4.4, 9), HOUSE, id="a nib"),
        pytest.param(HOUSE | shapely.box(9.6, 8, 10, 9), HOUSE, id="a nib that goes on a wall"),
        pytest.param(HOUSE - shapely.box(4, 7, 4.4, 9), HOUSE - shapely.box(4, 7, 4.4, 9), id="a notch is no nib"),
        pytest.param(HOUSE | shapely.box(9, 7.9, 10.3, 8.3), HOUSE, id="a jog on either side of a corner"),
        pytest.param(shapely.box(0, 0, 10, 0.4), shapely.box(0, 0, 10, 0.4), id="narrow all over"),
        pytest.param(
            shapely.Polygon([(0, 0), (10, 0), (10, 7.8), (9.7, 8), (0, 8)]),
            shapely.Polygon([(0, 0), (10, 0), (10, 7.8), (9.7, 8), (0, 8)]),
            id="no right corners there",
        ),
    ],
)
@pytest.mark.parametrize("angle", [0, 33])
def test_short_edges_go_where_that_costs_little(
    shape: shapely.Polygon, expected: shapely.Polygon, angle: float
) -> None:
    given, hoped = (turned(one, angle, (500_000, 6_000_000)) for one in (shape, expected))
    found = without_jogs(np.array([HOUSE, given], dtype=object), MIN_EDGE)
    assert found[0] == HOUSE
    assert (found[1] ^ hoped).area < 1e-6
    assert (found[1] - given).area < 1e-6


def test_a_jog_beside_a_nib_moves_no_corner_outwards() -> None:
    """The nib (0.3 m wide) begins where the wall beside the jog (0.3 m high) ends: in one round they had a corner."""
    steps = [(0, 0), (0, 8), (3, 8), (3, 8.3), (3.7, 8.3), (3.7, 8.7), (4, 8.7), (4, 8), (10, 8), (10, 0)]
    shape = shapely.Polygon(steps)
    found = without_jogs(np.array([shape], dtype=object), MIN_EDGE)[0]
    assert (found - shape).area < 1e-9
    assert found.equals(HOUSE)
