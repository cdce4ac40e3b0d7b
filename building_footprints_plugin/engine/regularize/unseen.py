"""Where outlines end because the picture does: such an edge is no wall, and nothing is built beyond it."""

from __future__ import annotations

import numpy as np
import shapely

from .parts import largest_parts
from .rings import Bools, Floats, Ints, Polygons

STAIRS_PX = 1.5  # of what is not there, slanted edges are stairs of pixels: vertices so far off a line are on it


def straight_ground(seen: Polygons, pixel_m: float) -> Polygons:
    """Return the ground `seen` around each polygon (n,), its border straight where it was stairs of pixels."""
    return np.asarray(shapely.simplify(seen, STAIRS_PX * pixel_m), dtype=object)


def on_border(points: Floats, sides: Ints, seen: Polygons, within_m: float) -> Bools:
    """Tell which points (n, 2) are on the border of the ground `seen` around one of the polygons `sides` (n, 2)."""
    known = np.append(~shapely.is_missing(seen), False)[sides]  # -1, for no polygon, is one more than there are
    point, side = np.nonzero(known)
    border = shapely.boundary(seen[sides[point, side]])
    result = np.zeros(len(points), dtype=bool)
    result[point] = shapely.distance(shapely.points(points[point]), border) < within_m
    return result


def clipped(polygons: Polygons, seen: Polygons) -> Polygons:
    """Return the polygons without what is beyond the ground `seen` around each; of several parts, the largest."""
    result = polygons.copy()
    rows = np.flatnonzero(~shapely.is_missing(seen) & ~shapely.is_missing(polygons))
    rows = rows[~shapely.covers(seen[rows], polygons[rows])]
    parts, owner = largest_parts(shapely.intersection(polygons[rows], seen[rows]))
    result[rows[owner]] = parts
    return result
