"""Which walls of an outline are one, and which are noise: picked by length, a few at a time, none beside another."""

from __future__ import annotations

import numpy as np

from .coverage import Coverage
from .lengths import Lengths
from .lines import distance, dot
from .rings import Bools, Floats, Ints
from .sections import meeting_pairs
from .walls import PARALLEL, SAME, Joints, Walls, cross, preceding


def mergeable(walls: Walls, lengths: Lengths) -> Bools:
    """Tell which walls go on in the next one, on a line that is the same but for noise; never two in a row."""
    following = walls.following()
    here = np.flatnonzero((following >= 0) & (following != np.arange(len(walls))))
    there = following[here]
    own, other = walls.along.take(here, axis=0), walls.along.take(there, axis=0)
    along, across = dot(own, other), cross(own, other)
    shorter = walls.fit.length[here] < walls.fit.length[there]
    one, two = np.where(shorter, here, there), np.where(shorter, there, here)
    step = np.full(len(walls), np.inf)
    step[here] = _farthest_end(walls, one, two)
    close = np.zeros(len(walls), dtype=bool)
    close[here] = (along > 0) & (np.abs(across) < PARALLEL)
    close[here] &= walls.fixed[here] == walls.fixed[there]
    return local_minima(np.where(close & (step <= lengths.step), step, np.inf), following)


def _farthest_end(walls: Walls, which: Ints, line: Ints) -> Floats:
    """Return how far the ends of walls are from the lines of others, at most; for parallels, how far these are."""
    place, along = walls.place.take(line, axis=0), walls.along.take(line, axis=0)
    begin, end, step = (
        distance(points.take(which, axis=0), place, along) for points in (walls.begin, walls.end, walls.place)
    )
    parallel = np.abs(cross(walls.along.take(which, axis=0), along)) < SAME
    return np.where(parallel, step, np.maximum(begin, end))


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
    length = dot(joints.end - joints.begin, walls.along)
    short = length < lengths.wall
    short |= walls.free & (_loss(walls, joints, following) <= lengths.loss)
    count = np.bincount(walls.arc)[walls.arc]
    short &= ~walls.fixed & (count > np.where(walls.closed, 4, 1))
    removed = local_minima(np.where(short, length, np.inf), following)
    return removed | _facing(walls, removed, length, following)


def _loss(walls: Walls, joints: Joints, following: Ints) -> Floats:
    """Return how far the outline would move if a wall was taken out and those beside it went on until they meet."""
    loss = np.full(len(walls), np.inf)
    before = preceding(following)
    wall = np.flatnonzero((before >= 0) & (following >= 0) & (before != following))
    left, right = before[wall], following[wall]
    one, two = walls.along.take(left, axis=0), walls.along.take(right, axis=0)
    end, begin = joints.end.take(left, axis=0), joints.begin.take(right, axis=0)
    turn = cross(one, two)
    steep = np.abs(turn) > PARALLEL
    step = cross(begin - end, two) / np.where(steep, turn, 1.0)
    meeting = end + step[:, None] * one
    onward = (step >= 0) & (dot(begin - meeting, two) >= 0)
    corner = distance(meeting, walls.place.take(wall, axis=0), walls.along.take(wall, axis=0))
    chord = joints.end.take(wall, axis=0) - joints.begin.take(wall, axis=0)
    along = dot(chord, one)
    jog = np.abs(along * cross(chord, one)) / np.maximum(np.hypot(*chord.T), 1e-9) / 2
    same_way = dot(one, two) > 0
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
    back = dot(walls.along[left], walls.along[right]) < -1 + PARALLEL**2
    extra[np.where(length[left] < length[right], left, right)[back]] = True
    return extra


def local_minima(value: Floats, following: Ints) -> Bools:
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
