"""Rings of pixel edges around labelled patches, followed all at once.

Every edge of a pixel across which the label changes is walked with the pixel on the right hand, so that patches are
gone round clockwise (as seen with y down) and holes the other way. At the end of an edge the walk turns right, goes
straight on or turns left; it never crosses a corner where only a diagonal neighbour has the label: patches are
4-connected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy
from numpy.typing import NDArray

from ..patches import patches_of

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

    @cached_property
    def across(self) -> Ints:
        """The pixel on the other side of every edge."""
        return self.pixel + _steps(NORMAL, self.width).take(self.side)

    @cached_property
    def around_end(self) -> tuple[Labels, Labels, Labels, Labels]:
        """The labels around the end of every edge: own, across the edge, ahead of the own, ahead of that."""
        onward = _steps(ALONG, self.width).take(self.side)
        pixels = (self.pixel, self.across, self.pixel + onward, self.across + onward)
        own, across, ahead, beyond = (self.labels.take(pixel) for pixel in pixels)
        return own, across, ahead, beyond

    def pinched(self) -> Bools:
        """Tell at whose end only a diagonal neighbour has the same label, so that a ring may touch itself there."""
        own, _, ahead, beyond = self.around_end
        return np.asarray((ahead != own) & (beyond == own), dtype=bool)

    def following(self) -> Ints:
        """Return the index of the next edge around the ring, for every edge."""
        index = np.arange(1, len(self.pixel) + 1)
        index[self.start[1:] - 1] = self.start[:-1]
        return index

    def middle(self) -> Floats:
        """Return the middle (edges, 2) of every edge: x, y in pixels, (0, 0) the outer corner of the first pixel."""
        return np.asarray(self._centre(self.pixel) + NORMAL.take(self.side, axis=0) / 2, dtype=np.float64)

    def end(self, edge: Ints) -> Floats:
        """Return the corner (n, 2) in which each of the edges (n,) ends."""
        return np.asarray(self._centre(self.pixel[edge]) + ((NORMAL + ALONG) / 2).take(self.side[edge], axis=0))

    def _centre(self, pixel: Ints) -> Floats:
        """Return the centre (n, 2) of pixels."""
        row = pixel // self.width
        return np.column_stack([pixel - row * self.width, row]) - 0.5

    def first_pixel(self) -> tuple[Ints, Ints]:
        """Return row and column of the first pixel of every polygon."""
        pixel = self.pixel[self.start[self.first_ring[:-1]]]
        row = pixel // self.width
        return row - 1, pixel - row * self.width - 1

    def polygon_of(self, edge: Ints) -> Ints:
        """Return the polygon of some edges."""
        return np.searchsorted(self.start[self.first_ring], edge, side="right") - 1

    def mean(self, values: NDArray[np.uint8]) -> Floats:
        """Return the mean of `values`, flat and framed as the labels are, over the pixels of every polygon."""
        left, right = np.flatnonzero(self.side == LEFT), np.flatnonzero(self.side == RIGHT)
        order = np.argsort(self.pixel[left])  # the n-th then begins what the n-th on the right ends
        ends = np.column_stack([self.pixel[left[order]], np.sort(self.pixel[right]) + 1])
        if not len(ends):
            return np.empty(0)
        total = np.add.reduceat(values, ends.ravel(), dtype=np.int64)[::2]
        polygon = self.polygon_of(left)[order]
        return np.asarray(np.bincount(polygon, total) / np.bincount(polygon, ends[:, 1] - ends[:, 0]), dtype=np.float64)


def edges_of(labels: Labels) -> Edges:
    """Return the edges around the 4-connected patches of labels (height, width) above 0.

    Polygons come in the order of their first pixels. Memory: some 120 bytes an edge, and 12 a pixel.
    """
    return edges_within(np.pad(labels, 1))


def edges_within(labels: Labels) -> Edges:
    """Do as `edges_of` does with labels that have a frame of zeros, which does not count as rows and columns."""
    flat, width = labels.ravel(), labels.shape[1]
    rim, place = _sides(flat, width)
    pixel, side = rim.take(place >> 2), place & 3
    onward = _onward(flat, width, pixel, side, (rim, place))
    edge = _ring_by_ring(onward)
    begin = np.flatnonzero(np.append(True, onward[edge[:-1]] != edge[1:])[: len(edge)])
    is_outer = _areas(pixel[edge], side[edge], begin) > 0
    outer, label = np.flatnonzero(is_outer), flat[pixel[edge[begin]]]
    outer = outer[np.argsort(label[outer])]
    if (np.diff(label[outer]) == 0).any():
        return edges_within(patches_of(labels)[0])
    order = np.argsort(outer[np.searchsorted(label[outer], label)], kind="stable")
    counts = np.diff(np.append(begin, len(edge)))[order]
    start = np.append(0, np.cumsum(counts))
    edge = edge[np.arange(len(edge)) + np.repeat(begin[order] - start[:-1], counts)]
    first_ring = np.append(np.flatnonzero(is_outer[order]), len(order))
    return Edges(flat, width, pixel[edge], side[edge], start, first_ring)


def _steps(vectors: NDArray[np.int64], width: int) -> Ints:
    """Return what must be added to a flat index to get to the neighbours in the direction of `vectors`."""
    return np.asarray(vectors @ (1, width), dtype=np.int64)


def _sides(flat: Labels, width: int) -> tuple[Ints, Ints]:
    """Return the pixels at a rim, ascending, and of all edges 4 * the number of the pixel among these + side."""
    is_rim = np.zeros(flat.size, dtype=bool)
    for step in (1, width):
        differs = flat[:-step] != flat[step:]
        is_rim[:-step] |= differs
        is_rim[step:] |= differs
    rim = np.flatnonzero(is_rim & (flat > 0))
    own = flat.take(rim)
    differs = np.empty((len(rim), 4), dtype=bool)
    for side, step in enumerate(_steps(NORMAL, width)):
        np.not_equal(flat.take(rim + step), own, out=differs[:, side])
    return rim, np.flatnonzero(differs)


def _onward(flat: Labels, width: int, pixel: Ints, side: Ints, sides: tuple[Ints, Ints]) -> Labels:
    """Return the index of the edge that follows every edge."""
    own = flat.take(pixel)
    forward, outward = _steps(ALONG, width).take(side), _steps(NORMAL, width).take(side)
    straight = flat.take(pixel + forward) == own
    left = straight & (flat.take(pixel + forward + outward) == own)
    to_pixel = pixel + forward * straight + outward * left
    turn = RIGHT - straight - left  # to the left is -RIGHT
    rim, place = sides
    number, index = np.empty(flat.size, dtype=np.int32), np.empty(4 * len(rim), dtype=np.int32)
    number[rim], index[place] = np.arange(len(rim)), np.arange(len(place))  # of others, nobody asks
    return np.asarray(index.take(4 * number.take(to_pixel) + ((side + turn) & 3)), dtype=np.int32)


def _ring_by_ring(onward: Labels) -> Ints:
    """Return the edges ring by ring, each from its first edge on, rings in the order of these.

    That is the order of a depth-first search along a chain of as many nodes, of which the n-th also leads to edge n.
    """
    count = len(onward)
    if not count:
        return np.empty(0, dtype=np.int64)
    number = np.arange(count, dtype=np.int32)
    targets = np.empty(3 * count - 1, dtype=np.int32)
    targets[:count] = onward
    targets[count::2] = number  # the chain's n-th node leads to edge n, and to the next of the chain
    targets[count + 1 :: 2] = number[1:] + np.int32(count)
    begins = np.append(np.arange(count, dtype=np.int32), np.arange(count, 3 * count + 1, 2, dtype=np.int32))
    begins[-1] = len(targets)
    graph = scipy.sparse.csr_array((np.ones(len(targets)), targets, begins), shape=(2 * count, 2 * count))
    found = scipy.sparse.csgraph.depth_first_order(graph, count, return_predecessors=False)
    return np.asarray(found[found < count], dtype=np.int64)


def _areas(pixel: Ints, side: Ints, begin: Ints) -> Ints:
    """Return the pixels inside of rings, negative for holes; ring r has the edges from `begin[r]` on.

    What is inside of a ring in a row lies between its edges on the left and on the right.
    """
    column = (side == RIGHT) * (pixel + 1) - (side == LEFT) * pixel
    return np.add.reduceat(column, begin) if len(begin) else begin
