"""Which walls of an outline are one, and which are noise: picked by length, a few at a time, none beside another."""

from __future__ import annotations

import numpy as np

from .coverage import Coverage
from .lengths import Lengths
from .lines import distance
from .rings import Bools, Floats, Ints
from .sections import meeting_pairs
from .walls import PARALLEL, SAME, Joints, Walls, cross, preceding


def mergeable(walls: Walls, lengths: Lengths) -> Bools:
    """Tell which walls go on in the next one, on a line that is the same but for noise; never two in a row."""
    following = walls.following()
    here = np.flatnonzero((following >= 0) & (following != np.arange(len(walls))))
    there = following[here]
    along = (walls.along[here] * walls.along[there]).sum(axis=1)
    across = cross(walls.along[here], walls.along[there])
    shorter = walls.fit.length[here] < walls.fit.length[there]
    one, two = np.where(shorter, here, there), np.where(shorter, there, here)
    step = np.full(len(walls), np.inf)
    step[here] = _farthest_end(walls, one, two)
    close = np.zeros(len(walls), dtype=bool)
    close[here] = (along > 0) & (np.abs(across) < PARALLEL)
    close[here] &= walls.fixed[here] == walls.fixed[there]
    return _local_minima(np.where(close & (step <= lengths.step), step, np.inf), following)


def _farthest_end(walls: Walls, which: Ints, line: Ints) -> Floats:
    """Return how far the ends of walls are from the lines of others, at most; for parallels, how far these are."""
    ends = np.stack([walls.begin[which], walls.end[which]], axis=1)
    off = distance(ends, walls.place[line][:, None], walls.along[line][:, None]).max(axis=1)
    step = distance(walls.place[which], walls.place[line], walls.along[line])
    parallel = np.abs(cross(walls.along[which], walls.along[line])) < SAME
    return np.asarray(np.where(parallel, step, off), dtype=np.float64)


def going_on(walls: Walls, coverage: Coverage, step_m: float) -> tuple[Ints, Ints]:
    """Return the pairs of walls that go on in each other across a node, on lines that are the same but for noise."""
    first, last = walls.ends_of_arcs()
    arc = walls.arc[first]
    is_open = ~coverage.closed[arc]
    place = coverage.node[arc[is_open]].T.ravel()
    one, two = meeting_pairs(place, np.concatenate([first[is_open], last[is_open]]))
    apart = walls.line[one] != walls.line[two]
    apart[apart] = np.abs(cross(walls.along[one[apart]], walls.along[two[apart]])) < PARALLEL
    one, two = one[apart], two[apart]
    short = walls.fit.length[one] < walls.fit.length[two]
    one, two = np.where(short, two, one), np.where(short, one, two)
    good = _farthest_end(walls, two, one) <= step_m
    return one[good], two[good]


def removable(walls: Walls, joints: Joints, lengths: Lengths) -> Bools:
    """Tell which walls are too short to be told from noise, the shortest of each neighbourhood only."""
    following = walls.following()
    length = ((joints.end - joints.begin) * walls.along).sum(axis=1)
    short = length < lengths.wall
    short |= walls.free & (_loss(walls, joints, following) <= lengths.loss)
    count = np.bincount(walls.arc)[walls.arc]
    short &= ~walls.fixed & (count > np.where(walls.closed, 4, 1))
    removed = _local_minima(np.where(short, length, np.inf), following)
    return removed | _facing(walls, removed, length, following)


def _loss(walls: Walls, joints: Joints, following: Ints) -> Floats:
    """Return how far the outline would move if a wall was taken out and those beside it went on until they meet."""
    loss = np.full(len(walls), np.inf)
    before = preceding(following)
    wall = np.flatnonzero((before >= 0) & (following >= 0) & (before != following))
    left, right = before[wall], following[wall]
    turn = cross(walls.along[left], walls.along[right])
    steep = np.abs(turn) > PARALLEL
    step = cross(joints.begin[right] - joints.end[left], walls.along[right]) / np.where(steep, turn, 1.0)
    meeting = joints.end[left] + step[:, None] * walls.along[left]
    onward = (step >= 0) & (((joints.begin[right] - meeting) * walls.along[right]).sum(axis=1) >= 0)
    corner = distance(meeting, walls.place[wall], walls.along[wall])
    chord = joints.end[wall] - joints.begin[wall]
    along = (chord * walls.along[left]).sum(axis=1)
    jog = np.abs(along * cross(chord, walls.along[left])) / np.maximum(np.hypot(*chord.T), 1e-9) / 2
    same_way = (walls.along[left] * walls.along[right]).sum(axis=1) > 0
    loss[wall] = np.where(steep & onward, corner, np.where(~steep & same_way & (along > 0), jog, np.inf))
    for place, inner, open_end in ((walls.end, before, following < 0), (walls.begin, following, before < 0)):
        last = np.flatnonzero(open_end & (inner >= 0))
        loss[last] = distance(place[last], walls.place[inner[last]], walls.along[inner[last]])
    return loss


def _facing(walls: Walls, removed: Bools, length: Floats, following: Ints) -> Bools:
    """Tell which walls must go with a removed one, as the walls beside it run back on each other: the shorter one."""
    extra = np.zeros(len(walls), dtype=bool)
    before = preceding(following)
    gone = np.flatnonzero(removed)
    left, right = before[gone], following[gone]
    both = (left >= 0) & (right >= 0) & (left != right)
    left, right = left[both], right[both]
    back = (walls.along[left] * walls.along[right]).sum(axis=1) < -1 + PARALLEL**2
    extra[np.where(length[left] < length[right], left, right)[back]] = True
    return extra


def _local_minima(value: Floats, following: Ints) -> Bools:
    """Tell where `value` is finite and lower than within two steps on both sides; the first of equals."""
    index = np.arange(len(value))
    low = np.isfinite(value)
    reached = following
    for _ in range(2):
        other = np.flatnonzero((reached >= 0) & (reached != index))
        here, there = other, reached[other]
        less = (value[here] < value[there]) | ((value[here] == value[there]) & (here < there))
        beaten = np.where(less, there, here)
        finite = np.isfinite(value[here]) & np.isfinite(value[there])
        low[beaten[finite]] = False
        reached = np.where(reached >= 0, following[reached], -1)
    return low
