"""Where outlines of neighbours run together: vertices that are missing on the other side, and nodes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from .rings import Bools, Floats, Ints, Rings, starts_of

SAME_M = 1e-5  # vertices closer than this are one


@dataclass(frozen=True)
class Noded:
    """Rings with a vertex wherever another ring has one, and what lies at every vertex.

    `vertex` numbers places: equal for vertices of different rings in the same place. `edge` numbers the edge from a
    vertex to the next one: equal for both sides of a shared wall. `node` tells where pieces of outline meet.
    """

    rings: Rings
    vertex: Ints
    edge: Ints
    node: Bools


def node_rings(rings: Rings, crowded: Bools, pixel_m: float, min_contact_m: float) -> Noded:
    """Return `rings` noded with each other; `crowded` tells which rings have others nearby.

    With `pixel_m` above 0 the rings were traced from such pixels: then walls that two share have the same vertices on
    both sides already. Rings with less than `min_contact_m` of wall between them count as apart.
    """
    corner_count = len(rings.xy)
    corner = np.ones(corner_count, dtype=bool)
    full, corner = (rings, corner) if pixel_m > 0 else _split_at_touches(rings, crowded)
    vertex = _places(full.xy, crowded[full.ring_of_vertex()], SAME_M)
    edge, beside = _edges(full, vertex)
    brief = _brief_contacts(full, beside, min_contact_m)
    edge[brief], beside[brief] = np.flatnonzero(brief), -1
    is_node = np.zeros(int(vertex.max(initial=0)) + 1, dtype=bool)
    is_node[vertex[beside != beside[full.previous()]]] = True
    node = is_node[vertex]
    noded = Noded(full, vertex, edge, node)
    return noded if len(full.xy) == corner_count else _without_straight(noded, corner | node)


def _split_at_touches(rings: Rings, crowded: Bools) -> tuple[Rings, Bools]:
    """Return rings with a vertex wherever a vertex of a ring lies on an edge of another, and which are their own."""
    corner = np.ones(len(rings.xy), dtype=bool)
    mine = np.flatnonzero(crowded[rings.ring_of_vertex()])
    if not len(mine):
        return rings, corner
    ends = np.stack([rings.xy[mine], rings.xy[rings.following()[mine]]], axis=1)
    points = np.unique(rings.xy[mine], axis=0)
    which, line = shapely.STRtree(shapely.linestrings(ends)).query(shapely.points(points), "dwithin", SAME_M)
    inside = (np.abs(points[which][:, None] - ends[line]).max(axis=2) > SAME_M).all(axis=1)
    which, line = which[inside], line[inside]
    along = np.hypot(*(points[which] - ends[line, 0]).T)
    edge = np.concatenate([np.arange(len(rings.xy)), mine[line]])
    order = np.lexsort((np.concatenate([np.zeros(len(rings.xy)), along]), edge))
    start = starts_of(np.bincount(edge, minlength=len(rings.xy)))
    xy = np.concatenate([rings.xy, points[which]])[order]
    return replace(rings, xy=xy, start=start[rings.start]), order < len(rings.xy)


def _places(xy: Floats, crowded: Bools, grid_m: float) -> Ints:
    """Return a number for every vertex, the same for vertices of crowded rings at the same point of the grid."""
    place = np.arange(len(xy), dtype=np.int64)
    mine = np.flatnonzero(crowded)
    if len(mine):
        column, row = (np.rint((values.take(mine) - values.min()) / grid_m) for values in np.ascontiguousarray(xy.T))
        order = np.argsort(column + row * np.sqrt(2))  # of one number, three times as fast as of two
        new = np.append(True, (np.diff(column[order]) != 0) | (np.diff(row[order]) != 0))
        place[mine[order]] = mine[np.minimum.reduceat(order, np.flatnonzero(new))][np.cumsum(new) - 1]
    return place


def _edges(rings: Rings, vertex: Ints) -> tuple[Ints, Ints]:
    """Return the number of the edge after every vertex, and the ring on its other side (-1 for none)."""
    count = len(vertex)
    to = vertex[rings.following()]
    code = np.minimum(vertex, to) * count + np.maximum(vertex, to)
    order = np.argsort(code, kind="stable")
    same = code[order][1:] == code[order][:-1]
    alone_before, alone_after = ~np.append(False, same[:-1]), ~np.append(same[1:], False)
    pair = (
        np.flatnonzero(same & alone_before[: len(same)] & alone_after[: len(same)]) if count > 1 else np.empty(0, int)
    )
    one, two = order[pair], order[pair + 1]
    opposite = vertex[one] == to[two]
    one, two = one[opposite], two[opposite]
    edge, beside, ring = np.arange(count), np.full(count, -1), rings.ring_of_vertex()
    edge[two] = one
    beside[one], beside[two] = ring[two], ring[one]
    return edge, beside


def _brief_contacts(rings: Rings, beside: Ints, min_contact_m: float) -> Bools:
    """Tell which edges are shared by two rings that have less than `min_contact_m` in common."""
    brief = np.zeros(len(beside), dtype=bool)
    shared = np.flatnonzero(beside >= 0)
    if len(shared):
        length = np.hypot(*(rings.xy[rings.following()[shared]] - rings.xy[shared]).T)
        ring = rings.ring_of_vertex()[shared]
        pair = np.minimum(ring, beside[shared]) * len(rings.start) + np.maximum(ring, beside[shared])
        _, pair = np.unique(pair, return_inverse=True)
        brief[shared] = np.bincount(pair, weights=length)[pair] < 2 * min_contact_m  # both sides are counted
    return brief


def _without_straight(noded: Noded, keep: Bools) -> Noded:
    """Return only the vertices to keep; every ring keeps its first."""
    first = np.flatnonzero(keep)
    kept = np.concatenate([[0], np.cumsum(keep)])
    rings = replace(noded.rings, xy=noded.rings.xy[first], start=kept[noded.rings.start])
    return Noded(rings, noded.vertex[first], np.minimum.reduceat(noded.edge, first), noded.node[first])
