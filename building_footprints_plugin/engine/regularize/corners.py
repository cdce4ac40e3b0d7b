"""Which polygons have corners that are no right angles."""

from __future__ import annotations

import numpy as np
import shapely

from .rings import Bools, Polygons

RIGHT = np.sin(np.radians(2))  # a corner within this of 90 degrees is a right one
STRAIGHT = np.cos(np.radians(5))  # what turns by less is no corner


def oblique(polygons: Polygons) -> Bools:
    """Tell which polygons have a corner that is no right angle, in any of their rings."""
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    here = np.flatnonzero(ring[1:] == ring[:-1])
    ring, edge = ring[here], xy[here + 1] - xy[here]
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    before = np.arange(len(edge)) - 1
    before[first] = np.append(first[1:], len(edge))[: len(first)] - 1
    length = np.maximum(np.hypot(*edge.T), 1e-12)
    cosine = np.abs((edge * edge[before]).sum(axis=1)) / (length * length[before])
    bad = (cosine > RIGHT) & (cosine < STRAIGHT)
    result = np.zeros(len(polygons), dtype=bool)
    result[polygon[ring[bad]]] = True
    return result
