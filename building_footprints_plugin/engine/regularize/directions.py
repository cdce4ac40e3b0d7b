"""The directions buildings are laid out in, and which of them every line of an outline follows.

An axis is an angle modulo a quarter turn, in radians: a building with axis 0 has walls along x and along y.
"""

from __future__ import annotations

import numpy as np

from .coverage import Coverage
from .rings import Bools, Floats, Ints
from .sections import Sections

QUARTER = np.pi / 2
BINS = 90
KERNEL = np.array([1, 2, 3, 4, 3, 2, 1]) / 16  # how far, in bins of a degree, walls of one axis are strewn
SAME_AXIS = np.radians(6)
OTHER_AXIS = np.radians(15)
DIAGONAL = np.radians(6)
OTHER_SHARE = 0.2  # of the outline: what a second axis needs, and
DIAGONAL_SHARE = 0.1  # what one at 45° to the first needs
MAX_TURN = np.radians(35)
SURE_TURN = np.radians(3)
ALIGN_TURN = np.radians(3)
ALIGN_PASSES = 3


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


def building_axes(polygon: Ints, angle: Floats, length: Floats, count: int) -> tuple[Floats, Floats]:
    """Return the first axis (count,) of every polygon, and its second, NaN where the outline supports none.

    The rows are walls: their polygon, the angle of their line, and their length. As the angle of a fitted line is
    the surer the longer the line, walls count by the square of their length.
    """
    first = dominant_axes(polygon, angle, length**2, count)
    off = np.abs(off_axis(angle, first[polygon]))
    rest = off > OTHER_AXIS
    second = dominant_axes(polygon[rest], angle[rest], length[rest] ** 2, count)
    near = rest & (np.abs(off_axis(angle, second[polygon])) < SAME_AXIS)
    along = np.bincount(polygon[near], weights=length[near], minlength=count)
    share = along / np.maximum(np.bincount(polygon, weights=length, minlength=count), 1e-12)
    diagonal = np.abs(off_axis(second, first + QUARTER / 2)) < DIAGONAL
    second = np.where(diagonal, first + QUARTER / 2, second)
    return first, np.where(share >= np.where(diagonal, DIAGONAL_SHARE, OTHER_SHARE), second, np.nan)


def aligned(axis: Floats, group: Ints, size_m: Floats, give_m: float) -> Floats:
    """Return the axes with those of a group that nearly agree made one.

    A polygon whose longest wall is `size_m` is turned only so far that the wall's ends move by `give_m` at most.
    """
    _, group = np.unique(group, return_inverse=True)
    result, open_ = axis.copy(), np.ones(len(axis), dtype=bool)
    may_turn = np.minimum(ALIGN_TURN, np.arcsin(np.minimum(1.0, 2 * give_m / np.maximum(size_m, 1e-9))))
    for _ in range(ALIGN_PASSES):
        common = dominant_axes(group[open_], axis[open_], size_m[open_] ** 2, int(group.max()) + 1)[group]
        taken = open_ & (np.abs(off_axis(axis, common)) <= may_turn)
        result[taken] = common[taken]
        open_ &= ~taken
    return result


def line_angles(
    sections: Sections, coverage: Coverage, group: Ints, turn_m: float, align_m: float
) -> tuple[Floats, Bools]:
    """Return the angle of every section's line, turned to an axis where it is near one, and whether it was.

    The ends of walls move by `turn_m` at most in that, and by `align_m` where axes of neighbours are made one.
    """
    sides = coverage.sides[sections.arc()]
    row, side = np.nonzero(sides >= 0)
    polygon, count = sides[row, side], len(group)
    angle = np.arctan2(*sections.fit.direction().T[::-1])
    length = np.hypot(*sections.chord().T)
    first, second = building_axes(polygon, angle[row], length[row], count)
    longest = np.zeros(count)
    np.maximum.at(longest, polygon, length[row])
    common = aligned(first, group, longest, align_m)
    diagonal = np.abs(off_axis(second, first + QUARTER / 2)) < 1e-9
    second = np.where(diagonal, common + QUARTER / 2, second)
    axis = np.concatenate([common[polygon], second[polygon]])
    line = np.tile(sections.line[row], 2)
    turn = -off_axis(angle, _nearest_axes(angle, line[~np.isnan(axis)], axis[~np.isnan(axis)]))
    limit = np.clip(2 * turn_m / np.maximum(sections.fit.length, 1e-9), SURE_TURN, MAX_TURN)
    near = np.abs(turn) <= limit
    return np.where(near, angle + turn, angle)[sections.line], near[sections.line]


def _nearest_axes(angle: Floats, line: Ints, axis: Floats) -> Floats:
    """Return for every line the axis among its own that it is turned from least."""
    order = np.argsort(-np.abs(off_axis(angle[line], axis)), kind="stable")
    best = np.zeros(len(angle))
    best[line[order]] = axis[order]  # the nearest is written last
    return best
