"""Ground that a gap without pixels runs through: the parts on both sides are all that may be built on."""

from __future__ import annotations

import numpy as np
import shapely

from building_footprints_plugin.engine.regularize import Demands, regularize


def test_ground_in_two_parts_beside_a_ragged_house() -> None:
    """The house ends at the gap; across it there is ground again, but none of it is the house's."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = 8 + np.where(np.arange(60) % 7 < 3, 1.5, 0.0) + np.cos(3 * angle)
    ragged = shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))
    gap = shapely.box(5.0, -30, 6.0, 30)
    house = shapely.difference(ragged, shapely.box(5.0, -30, 30, 30))
    ground = shapely.difference(shapely.box(-30, -30, 30, 30), gap)
    assert ground.geom_type == "MultiPolygon"
    found = regularize(
        np.array([house], dtype=object),
        np.zeros(1, dtype=np.int64),
        Demands("rectangular", 0.5, 0.3),
        np.array([ground], dtype=object),
    )
    assert shapely.area(shapely.intersection(found.polygons[0], gap)) < 0.05 * shapely.area(house)
    assert shapely.bounds(found.polygons[0])[2] < 6.0
