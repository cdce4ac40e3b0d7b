"""The directions buildings are laid out in, and which of them every line of an outline follows.

An axis is an angle modulo a quarter turn, in radians: a building with axis 0 has walls along x and along y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .coverage import Coverage
from .lengths import Lengths
from .rings import Bools, Floats, Ints
from .sections import Sections

Pairs = tuple[Ints, Ints]

QUARTER = np.pi / 2
BINS = 90
KERNEL = np.array([1, 2, 3, 4, 3, 2, 1]) / 16  # how far, in bins of a degree, walls of one axis are strewn
SAME_AXIS = np.radians(6)
OTHER_AXIS = np.radians(15)
DIAGONAL = np.radians(6)
OTHER_SHARE = 0.2  # of the outline: what a second axis needs, and
DIAGONAL_SHARE = 0.1  # what one at 45° to the first needs
SURE_TURN = np.radians(3)
SURE_SHARE = 0.6  # of the outline within that of an axis: it is sure; of two
BOTH_SHARE = 0.8  # axes together: both are
MAX_TURN = np.radians(15)  # of a wall to its axis
ALIGN_TURN = np.radians(3)  # of a sure axis to a neighbour's,
TOUCH_TURN = np.radians(7)  # to that of a neighbour wall to wall, so that no gap opens between them,
UNSURE_TURN = np.radians(12)  # and of others that touch one


@dataclass(frozen=True)
class Axes:
    """The axes of every polygon: `first`, `second`, NaN for none, and the standard error of the first, 0 if sure."""

    first: Floats
    second: Floats
    error: Floats

    def knowing(self, axis: Floats) -> Axes:
        """Return the axes with the first as given, where it is not NaN, and then no other."""
        known = ~np.isnan(axis)
        first, second = np.where(known, axis, self.first), np.where(known, np.nan, self.second)
        return Axes(first, second, np.where(known, 0.0, self.error))


def off_axis(angle: Floats, axis: Floats) -> Floats:
    """Return the turn from `axis` to `angle`, modulo a quarter turn: -45° to 45°."""
    return np.asarray((angle - axis + QUARTER / 2) % QUARTER - QUARTER / 2, dtype=np.float64)


def dominant_axes(owner: Ints, angle: Floats, weight: Floats, count: int) -> Floats:
    """Return the axis (count,) with most weight around it for every owner, 0 where there is no weight."""
    degree = np.floor(angle % QUARTER / QUARTER * BINS).astype(np.int64) % BINS
    strength = np.bincount(owner * BINS + degree, weights=weight, minlength=count * BINS).reshape(count, BINS)
    reach = len(KERNEL) // 2
    smooth = sum(
        part * np.roll(strength, step, axis=1) for step, part in zip(range(-reach, reach + 1), KERNEL, strict=True)
    )
    peak = (np.argmax(smooth, axis=1) + 0.5) / BINS * QUARTER
    off = off_axis(angle, peak[owner])
    near = np.abs(off) < SAME_AXIS
    total = np.bincount(owner[near], weights=weight[near], minlength=count)
    turn = np.bincount(owner[near], weights=(weight * off)[near], minlength=count)
    return np.asarray(np.where(total > 0, peak + turn / np.maximum(total, 1e-12), 0.0), dtype=np.float64)


def building_axes(polygon: Ints, angle: Floats, length: Floats, count: int, lengths: Lengths) -> Axes:
    """Return the axes of polygons (count,); the rows are walls: their polygon, the angle of their line, their length.

    As the angle of a fitted line is the surer the longer the line, walls count by the square of their length. Where
    most of the outline follows one angle, or two, these are its axes. A ragged outline has the mean direction of its
    walls, modulo a quarter turn: it is nearer to the truth than the direction of any wall.
    """
    first = dominant_axes(polygon, angle, length**2, count)
    rest = np.abs(off_axis(angle, first[polygon])) > OTHER_AXIS
    second = dominant_axes(polygon[rest], angle[rest], length[rest] ** 2, count)
    share = [
        _share(polygon, length, count, np.abs(off_axis(angle, axis[polygon])) < SURE_TURN) for axis in (first, second)
    ]
    sure = (share[0] >= SURE_SHARE) | ((share[0] + share[1] >= BOTH_SHARE) & (share[1] >= OTHER_SHARE))
    mean, error = mean_axes(polygon, angle, length**2, count)
    rest &= length >= lengths.corner  # shorter ones are corners that were rounded off
    along = _share(polygon, length, count, rest & (np.abs(off_axis(angle, second[polygon])) < SAME_AXIS))
    diagonal = np.abs(off_axis(second, first + QUARTER / 2)) < DIAGONAL
    second = np.where(diagonal, first + QUARTER / 2, second)
    has = sure & (along >= np.where(diagonal, DIAGONAL_SHARE, OTHER_SHARE))
    has &= lengths.diagonals | ~diagonal
    return Axes(np.where(sure, first, mean), np.where(has, second, np.nan), np.where(sure, 0.0, error))


def _share(polygon: Ints, length: Floats, count: int, which: Bools) -> Floats:
    """Return the share of every polygon's outline that is in walls `which`; `polygon` has walls for each."""
    total = np.bincount(polygon, length, count)
    return np.asarray(np.bincount(polygon, length * which, count) / np.maximum(total, 1e-12), dtype=np.float64)


def mean_axes(polygon: Ints, angle: Floats, weight: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the mean axis (count,) of walls and their standard deviation from it, in radians.

    Circular statistics of four times the angle, by which walls at right angles say the same (Mardia and Jupp, 2000).
    """
    east, north = (np.bincount(polygon, weight * part, count) for part in (np.cos(4 * angle), np.sin(4 * angle)))
    agreement = np.hypot(east, north) / np.maximum(np.bincount(polygon, weight, count), 1e-12)
    return np.arctan2(north, east) / 4, np.sqrt(-2 * np.log(np.clip(agreement, 1e-9, 1.0))) / 4


def aligned(axes: Axes, size_m: Floats, give_m: float, near: Pairs, touching: Pairs) -> Floats:
    """Return the first axes, those of polygons turned to that of a larger neighbour where they nearly agree.

    A polygon whose longest wall is `size_m` is turned only so far that the wall's ends move by `give_m` at most, or
    by `TOUCH_TURN` or the error of its axis where it touches the other. `near` and `touching` are pairs of
    polygons, either way round. Who follows nobody stays as it is, so twice changes nothing.
    """
    little = np.minimum(ALIGN_TURN, np.arcsin(np.minimum(1.0, 2 * give_m / np.maximum(size_m, 1e-9))))
    much = np.clip(axes.error, TOUCH_TURN, UNSURE_TURN)
    may_turn = np.concatenate([little[near[0]], much[touching[0]]])
    one, two = (np.concatenate(side) for side in zip(near, touching, strict=True))
    rank = np.empty(len(size_m), dtype=np.int64)
    rank[np.argsort(-np.round(size_m, 3), kind="stable")] = np.arange(len(size_m))
    order = np.lexsort((rank[two], rank[one]))
    order = order[rank[two[order]] < rank[one[order]]]
    return _following(axes.first, one[order], two[order], may_turn[order])


def _following(axis: Floats, one: Ints, two: Ints, may_turn: Floats) -> Floats:
    """Return the axes with that of each `one` made that of its `two` which is nearest; these are settled before it."""
    begins = np.flatnonzero(np.diff(one, prepend=-1))
    counts, result = np.diff(begins, append=len(one)), axis
    while True:  # once for each that follows one that follows one, and so on
        turn = off_axis(result[two], axis[one])
        off = np.where(np.abs(turn) <= may_turn, np.abs(turn), np.inf)
        nearest = np.repeat(np.minimum.reduceat(off, begins), counts)
        pick = np.flatnonzero((off == nearest) & np.isfinite(off))[::-1]  # the first of equals is written last
        before, result = result, axis.copy()
        result[one[pick]] += turn[pick]
        if np.array_equal(before, result, equal_nan=True):
            return result


@dataclass(frozen=True)
class Directions:
    """Of lines the `angle`, and whether it `follows` an axis; of polygons the `axis`, and whether there are `two`."""

    angle: Floats
    follows: Bools
    axis: Floats
    two: Bools


def directions_of(sections: Sections, coverage: Coverage, known: Floats, near: Pairs, lengths: Lengths) -> Directions:
    """Return the angles of the sections' lines, turned to an axis where they are near one.

    The ends of walls move by `lengths.turn` at most in that, and by `lengths.align` where axes are made one. `known`
    are the axes of polygons that are square already, NaN for others; `near` the pairs of polygons side by side.
    """
    sides = coverage.sides[sections.arc()]
    row, side = np.nonzero(sides >= 0)
    polygon, count = sides[row, side], len(known)
    angle = np.arctan2(*sections.fit.direction().T[::-1])
    length = np.hypot(*sections.chord().T)
    wall = ~sections.unseen[row]
    axes = building_axes(polygon[wall], angle[row[wall]], length[row[wall]], count, lengths).knowing(known)
    longest = np.zeros(count)
    np.maximum.at(longest, polygon, length[row])
    axis = aligned(axes, longest, lengths.align, near, coverage.touching())
    diagonal = np.abs(off_axis(axes.second, axes.first + QUARTER / 2)) < 1e-9
    both = np.concatenate([axis[polygon], np.where(diagonal, axis + QUARTER / 2, axes.second)[polygon]])
    line = np.tile(sections.line[row], 2)
    turn = -off_axis(angle, _nearest_axes(angle, line[~np.isnan(both)], both[~np.isnan(both)]))
    limit = np.clip(2 * lengths.turn / np.maximum(sections.fit.length, 1e-9), SURE_TURN, MAX_TURN)
    follows = (np.abs(turn) <= limit) & ~sections.unseen
    turned = np.where(follows, angle + turn, angle)
    return Directions(turned[sections.line], follows[sections.line], axis, ~np.isnan(axes.second))


def _nearest_axes(angle: Floats, line: Ints, axis: Floats) -> Floats:
    """Return for every line the axis among its own that it is turned from least."""
    order = np.argsort(-np.abs(off_axis(angle[line], axis)), kind="stable")
    best = np.zeros(len(angle))
    best[line[order]] = axis[order]  # the nearest is written last
    return best
