"""How far the outlines of polygons are from those of others, without cutting polygons with each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from .rings import Floats, Ints, Polygons, owner_of, starts_of

SAMPLE_M = 1.0  # longest piece of outline that is judged by one point of it
SAMPLE_AT = 0.25  # along it: a step of stairs that crosses its line in the middle is as far off there as on average
PAIRS = 50_000  # of a point with an edge, looked at in one go: what fits a cache


@dataclass(frozen=True)
class Edges:
    """Beginning `xy` (edges, 2), unit direction `along` (edges, 2) and `length` of the edges of polygons.

    Polygon k has the edges `start[k]` to `start[k + 1] - 1`.
    """

    xy: Floats
    along: Floats
    length: Floats
    start: Ints

    @classmethod
    def of(cls, polygons: Polygons) -> Edges:
        """Return the edges of all rings of polygons, or of multipolygons, which a rough outline may fall into."""
        if not len(polygons):
            return cls(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), np.zeros(1, dtype=np.int64))
        _, xy, (ring_start, first_ring, *first_part) = shapely.to_ragged_array(polygons)
        if first_part:
            first_ring = first_ring[first_part[0]]
        own = np.ones(len(xy), dtype=bool)
        own[np.asarray(ring_start[1:], dtype=np.int64) - 1] = False
        here = np.flatnonzero(own)
        begin = xy.take(here, axis=0)
        step = xy.take(here + 1, axis=0) - begin
        length = np.hypot(*step.T)
        start = starts_of(np.diff(ring_start) - 1)[np.asarray(first_ring, dtype=np.int64)]
        return cls(begin, step / np.maximum(length, 1e-12)[:, None], length, start)

    def distance(self, points: Floats, row: Ints) -> Floats:
        """Return how far points (n, 2) are from the outlines of the polygons `row` (n,)."""
        count, first = np.diff(self.start)[row], self.start[row]
        order = np.argsort(count, kind="stable")
        square, done = np.empty(len(row)), 0
        while done < len(order):
            rows = max(1, PAIRS // int(count[order[done]]))
            rows = max(1, PAIRS // int(count[order[done : done + rows][-1]]))  # as many edges as the last one has
            part = order[done : done + rows]
            step = np.minimum(np.arange(count[part[-1]])[:, None], count[part] - 1)
            square[part] = self._squares(points.take(part, axis=0), first[part] + step).min(axis=0)
            done += rows
        return np.sqrt(square)

    @cached_property
    def _columns(self) -> list[Floats]:
        """Where edges begin and whereto, each number in an array of its own: take would copy a column each time."""
        return [np.ascontiguousarray(column) for column in (*self.xy.T, *self.along.T)]

    def _squares(self, points: Floats, edge: Ints) -> Floats:
        """Return the squared distance of points (n, 2) from the edges (any, n)."""
        x, y, east, north = (column.take(edge) for column in self._columns)
        x, y = points[:, 0] - x, points[:, 1] - y
        along = np.clip(x * east + y * north, 0, self.length.take(edge))
        x -= along * east
        y -= along * north
        return x * x + y * y


@dataclass(frozen=True)
class Samples:
    """Points `xy` (n, 2) along outlines, the metres of outline that each stands for, and where those of each begin."""

    xy: Floats
    length: Floats
    start: Ints

    @classmethod
    def of(cls, edges: Edges) -> Samples:
        """Return a point of every edge, or more so that none stands for more than `SAMPLE_M`."""
        count = np.maximum(1, np.ceil(edges.length / SAMPLE_M)).astype(np.int64)
        begin = starts_of(count)
        edge = owner_of(begin)
        share = (np.arange(begin[-1]) - begin[edge] + SAMPLE_AT) / count[edge]
        xy = edges.xy.take(edge, axis=0) + (share * edges.length[edge])[:, None] * edges.along.take(edge, axis=0)
        return cls(xy, (edges.length / count)[edge], begin[edges.start])

    def distance(self, which: Ints, others: Edges) -> tuple[Floats, Floats]:
        """Return, for outline `which[k]`, the integral (m²) along it of the distance to the k-th other, and the most.

        The integral is about the area between the outlines where they run beside each other, and more than it where
        they do not, as in a corner or round a bump.
        """
        start = starts_of(np.diff(self.start)[which])
        row = owner_of(start)
        point = np.arange(start[-1]) + (self.start[which] - start[:-1])[row]
        off = others.distance(self.xy.take(point, axis=0), row)
        integral = np.add.reduceat(off * self.length[point], start[:-1])
        return np.asarray(integral, dtype=np.float64), np.asarray(
            np.maximum.reduceat(off, start[:-1]), dtype=np.float64
        )
