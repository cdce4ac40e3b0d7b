"""Polygons of a neighbourhood as arcs: pieces of outline that lie between the same two polygons.

A wall that two polygons share is one arc, used by both, so whatever is done to arcs keeps shared walls shared. Arcs
end at nodes, where more than two pieces of outline meet; an outline that meets no other is one closed arc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lines import dot
from .noding import Noded
from .rings import Bools, Floats, Ints, Polygons, Rings, polygons_of, starts_of

GRID_M = 2.0**-26  # coordinates are rounded to 15 nanometres, so that other polygons' company changes no bit
STRAIGHT_M = 2e-3  # a node nearer than this to the line between its neighbours is no corner


@dataclass(frozen=True)
class Arcs:
    """Coordinates of arcs: arc a has the vertices `start[a]` to `start[a + 1] - 1` of `xy`, both its ends included."""

    xy: Floats
    start: Ints

    def at(self, which: Bools) -> Arcs:
        """Return some of the arcs."""
        counts = np.diff(self.start)
        return Arcs(self.xy.compress(np.repeat(which, counts), axis=0), starts_of(counts[which]))


@dataclass(frozen=True)
class Coverage:
    """Arcs of all polygons, and how rings are put together from them.

    `node` is (arcs, 2): the node an arc begins and ends at, -1 for a closed arc. `sides` is (arcs, 2): the polygons
    on both sides, -1 for none. Ring r is made of the uses `use_start[r]` to `use_start[r + 1] - 1`; use u follows
    arc `use_arc[u]`, backwards where `use_back[u]`.
    """

    arcs: Arcs
    node: Ints
    sides: Ints
    use_arc: Ints
    use_back: Bools
    use_start: Ints
    first_ring: Ints

    @property
    def closed(self) -> Bools:
        """Whether an arc is a whole ring."""
        return self.node[:, 0] < 0

    def beside(self, which: Bools) -> Bools:
        """Tell which polygons have one of the arcs `which` in their outline."""
        result = np.zeros(len(self.first_ring), dtype=bool)
        result[self.sides[which]] = True  # -1, for no polygon, is one more than there are
        return result[:-1]

    def touching(self) -> tuple[Ints, Ints]:
        """Return the pairs of polygons that share an arc, either way round."""
        one, two = self.sides.compress(self.sides.min(axis=1) >= 0, axis=0).T
        return np.concatenate([one, two]), np.concatenate([two, one])

    def around(self, polygons: Bools) -> Bools:
        """Tell which polygons share an arc or a node with `polygons`, these included."""
        one, two = np.append(polygons, False).take(self.sides.T)
        nodes = np.zeros(int(self.node.max(initial=-1)) + 2, dtype=bool)
        nodes[self.node[(one | two) & ~self.closed]] = True
        begin, end = nodes.take(self.node.T)
        return self.beside(one | two | begin | end)

    def of(self, polygons: Bools) -> Coverage:
        """Return the coverage with the outlines of `polygons` only, and all arcs."""
        ring = np.repeat(polygons, np.diff(self.first_ring))
        use = np.repeat(ring, np.diff(self.use_start))
        use_start, first_ring = starts_of(np.diff(self.use_start)[ring]), starts_of(np.diff(self.first_ring)[polygons])
        parts = self.use_arc[use], self.use_back[use], use_start, first_ring
        return Coverage(self.arcs, self.node, self.sides, *parts)

    def polygons(self, arcs: Arcs) -> Polygons:
        """Return the polygons with `arcs` in place of the own ones; the ends of arcs must agree at nodes.

        Vertices at nodes, and where closed arcs begin, are left out where no outline has a corner.
        """
        counts = np.diff(arcs.start)[self.use_arc] - 1  # the end of an arc is the beginning of the next
        begin = starts_of(counts)
        step = np.arange(begin[-1]) - np.repeat(begin[:-1], counts)
        back = np.repeat(self.use_back, counts)
        first = np.repeat(arcs.start[self.use_arc], counts)
        last = np.repeat(arcs.start[self.use_arc + 1] - 1, counts)
        xy = np.rint(arcs.xy.take(np.where(back, last - step, first + step), axis=0) / GRID_M) * GRID_M
        rings = Rings(xy, begin[self.use_start], self.first_ring)
        node = self.node[self.use_arc, self.use_back.astype(np.int64)]
        node = np.where(node < 0, int(node.max(initial=-1)) + 1 + self.use_arc, node)
        return polygons_of(_without_straight_nodes(rings, begin[:-1], node))

    def chosen(self, choices: Choices, level: Ints) -> Arcs:
        """Return, for every arc, that of choice `level` of the polygons beside it, the higher level counting.

        A node lies where the highest level of the arcs that meet there has it, so polygons whose arcs are all of the
        last choice have exactly its shape.
        """
        arc_level = np.maximum(*np.append(level, 0).take(self.sides.T))
        which = arc_level, np.arange(len(arc_level))
        counts, first = choices.count[which], choices.first[which]
        start = starts_of(counts)
        xy = choices.xy.take(np.arange(start[-1]) + np.repeat(first - start[:-1], counts), axis=0)
        rising = np.argsort(arc_level, kind="stable")  # the highest level is written last
        rising = rising[~self.closed[rising]]
        ends, node = np.column_stack([start[rising], start[rising + 1] - 1]).ravel(), self.node[rising].ravel()
        place = np.zeros((int(self.node.max(initial=-1)) + 1, 2))
        place[node] = xy.take(ends, axis=0)
        xy[ends] = place.take(node, axis=0)
        return Arcs(xy, start)


@dataclass(frozen=True)
class Choices:
    """Arcs of several kinds: `count` (kinds, arcs) vertices from `first` (kinds, arcs) on, among `xy` of all kinds."""

    xy: Floats
    first: Ints
    count: Ints

    @classmethod
    def of(cls, kinds: list[Arcs]) -> Choices:
        """Return the choices between arcs `kinds[k][a]` for every arc a."""
        begin = starts_of(np.array([len(arcs.xy) for arcs in kinds]))
        first = np.stack([arcs.start[:-1] + before for arcs, before in zip(kinds, begin, strict=False)])
        return cls(
            np.concatenate([arcs.xy for arcs in kinds]), first, np.stack([np.diff(arcs.start) for arcs in kinds])
        )


def _without_straight_nodes(rings: Rings, vertex: Ints, node: Ints) -> Rings:
    """Return the rings without the nodes that are on a straight line in all of them; `vertex` are those at `node`."""
    here, before, after = (
        rings.xy.take(which, axis=0) for which in (vertex, rings.previous()[vertex], rings.following()[vertex])
    )
    before, after = before - here, after - here
    area = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    straight = (area <= STRAIGHT_M * np.hypot(*(after - before).T)) & (dot(before, after) < 0)
    corner = np.zeros(int(node.max(initial=-1)) + 1, dtype=bool)
    corner[node[~straight]] = True
    kept = np.ones(len(rings.xy), dtype=bool)
    kept[vertex[~corner[node]]] = False
    return Rings(rings.xy.compress(kept, axis=0), np.append(0, np.cumsum(kept))[rings.start], rings.first_ring)


def coverage_of(noded: Noded) -> Coverage:
    """Return the arcs of noded rings."""
    rings, order = noded.rings, _rolled(noded)
    ring = rings.ring_of_vertex()
    begins = noded.node[order]
    begins[rings.start[:-1]] = True
    first = np.flatnonzero(begins)
    name = np.minimum.reduceat(noded.edge[order], first)  # an arc is named by the lowest of its edges
    _, owner, arc = np.unique(name, return_index=True, return_inverse=True)
    length = np.diff(np.append(first, len(order)))
    is_owner = owner[arc] == np.arange(len(first))
    polygon = rings.polygon_of_ring()[ring[first]]
    return Coverage(
        arcs=_copied(rings.xy, order, rings, first[owner], length[owner]),
        node=_nodes(noded, order, first[owner], length[owner]),
        sides=_sides(arc, polygon, is_owner),
        use_arc=arc.astype(np.int64),
        use_back=~is_owner,
        use_start=np.searchsorted(first, rings.start).astype(np.int64),
        first_ring=rings.first_ring,
    )


def _rolled(noded: Noded) -> Ints:
    """Return the order of vertices in which every ring begins at a node, or else at the vertex that is farthest out."""
    rings = noded.rings
    ring, counts = rings.ring_of_vertex(), np.diff(rings.start)
    centre = np.add.reduceat(rings.xy, rings.start[:-1]) / counts[:, None]
    far = np.hypot(*(rings.xy - centre.take(ring, axis=0)).T).round(6) + np.where(noded.node, 1e9, 0.0)
    best = np.flatnonzero(far == np.maximum.reduceat(far, rings.start[:-1])[ring])
    roll = (best[np.searchsorted(best, rings.start[:-1])] - rings.start[:-1])[ring]
    base, count = rings.start[ring], counts[ring]
    return np.asarray(base + (np.arange(len(ring)) - base + roll) % count, dtype=np.int64)


def _copied(xy: Floats, order: Ints, rings: Rings, first: Ints, length: Ints) -> Arcs:
    start = starts_of(length + 1)
    place = np.repeat(first, length + 1) + np.arange(start[-1]) - np.repeat(start[:-1], length + 1)
    place[start[1:] - 1] = _after(rings, first + length - 1)
    return Arcs(xy.take(order[place], axis=0), start)


def _after(rings: Rings, position: Ints) -> Ints:
    """Return the position that follows `position` around its ring."""
    return np.asarray(rings.following()[position], dtype=np.int64)


def _nodes(noded: Noded, order: Ints, first: Ints, length: Ints) -> Ints:
    ends = np.column_stack([first, _after(noded.rings, first + length - 1)])
    vertex = order[ends]
    return np.where(noded.node[vertex], noded.vertex[vertex], -1)


def _sides(arc: NDArray[np.intp], polygon: Ints, is_owner: Bools) -> Ints:
    sides = np.full((int(arc.max(initial=-1)) + 1, 2), -1, dtype=np.int64)
    sides[arc[is_owner], 0] = polygon[is_owner]
    sides[arc[~is_owner], 1] = polygon[~is_owner]
    return sides
