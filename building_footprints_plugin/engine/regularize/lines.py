"""Lines fitted to pieces of outline by least squares, in sums that can be added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .rings import Bools, Floats, Ints, owner_of, starts_of

POINT_M = 1e-9  # the length of a piece that has none


@dataclass(frozen=True)
class Fits:
    """What is known of n pieces of outline: `length`, `middle` (n, 2), and `spread` (n, 3).

    The middle is weighted by length; the spread holds the integrals of x², x y and y² about it along the outline.
    """

    length: Floats
    middle: Floats
    spread: Floats

    def direction(self) -> Floats:
        """Return the unit direction (n, 2) of the line with the least squared distance; its sign has no meaning."""
        xx, xy, yy = self.spread.T
        angle = np.arctan2(2 * xy, xx - yy) / 2
        return np.column_stack([np.cos(angle), np.sin(angle)])

    def at(self, which: Ints | Bools) -> Fits:
        """Return the fits of some pieces."""
        rows = np.flatnonzero(which) if which.dtype == bool else which
        return Fits(self.length.take(rows), self.middle.take(rows, axis=0), self.spread.take(rows, axis=0))

    def plus(self, other: Fits) -> Fits:
        """Return the fits of each piece together with one of `other`."""
        length = self.length + other.length
        apart = other.middle - self.middle
        middle = self.middle + apart * (other.length / length)[:, None]
        product = np.column_stack([apart[:, 0] ** 2, apart[:, 0] * apart[:, 1], apart[:, 1] ** 2])
        spread = self.spread + other.spread + (self.length * other.length / length)[:, None] * product
        return Fits(length, middle, spread)

    def pooled(self, owner: Ints) -> Fits:
        """Return for every piece the fit of all pieces with the same `owner`, which is the number of one of them."""

        origin, offset, shift = self._shifts(owner)
        rest = offset - shift
        product = np.column_stack([rest[:, 0] ** 2, rest[:, 0] * rest[:, 1], rest[:, 1] ** 2])
        spread = self.spread + self.length[:, None] * product
        columns = [_total(values, owner) for values in (self.length, *spread.T)]
        return Fits(columns[0], origin + shift, np.column_stack(columns[1:]))

    def middles(self, owner: Ints) -> Floats:
        """Return for every piece the middle (n, 2) of all pieces with the same `owner`, as `pooled` does."""
        origin, _, shift = self._shifts(owner)
        return origin + shift

    def _shifts(self, owner: Ints) -> tuple[Floats, Floats, Floats]:
        """Return the middle of every piece's owner, its own and that of all from there."""
        origin, length = self.middle.take(owner, axis=0), _total(self.length, owner)
        offset = self.middle - origin
        shift = np.column_stack([_total(self.length * offset[:, k], owner) for k in (0, 1)]) / length[:, None]
        return origin, offset, shift


def _total(values: Floats, owner: Ints) -> Floats:
    """Return for every piece the sum over all with the same owner."""
    return np.asarray(np.bincount(owner, weights=values, minlength=len(owner)).take(owner), dtype=np.float64)


def fits_of(xy: Floats, begin: Ints, end: Ints) -> Fits:
    """Return the fits of the polylines from vertex `begin` to vertex `end` of `xy`."""
    start = starts_of(end - begin)
    piece = owner_of(start)
    first = begin[piece] + np.arange(start[-1]) - start[piece]
    origin = xy.take(begin[piece], axis=0)
    here, there = xy.take(first, axis=0) - origin, xy.take(first + 1, axis=0) - origin
    weight = np.hypot(*(there - here).T)

    def total(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values, start[:-1]), dtype=np.float64)

    length = np.maximum(total(weight), POINT_M)
    middle = total((here + there) / 2 * weight[:, None]) / length[:, None]
    origin = middle.take(piece, axis=0)
    here, there = np.ascontiguousarray((here - origin).T), np.ascontiguousarray((there - origin).T)

    def moment(one: int, two: int) -> Floats:  # the integral of x y along a segment, exactly
        ends = here[one] * here[two] + there[one] * there[two]
        return total(weight * (2 * ends + here[one] * there[two] + here[two] * there[one]) / 6)

    return Fits(length, middle + xy[begin], np.column_stack([moment(0, 0), moment(0, 1), moment(1, 1)]))


def distance(points: Floats, on_line: Floats, direction: Floats) -> Floats:
    """Return how far points (..., 2) are from the lines through `on_line` along unit vectors `direction`."""
    off = points - on_line
    return np.asarray(np.abs(off[..., 0] * direction[..., 1] - off[..., 1] * direction[..., 0]), dtype=np.float64)


def dot(one: Floats, two: Floats) -> Floats:
    """Return the inner products of the rows of `one` and `two`, both (n, 2); ten times as fast as a sum over axis 1."""
    return np.asarray(one[:, 0] * two[:, 0] + one[:, 1] * two[:, 1], dtype=np.float64)


def joined(number: Ints, one: Ints, two: Ints) -> Ints:
    """Return `number` with the numbers `one[k]` and `two[k]` made equal for all k, and all that follows from it."""
    root = np.arange(int(number.max(initial=-1)) + 1)
    while True:
        low, high = np.minimum(root[one], root[two]), np.maximum(root[one], root[two])
        if (low == high).all():
            return np.asarray(root[number], dtype=np.int64)
        np.minimum.at(root, high, low)
        while (root != root[root]).any():
            root = root[root]
