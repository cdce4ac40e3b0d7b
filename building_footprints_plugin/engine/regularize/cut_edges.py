"""Edges that the picture cut: along the axes of their building where they nearly are, as its other walls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from .directions import off_axis
from .rings import Floats, Ints, Polygons, Rings, polygons_of, rings_of
from .unseen import clipped
from .walls import cross

EXACT = 1e-6  # m, and sine of an angle
STEEP = 0.7  # sine of the angle between a cut and a wall that ends there, at least


def squared_off(polygons: Polygons, seen: Polygons, axis: Floats, give_m: float) -> Polygons:
    """Return the polygons (n,) within `seen`, with edges on its border turned along the `axis` where they nearly are.

    Such an edge turns about one end; its other one moves inwards, along the wall there, by `give_m` at most.
    """
    result = np.asarray(clipped(polygons, seen), dtype=object)
    whole = (shapely.get_type_id(result) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(result)
    rows = np.flatnonzero(~shapely.is_missing(seen) & whole)
    for _ in range(2):  # those at a corner of the picture, one after the other
        if len(rows):
            turned = _turned(result[rows], seen[rows], axis[rows], give_m)
            better = shapely.is_valid(turned) & ~shapely.equals_exact(turned, shapely.normalize(result[rows]))
            rows, turned = rows[better], turned[better]
            result[rows] = turned
    return result


def _turned(polygons: Polygons, seen: Polygons, axis: Floats, give_m: float) -> Polygons:
    rings = rings_of(np.asarray(shapely.normalize(polygons), dtype=object))
    after, before = rings.following(), rings.previous()
    owner = rings.polygon_of_ring()[rings.ring_of_vertex()]
    edge = rings.xy[after] - rings.xy
    angle = np.arctan2(edge[:, 1], edge[:, 0])
    turn = off_axis(angle, axis[owner])
    near = (np.abs(turn) > EXACT) & (np.hypot(*edge.T) * np.abs(np.sin(turn)) <= give_m)
    cut = _on_border(rings, edge, np.flatnonzero(near), seen[owner])
    cut = cut[~np.isin(before[cut], cut)]
    left = turn[cut] > 0  # of the axis: as the polygon is right of its ring, the edge turns about its beginning
    still, moved = np.where(left, cut, after[cut]), np.where(left, after[cut], cut)
    along = np.column_stack([np.cos(angle - turn), np.sin(angle - turn)])[cut]
    wall = rings.xy[np.where(left, after[after[cut]], before[cut])] - rings.xy[moved]
    length = np.maximum(np.hypot(*wall.T), EXACT)
    steep = cross(along, wall / length[:, None])
    share = cross(along, rings.xy[still] - rings.xy[moved]) / np.where(np.abs(steep) > STEEP, steep * length, np.inf)
    fits = (share > 0) & (share < 1)
    xy = rings.xy.copy()
    xy[moved[fits]] += share[fits, None] * wall[fits]
    return polygons_of(replace(rings, xy=xy))


def _on_border(rings: Rings, edge: Floats, which: Ints, seen: Polygons) -> Ints:
    """Return those of the edges `which` that lie on the border of the ground `seen` around their polygons."""
    for share in (0.5, 0.0, 1.0):
        points = shapely.points(rings.xy[which] + share * edge[which])
        which = which[shapely.distance(points, shapely.boundary(seen[which])) < EXACT]
    return which
