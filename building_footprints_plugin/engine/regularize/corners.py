"""Which polygons have corners that are no right angles, and which are square throughout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .rings import Bools, Floats, Ints, Polygons

RIGHT = np.sin(np.radians(2))  # a corner within this of 90 degrees is a right one
STRAIGHT = np.cos(np.radians(5))  # what turns by less is no corner
EXACT = 1e-6


@dataclass(frozen=True)
class _Corners:
    """Of all edges the polygon, the vector, its length, and the cosine of the angle between it and the one before."""

    polygon: Ints
    edge: Floats
    length: Floats
    cosine: Floats

    @classmethod
    def of(cls, polygons: Polygons) -> _Corners:
        rings, polygon = shapely.get_rings(polygons, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        here = np.flatnonzero(ring[1:] == ring[:-1])
        ring, edge = ring[here], xy[here + 1] - xy[here]
        first = np.flatnonzero(np.diff(ring, prepend=-1))
        before = np.arange(len(edge)) - 1
        before[first] = np.append(first[1:], len(edge))[: len(first)] - 1
        length = np.maximum(np.hypot(*edge.T), 1e-12)
        return cls(polygon[ring], edge, length, (edge * edge[before]).sum(axis=1) / (length * length[before]))


def oblique(polygons: Polygons) -> Bools:
    """Tell which polygons have a corner that is no right angle, in any of their rings."""
    corners = _Corners.of(polygons)
    cosine = np.abs(corners.cosine)
    result = np.zeros(len(polygons), dtype=bool)
    result[corners.polygon[(cosine > RIGHT) & (cosine < STRAIGHT)]] = True
    return result


def square_axes(polygons: Polygons, min_edge_m: float) -> Floats:
    """Return the direction, in radians, of polygons without other than right corners and long edges; NaN for others."""
    corners = _Corners.of(shapely.simplify(polygons, EXACT))
    result = np.full(len(polygons), np.nan)
    order = np.argsort(corners.length, kind="stable")
    result[corners.polygon[order]] = np.arctan2(*corners.edge[order].T[::-1])  # the longest is written last
    result[corners.polygon[(np.abs(corners.cosine) > EXACT) | (corners.length < min_edge_m)]] = np.nan
    return result
