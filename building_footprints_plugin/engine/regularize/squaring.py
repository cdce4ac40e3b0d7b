"""Walls along the axes of their buildings where they are near them, none shorter than what the outline can tell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .coverage import Coverage
from .directions import Directions, Pairs, directions_of
from .lengths import Lengths
from .lines import dot, joined
from .rings import Bools, Floats, Ints
from .sections import Sections, meeting_pairs
from .sifting import going_on, mergeable, removable
from .walls import Walls, joints_of, merged, on_lines, together, without

BEYOND_M = 0.1  # the end of the picture (left of its polygon) is cut off exactly in the end


@dataclass(frozen=True)
class Squared:
    """Walls; the polygons `sides` (arcs, 2) beside their arcs; of every polygon the `axis`, and if it has `two`.

    Walls shorter than `min_edge_m` are noise; they meet `meeting_m` from their corners at most, and their ends move by
    `give_m` at most to follow an axis.
    """

    walls: Walls
    sides: Ints
    axis: Floats
    two: Bools
    min_edge_m: float
    meeting_m: float
    give_m: float

    def along_two(self) -> Bools:
        """Tell which polygons have two axes, and all their walls along these: oblique corners are their own."""
        free = np.zeros(len(self.axis) + 1, dtype=bool)
        free[self.sides[self.walls.arc[self.walls.free]]] = True  # -1, for no polygon, is one more than there are
        return self.two & ~free[:-1]


def squared_walls(sections: Sections, coverage: Coverage, known: Floats, near: Pairs, lengths: Lengths) -> Squared:
    """Return walls along the axes of their polygons where they are near them.

    `known` are axes of polygons that are square already, NaN for others; `near` are pairs of polygons side by side.
    """
    directions = directions_of(sections, coverage, known, near, lengths)
    walls = _sifted(_walls_of(sections, coverage, directions), coverage, lengths)
    return Squared(walls, coverage.sides, directions.axis, directions.two, lengths.wall, lengths.meeting, lengths.turn)


def _sifted(walls: Walls, coverage: Coverage, lengths: Lengths) -> Walls:
    """Return the walls that are left once what is one is made one, and what is noise taken out.

    Row houses in which there is none are done, and set aside.
    """
    row, done = _rows(coverage), []
    while True:
        pick = mergeable(walls, lengths)
        if pick.any():
            walls = merged(walls, pick)
            continue
        one, two = going_on(walls, coverage, lengths.step)
        if len(one):
            walls = on_lines(replace(walls, line=joined(walls.line, walls.line[one], walls.line[two])))
            continue
        removed = removable(walls, joints_of(walls, lengths.meeting), lengths)
        busy = np.isin(row[walls.arc], row[walls.arc[removed]])
        done.append(walls.at(~busy))
        if not busy.any():
            return together(done)
        walls = on_lines(without(walls.at(busy), removed[busy]))


def _rows(coverage: Coverage) -> Ints:
    """Return a number for every arc, the same for arcs that hang together."""
    is_open = np.flatnonzero(~coverage.closed)
    one, two = meeting_pairs(coverage.node[is_open].ravel(), np.repeat(is_open, 2))
    return joined(np.arange(len(coverage.node)), one, two)


def _walls_of(sections: Sections, coverage: Coverage, directions: Directions) -> Walls:
    along = np.column_stack([np.cos(directions.angle), np.sin(directions.angle)])
    along *= np.where(dot(along, sections.chord()) < 0, -1.0, 1.0)[:, None]
    arc = sections.arc()
    begin, end = (sections.corner_xy.take(corner, axis=0) for corner in sections.corner.T)
    beyond = np.where(sections.unseen, BEYOND_M, 0.0)[:, None] * np.column_stack([-along[:, 1], along[:, 0]])
    own = replace(sections.own, middle=sections.own.middle + beyond)
    kinds = coverage.closed[arc], sections.line, own, sections.fit.middle
    return on_lines(Walls(arc, *kinds, along, ~directions.follows, begin, end, sections.unseen))
