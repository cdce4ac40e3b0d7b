"""Outlines as chains of straight walls with given directions, from which walls can be merged and taken out."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from .lines import Fits, dot, joined
from .rings import Bools, Floats, Ints, starts_of

SAME = 1e-6  # sine of the turn between lines along one axis
PARALLEL = np.sin(np.radians(12))


@dataclass(frozen=True)
class Walls:
    """Walls in the order of their arcs; `arc` and `closed` say of every wall which arc it is of, and of what kind.

    Wall w runs along the unit vector `along[w]`, on the line numbered `line[w]` that it may share with other walls;
    `fit` is what is known of the wall itself, `place` a point of the line. `free` walls keep the direction of their
    outline, the others follow an axis; `fixed` ones are no walls, but where the picture ends. On the outline, the wall
    begins at `begin[w]` and ends at `end[w]`.
    """

    arc: Ints
    closed: Bools
    line: Ints
    fit: Fits
    place: Floats
    along: Floats
    free: Bools
    begin: Floats
    end: Floats
    fixed: Bools

    def __len__(self) -> int:
        return len(self.arc)

    def at(self, which: Bools | Ints) -> Walls:
        """Return some of the walls."""
        rows = np.flatnonzero(which) if which.dtype == bool else which
        columns = {name: values.take(rows, axis=0) for name, values in vars(self).items() if name != "fit"}
        return Walls(fit=self.fit.at(rows), **columns)

    def ends_of_arcs(self) -> tuple[Ints, Ints]:
        """Return the first and the last wall of every arc."""
        first = np.flatnonzero(np.append(True, self.arc[1:] != self.arc[:-1]))
        return first, np.append(first[1:], len(self)) - 1

    def following(self) -> Ints:
        """Return the wall after every wall, -1 at the end of an open arc."""
        index = np.arange(len(self))
        first, last = self.ends_of_arcs()
        following = index + 1
        following[last] = np.where(self.closed[last], first, -1)
        return following

    def projected(self, points: Floats) -> Floats:
        """Return the feet on the walls' lines of one point each."""
        distance = dot(points - self.place, self.along)
        return np.asarray(self.place + distance[:, None] * self.along, dtype=np.float64)


@dataclass(frozen=True)
class Joints:
    """Where walls begin and end once extended to meet: `begin` and `end` (n, 2).

    Where wall w and the next one do not meet near the outline's corner, `apart[w]`, they end beside each other at the
    corner's feet on both.
    """

    begin: Floats
    end: Floats
    apart: Bools


def joints_of(walls: Walls, reach_m: float) -> Joints:
    """Return the joints; walls meet at most `reach_m` from the outline's corner."""
    following = walls.following()
    here = np.flatnonzero(following >= 0)
    there = following[here]
    begin, end = walls.projected(walls.begin), walls.projected(walls.end)
    one, two = walls.along.take(here, axis=0), walls.along.take(there, axis=0)
    turn = cross(one, two)
    steep = np.abs(turn) > PARALLEL
    place = walls.place.take(here, axis=0)
    along = cross(walls.place.take(there, axis=0) - place, two) / np.where(steep, turn, 1.0)
    meeting = place + along[:, None] * one
    meet = steep & (np.hypot(*(meeting - walls.end.take(here, axis=0)).T) <= reach_m)
    end[here[meet]] = begin[there[meet]] = meeting[meet]
    apart = np.zeros(len(walls), dtype=bool)
    apart[here[~meet]] = True
    return Joints(begin, end, apart)


def merged(walls: Walls, first: Bools) -> Walls:
    """Return the walls with those in `first` and their following ones made one; no two picked walls are neighbours."""
    one = np.flatnonzero(first)
    two = walls.following()[one]
    line = joined(walls.line, walls.line[one], walls.line[two])
    owner = np.arange(len(walls))
    owner[two] = one
    fit = walls.fit.pooled(owner)
    end, begin, along, free = walls.end.copy(), walls.begin.copy(), walls.along.copy(), walls.free.copy()
    end[one] = walls.end[two]
    kept = np.ones(len(walls), dtype=bool)
    kept[two] = False
    return on_lines(replace(walls, line=line, fit=fit, begin=begin, end=end, along=along, free=free).at(kept))


def without(walls: Walls, removed: Bools) -> Walls:
    """Return the walls that are left; those beside a gap meet, on the outline, in the middle of it."""
    following = walls.following()
    begin, end = walls.begin.copy(), walls.end.copy()
    gap = np.flatnonzero(removed)
    before = preceding(following)
    left, right = _outside(gap, before, removed), _outside(gap, following, removed)
    middle = (walls.begin[gap] + walls.end[gap]) / 2
    inner = (left >= 0) & (right >= 0)
    end[left[inner]] = begin[right[inner]] = middle[inner]
    at_end, at_begin = (left >= 0) & (right < 0), (left < 0) & (right >= 0)
    end[left[at_end]] = walls.end[gap[at_end]]
    begin[right[at_begin]] = walls.begin[gap[at_begin]]
    return replace(walls, begin=begin, end=end).at(~removed)


def preceding(following: Ints) -> Ints:
    """Return the wall before every wall, -1 at the beginning of an open arc."""
    before = np.full(len(following), -1)
    before[following[following >= 0]] = np.flatnonzero(following >= 0)
    return before


def on_lines(walls: Walls) -> Walls:
    """Return the walls with the place and direction of every line taken anew from all walls on it."""
    angle = np.arctan2(walls.along[:, 1], walls.along[:, 0]) % np.pi
    strength = walls.fit.length * np.where(walls.free, 1e-6, 1.0)  # axes decide, then length
    leaders = np.empty(int(walls.line.max(initial=-1)) + 1, dtype=np.int64)  # of lines that there are
    order = np.argsort(strength, kind="stable")
    leaders[walls.line[order]] = order
    leader = leaders[walls.line]
    angle = angle[leader]
    along = np.column_stack([np.cos(angle), np.sin(angle)])
    along *= np.where(dot(along, walls.along) < 0, -1.0, 1.0)[:, None]
    return replace(walls, line=leader, place=walls.fit.middles(leader), along=along, free=walls.free[leader])


def _outside(walls: Ints, step: Ints, removed: Bools) -> Ints:
    """Return the first wall in direction `step` that is not removed, -1 for none."""
    found = step[walls]
    for _ in range(3):
        inside = (found >= 0) & removed[found]
        found = np.where(inside, step[found], found)
    return found


def together(parts: list[Walls]) -> Walls:
    """Return the walls of all parts, each of which has whole arcs and lines of its own."""
    lines = starts_of(np.array([part.line.max(initial=-1) + 1 for part in parts]))
    numbered = [replace(part, line=part.line + first) for part, first in zip(parts, lines, strict=False)]
    fits = (np.concatenate([getattr(part.fit, item.name) for part in parts]) for item in fields(Fits))
    columns = {
        item.name: np.concatenate([getattr(part, item.name) for part in numbered])
        for item in fields(Walls)
        if item.name != "fit"
    }
    return Walls(fit=Fits(*fits), **columns).at(np.argsort(columns["arc"], kind="stable"))


def cross(one: Floats, two: Floats) -> Floats:
    """Return the sines of the turns from unit vectors `one` to `two`, both (n, 2)."""
    return np.asarray(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0], dtype=np.float64)
