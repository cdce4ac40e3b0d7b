"""Edges of blocks that are too short for walls, as trimming leaves them: jogs of a wall, nibs that stand out of one.

They are cut off inwards, so that nothing comes to overlap, and right corners stay right ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .rings import Bools, Floats, Ints, Polygons, Rings, polygons_of, rings_of
from .sifting import local_minima

RIGHT = 1e-7  # cosine of a right corner: what is moved along a wall that is less square comes to overlap
EXACT = 1e-8  # m
MOST = 0.01  # of its area that a polygon may lose with one edge
ROUNDS = 12


def without_jogs(polygons: Polygons, min_edge_m: float) -> Polygons:
    """Return the polygons, those with square edges shorter than `min_edge_m` without these where that costs little."""
    result, rows = np.asarray(shapely.simplify(polygons, EXACT), dtype=object), np.arange(len(polygons))
    most = MOST * shapely.area(polygons)
    for _ in range(ROUNDS):
        if not len(rows):
            break
        edges = _Edges.of(result[rows])
        cost, nib = _costs(edges, min_edge_m)
        jog = np.flatnonzero(local_minima(np.where(cost <= most[rows][edges.owner], cost, np.inf), edges.after))
        jog = jog[~np.isin(edges.after[edges.after[edges.after[jog]]], jog)]  # two would move one corner
        made = np.asarray(shapely.simplify(polygons_of(_without(edges, jog, nib)), EXACT), dtype=object)
        changed = np.unique(edges.owner[jog])
        changed = changed[shapely.is_valid(made[changed])]
        rows, made = rows[changed], made[changed]
        result[rows] = made
    return result


@dataclass(frozen=True)
class _Edges:
    """Of the edge from every vertex of `rings` to the one `after` it the `vector`, `length` and polygon (`owner`).

    `side` is 1 where the outline turns left at the vertex by a right angle, -1 for right, and 0 for others. A polygon
    is on the right of its rings.
    """

    rings: Rings
    after: Ints
    before: Ints
    owner: Ints
    vector: Floats
    length: Floats
    side: Floats

    @classmethod
    def of(cls, polygons: Polygons) -> _Edges:
        rings = rings_of(np.asarray(shapely.normalize(polygons), dtype=object))
        after, before = rings.following(), rings.previous()
        vector = rings.xy[after] - rings.xy
        length = np.maximum(np.hypot(*vector.T), EXACT)
        along = vector / length[:, None]
        back = along[before]
        side = np.sign(back[:, 0] * along[:, 1] - back[:, 1] * along[:, 0])
        side[np.abs((back * along).sum(axis=1)) > RIGHT] = 0
        owner = rings.polygon_of_ring()[rings.ring_of_vertex()]
        return cls(rings, after, before, owner, vector, length, side)


def _costs(edges: _Edges, min_edge_m: float) -> tuple[Floats, Bools]:
    """Return the area that every edge costs, infinite for those that are no short ones, and which are ends of nibs."""
    after, before, side, length = edges.after, edges.before, edges.side, edges.length
    cost, nib = np.full(len(side), np.inf), np.zeros(len(side), dtype=bool)
    edge = np.flatnonzero((length < min_edge_m) & (side != 0) & (side[after] != 0))
    first, last = before[edge], after[after[edge]]
    begins, ends = side[edge], side[after[edge]]
    # a jog: the wall that is further out, before it or after it, moves to the line of the other one
    out = np.where(begins < 0, first, after[edge])
    corner = np.where(begins < 0, first, last)
    beside = np.where(begins < 0, before[first], last)
    grows = (edges.vector[beside] * edges.vector[edge]).sum(axis=1) > 0
    jog = (begins != ends) & (side[corner] != 0) & (grows | (length[beside] > length[edge] - EXACT))
    cost[edge[jog]] = (length[out] * length[edge])[jog]
    # a nib: it ends where the shorter of its sides begins
    one, two = length[first], length[after[edge]]
    stands = (one > two + EXACT) | (side[first] > 0)
    stands &= (two > one + EXACT) | (side[last] > 0)
    is_nib = (begins < 0) & (ends < 0) & stands
    cost[edge[is_nib]] = (np.minimum(one, two) * length[edge])[is_nib]
    nib[edge[is_nib]] = True
    return cost, nib


def _without(edges: _Edges, which: Ints, nib: Bools) -> Rings:
    """Return the rings without the short edges `which`, no two of them near each other."""
    after, before, xy = edges.after, edges.before, edges.rings.xy.copy()
    kept = np.ones(len(xy), dtype=bool)
    jog, end = which[~nib[which]], which[nib[which]]
    out = edges.side[jog] < 0
    xy[before[jog[out]]] += edges.vector[jog[out]]
    xy[after[after[jog[~out]]]] -= edges.vector[jog[~out]]
    kept[jog] = kept[after[jog]] = False
    one, two = edges.length[before[end]], edges.length[after[end]]
    low, high = end[one <= two + EXACT], end[two <= one + EXACT]  # both, where both sides are as long
    xy[after[low]] -= edges.vector[before[low]]
    xy[high] += edges.vector[after[high]]
    kept[before[low]] = kept[low] = False
    kept[after[high]] = kept[after[after[high]]] = False
    counts = np.append(0, np.cumsum(kept))
    return Rings(xy[kept], counts[edges.rings.start], edges.rings.first_ring)
