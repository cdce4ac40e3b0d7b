"""Polygons as flat arrays of ring vertices, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Polygons = NDArray[np.object_]


@dataclass(frozen=True)
class Rings:
    """Rings of many polygons, one after the other, the closing vertex left out.

    `xy` is (vertices, 2); ring r has the vertices `start[r]` to `start[r + 1] - 1`; polygon p has the rings
    `first_ring[p]` to `first_ring[p + 1] - 1`, its outer ring (clockwise) first, holes (the other way) after it.
    """

    xy: Floats
    start: Ints
    first_ring: Ints

    def ring_of_vertex(self) -> Ints:
        """Return the ring of every vertex."""
        return owner_of(self.start)

    def polygon_of_ring(self) -> Ints:
        """Return the polygon of every ring."""
        return owner_of(self.first_ring)

    def following(self) -> Ints:
        """Return the index of the next vertex around the ring, for every vertex."""
        index = np.arange(1, len(self.xy) + 1)
        index[self.start[1:] - 1] = self.start[:-1]
        return index

    def previous(self) -> Ints:
        """Return the index of the vertex before, for every vertex."""
        index = np.arange(-1, len(self.xy) - 1)
        index[self.start[:-1]] = self.start[1:] - 1
        return index


def owner_of(start: Ints) -> Ints:
    """Return the row of every item of a ragged array whose row r holds items `start[r]` to `start[r + 1] - 1`."""
    return np.repeat(np.arange(len(start) - 1), np.diff(start))


def starts_of(counts: Ints) -> Ints:
    """Return where the rows of a ragged array begin, and its length, from how many items each row has."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def rings_of(polygons: Polygons) -> Rings:
    """Return the rings of polygons in GEOS's normal order."""
    _, xy, (ring_start, first_ring) = shapely.to_ragged_array(polygons)
    own = np.ones(len(xy), dtype=bool)
    own[np.asarray(ring_start, dtype=np.int64)[1:] - 1] = False
    start = starts_of(np.diff(ring_start) - 1)
    return Rings(xy.compress(own, axis=0), start, np.asarray(first_ring, dtype=np.int64))


def polygons_of(rings: Rings) -> Polygons:
    """Return the polygons; holes of less than three vertices are left out, outer rings of less make them invalid."""
    counts = np.diff(rings.start)
    is_outer = np.zeros(len(counts), dtype=bool)
    is_outer[rings.first_ring[:-1]] = True
    kept = np.flatnonzero(is_outer | (counts >= 3))
    padded = np.maximum(counts[kept], 3) + 1
    start = starts_of(padded)
    ring = owner_of(start)
    place = np.arange(start[-1]) - start[ring]
    place = np.where(place >= counts[kept][ring], 0, place)
    xy = rings.xy.take(rings.start[kept][ring] + place, axis=0)
    first_ring = np.searchsorted(kept, rings.first_ring)
    made = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (start, first_ring))
    return np.asarray(made, dtype=object)
