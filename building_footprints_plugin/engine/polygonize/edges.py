"""Rings of pixel edges around labelled patches, followed all at once.

Every edge of a pixel across which the label changes is walked with the pixel on the right hand, so that patches are
gone round clockwise (as seen with y down) and holes the other way. At the end of an edge the walk turns right, goes
straight on or turns left; it never crosses a corner where only a diagonal neighbour has the label: patches are
4-connected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.int32]

TOP, RIGHT, BOTTOM, LEFT = range(4)  # of a pixel, in the order in which they are walked
NORMAL = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])  # x, y outwards
ALONG = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])  # x, y onwards


@dataclass(frozen=True)
class Edges:
    """Pixel edges in the order in which rings run along them.

    `labels` is flat and has a frame of zeros, `width` is that of its rows. Edge e is side `side[e]` of `pixel[e]`, an
    index into `labels`. Ring r has the edges `start[r]` to `start[r + 1] - 1`, polygon p the rings `first_ring[p]`
    to `first_ring[p + 1] - 1`, its outer ring first.
    """

    labels: Labels
    width: int
    pixel: Ints
    side: Ints
    start: Ints
    first_ring: Ints

    def across(self) -> Ints:
        """Return the pixel on the other side of every edge."""
        return self.pixel + _steps(NORMAL, self.width)[self.side]

    def around_end(self) -> tuple[Labels, Labels, Labels, Labels]:
        """Return the labels around the end of every edge: own, across the edge, ahead of the own, ahead of that."""
        across, ahead = self.across(), self.pixel + _steps(ALONG, self.width)[self.side]
        labels = self.labels
        return labels[self.pixel], labels[across], labels[ahead], labels[ahead + across - self.pixel]

    def pinched(self) -> Bools:
        """Tell at whose end only a diagonal neighbour has the same label, so that a ring may touch itself there."""
        own, _, ahead, beyond = self.around_end()
        return np.asarray((ahead != own) & (beyond == own), dtype=bool)

    def following(self) -> Ints:
        """Return the index of the next edge around the ring, for every edge."""
        index = np.arange(1, len(self.pixel) + 1)
        index[self.start[1:] - 1] = self.start[:-1]
        return index

    def middle(self) -> Floats:
        """Return the middle (edges, 2) of every edge: x, y in pixels, (0, 0) the outer corner of the first pixel."""
        row, column = np.divmod(self.pixel, self.width)
        return np.column_stack([column, row]) - 0.5 + NORMAL[self.side] / 2

    def end(self) -> Floats:
        """Return the corner (edges, 2) in which every edge ends."""
        return self.middle() + ALONG[self.side] / 2

    def first_pixel(self) -> Ints:
        """Return the first pixel of every polygon."""
        return self.pixel[self.start[self.first_ring[:-1]]]

    def polygon_of_edge(self) -> Ints:
        """Return the polygon of every edge."""
        ring = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        return np.repeat(np.arange(len(self.first_ring) - 1), np.diff(self.first_ring))[ring]


def edges_of(labels: Labels) -> Edges:
    """Return the edges around the labels (height, width), every label above 0 one 4-connected patch, in any order.

    Polygons come in the order of their first pixels. Memory: some 100 bytes an edge, and the frame's copy of `labels`.
    """
    flat = np.pad(labels, 1).ravel()
    width = labels.shape[1] + 2
    key = _keys(flat, width)
    pixel, side = np.divmod(key, 4)
    onward = _onward(flat, width, pixel, side, key)
    ring, first = _rings(onward)
    label = flat[pixel[first]]
    order, is_outer = _ring_order(_areas(pixel % width, side, ring), label, first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    edge = _in_order(onward, rank[ring], first[order])
    start = np.append(0, np.cumsum(np.bincount(ring, minlength=len(first))[order]))
    first_ring = np.append(np.flatnonzero(is_outer[order]), len(order))
    return Edges(flat, width, pixel[edge], side[edge], start, first_ring)


def _steps(vectors: NDArray[np.int64], width: int) -> Ints:
    """Return what must be added to a flat index to get to the neighbours in the direction of `vectors`."""
    return np.asarray(vectors @ (1, width), dtype=np.int64)


def _keys(flat: Labels, width: int) -> Ints:
    """Return 4 * pixel + side of all edges, ascending."""
    is_rim = np.zeros(flat.size, dtype=bool)
    for step in (1, width):
        differs = flat[:-step] != flat[step:]
        is_rim[:-step] |= differs
        is_rim[step:] |= differs
    inside = np.flatnonzero(is_rim & (flat > 0))
    own = flat[inside]
    differs = np.empty((len(inside), 4), dtype=bool)
    for side, step in enumerate(_steps(NORMAL, width)):
        np.not_equal(flat[inside + step], own, out=differs[:, side])
    place = np.flatnonzero(differs)
    return np.asarray(4 * inside[place // 4] + place % 4, dtype=np.int64)


def _onward(flat: Labels, width: int, pixel: Ints, side: Ints, key: Ints) -> Ints:
    """Return the index of the edge that follows every edge."""
    own = flat[pixel]
    ahead = pixel + _steps(ALONG, width)[side]
    beyond = ahead + _steps(NORMAL, width)[side]
    open_ahead, open_beyond = flat[ahead] == own, flat[beyond] == own
    to_pixel = np.where(open_ahead, np.where(open_beyond, beyond, ahead), pixel)
    turn = np.where(open_ahead, np.where(open_beyond, LEFT, 0), RIGHT)
    return np.asarray(np.searchsorted(key, 4 * to_pixel + (side + turn) % 4), dtype=np.int64)


def _rings(onward: Ints) -> tuple[Ints, Ints]:
    """Return the ring of every edge, and the first edge of every ring."""
    count = len(onward)
    graph = csr_array((np.ones(count, dtype=bool), onward, np.arange(count + 1)), shape=(count, count))
    number, ring = connected_components(graph, directed=True, connection="strong")
    first = np.empty(number, dtype=np.int64)
    first[ring[::-1]] = np.arange(count)[::-1]  # the last to be written stays
    return ring.astype(np.int64), first


def _areas(column: Ints, side: Ints, ring: Ints) -> Floats:
    """Return the area in every ring, negative for holes: the integral of x dy along upright edges."""
    share = np.where(side == RIGHT, column + 1, 0) - np.where(side == LEFT, column, 0)
    return np.asarray(np.bincount(ring, weights=share), dtype=np.float64)


def _ring_order(area: Floats, label: Labels, first: Ints) -> tuple[Ints, Bools]:
    """Return the rings polygon by polygon, outer ring first, and which are outer."""
    is_outer = area > 0
    outer = np.flatnonzero(is_outer)
    outer = outer[np.argsort(label[outer])]
    patch = outer[np.searchsorted(label[outer], label)]
    return np.lexsort((first, ~is_outer, first[patch])), is_outer


def _in_order(onward: Ints, ring: Ints, first: Ints) -> Ints:
    """Return the edges ring by ring, each from its first edge on.

    A breadth-first search from a root before all first edges finds the second edge of every ring after all the first
    ones, and so on.
    """
    count = len(onward)
    if not count:
        return np.empty(0, dtype=np.int64)
    targets, begins = np.concatenate([onward, first]), np.append(np.arange(count + 1), count + len(first))
    graph = csr_array((np.ones(len(targets), dtype=bool), targets, begins), shape=(count + 1, count + 1))
    found = breadth_first_order(graph, count, return_predecessors=False)[1:]
    return np.asarray(found[np.argsort(ring[found], kind="stable")], dtype=np.int64)
