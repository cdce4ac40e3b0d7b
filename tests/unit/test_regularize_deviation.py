"""Distances between outlines, also of such as fall apart when they are simplified."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from building_footprints_plugin.engine.regularize.deviation import Edges


def test_edges_of_multipolygons_are_those_of_their_parts() -> None:
    one, two, far = shapely.box(0, 0, 4, 3), shapely.box(10, 0, 14, 3), shapely.box(0, 20, 1, 21)
    mixed = np.array([far, shapely.MultiPolygon([one, two]), far], dtype=object)
    edges = Edges.of(mixed)
    assert edges.start.tolist() == [0, 4, 12, 16]
    assert edges.length[4:12].sum() == pytest.approx(28)
    assert edges.distance(np.array([[12.0, 5.0], [2.0, 4.0]]), np.array([1, 1])).tolist() == [2.0, 1.0]
