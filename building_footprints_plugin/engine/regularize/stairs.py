"""Stairs: what is left of an oblique wall where a building is put together from rectangles."""

from __future__ import annotations

import numpy as np

from .rings import Bools, Polygons, rings_of
from .walls import cross


def with_stairs(polygons: Polygons, low_m: float) -> Bools:
    """Tell which polygons have two steps of one sense in a row: four corners that turn left and right by turns.

    Those in the middle are less than `low_m` from the line through the corners beside them; where steps are higher,
    the building may have them.
    """
    if not len(polygons):
        return np.zeros(0, dtype=bool)
    rings = rings_of(polygons)
    after = rings.following()
    edge = rings.xy.take(after, axis=0) - rings.xy
    onward = edge.take(after, axis=0)
    double = cross(edge, onward)  # twice the area of the triangle at the corner where each edge ends
    low = np.abs(double) < low_m * np.hypot(*(edge + onward).T)
    left = double > 0
    other = left != left[after]  # as straight walls have no vertex, what does not turn left turns right
    second = after[after]
    stairs = other & other[after] & other[second] & low[after] & low[second]
    result = np.zeros(len(polygons), dtype=bool)
    result[rings.polygon_of_ring()[rings.ring_of_vertex()[stairs]]] = True
    return result
