"""How far the outlines of polygons are from those of others, without cutting polygons with each other."""

from __future__ import annotations

import numpy as np
import shapely

from .rings import Floats, Ints, Polygons, owner_of, starts_of

SAMPLE_M = 1.0  # longest piece of outline that is judged by one point of it
SAMPLE_AT = 0.25  # along it: a step of stairs that crosses its line in the middle is as far off there as on average
PAIRS = 250_000  # of a piece of one outline with an edge of the other, looked at in one go: what fits a cache


def outline_distance(polygons: Polygons, others: Polygons) -> Floats:
    """Return for polygon k the integral (m²) along its outline of the distance to the outline of `others[k]`.

    That is about the area between them where they run
    beside each other, and more than it where they do not, as in a corner or round a bump.
    """
    if not len(polygons):
        return np.zeros(0)
    piece, pieces = _pieces(polygons)
    edge, edges = _edges(others)
    integral = np.zeros(len(polygons))
    work = np.cumsum(np.diff(pieces) * np.diff(edges))
    first = 0
    while first < len(polygons):
        done = work[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(work, done + PAIRS, side="right")))
        rows = slice(first, last)
        integral[rows] = _measured(
            piece[pieces[first] : pieces[last]],
            np.diff(pieces[first : last + 1]),
            edge[edges[first] : edges[last]],
            np.diff(edges[first : last + 1]),
        )
        first = last
    return integral


def _measured(piece: Floats, pieces: Ints, edge: Floats, edges: Ints) -> Floats:
    """Return the integral of the distance from pieces (x, y, length) to the nearest edges (x, y, to x, to y)."""
    polygon = np.repeat(np.arange(len(pieces)), pieces)
    count = edges[polygon]
    begin = starts_of(count)
    pair = np.repeat(np.arange(len(piece)), count)
    other = np.arange(begin[-1]) + np.repeat(starts_of(edges)[:-1][polygon] - begin[:-1], count)
    x, y, step_x, step_y = (edge[other, k] for k in range(4))
    x, y = piece[pair, 0] - x, piece[pair, 1] - y
    along = np.clip((x * step_x + y * step_y) / np.maximum(step_x**2 + step_y**2, 1e-12), 0, 1)
    square = np.minimum.reduceat((x - along * step_x) ** 2 + (y - along * step_y) ** 2, begin[:-1])
    return np.asarray(np.add.reduceat(np.sqrt(square) * piece[:, 2], starts_of(pieces)[:-1]), dtype=np.float64)


def _pieces(polygons: Polygons) -> tuple[Floats, Ints]:
    """Return sample point and length of pieces of outline (pieces, 3), and where those of each polygon begin."""
    edge, start = _edges(polygons)
    length = np.hypot(edge[:, 2], edge[:, 3])
    count = np.maximum(1, np.ceil(length / SAMPLE_M)).astype(np.int64)
    begin = starts_of(count)
    owner = owner_of(begin)
    share = (np.arange(begin[-1]) - begin[owner] + SAMPLE_AT) / count[owner]
    sample = edge[owner, :2] + share[:, None] * edge[owner, 2:]
    return np.column_stack([sample, (length / count)[owner]]), begin[start]


def _edges(polygons: Polygons) -> tuple[Floats, Ints]:
    """Return beginning and vector of the edges of polygons (edges, 4), and where those of each polygon begin."""
    _, xy, (ring_start, first_ring) = shapely.to_ragged_array(polygons)
    own = np.ones(len(xy), dtype=bool)
    own[np.asarray(ring_start[1:], dtype=np.int64) - 1] = False
    edge = np.column_stack([xy, np.roll(xy, -1, axis=0) - xy])[own]
    ring_edges = starts_of(np.diff(ring_start) - 1)
    return edge, ring_edges[np.asarray(first_ring, dtype=np.int64)]
