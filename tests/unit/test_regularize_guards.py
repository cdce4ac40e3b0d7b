"""What is cut does not depend on what else is straightened: overlaps come in the order of the outlines."""

from __future__ import annotations

import numpy as np
import shapely

from building_footprints_plugin.engine.regularize.guards import Guards


def test_overlaps_come_in_the_order_of_the_polygons() -> None:
    """Not in that of a search tree, which has the other groups in it, too."""
    chance = np.random.default_rng(6)
    x, y = chance.uniform(0, 40, (2, 120))
    polygons = shapely.box(x, y, x + 9, y + 9)
    raw = shapely.box(x + 4, y + 4, x + 4.1, y + 4.1)  # hardly any of these overlap
    groups = np.arange(120) % 2
    everywhere = np.full(120, None, dtype=object)
    guards = Guards(raw, groups, everywhere, 1.0, False, 0.75)
    one, two, common = guards.overlaps(polygons, np.ones(120, dtype=bool))
    expected = [
        (first, second)
        for first in range(120)
        for second in range(first + 1, 120)
        if groups[first] == groups[second] and polygons[first].intersection(polygons[second]).area > 1e-6
    ]
    assert len(expected) > 100
    assert list(zip(one.tolist(), two.tolist(), strict=True)) == expected
    assert (shapely.area(common) > 0).all()
