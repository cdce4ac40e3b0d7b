"""Squared outlines: every wall along an axis of its building, no wall shorter than what the pixels can tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .coverage import Arcs, Coverage
from .directions import line_angles
from .lines import joined
from .rebuilding import arcs_along
from .rings import Ints
from .sections import Sections
from .sifting import Lengths, going_on, in_steps, mergeable, removable
from .walls import Walls, joints_of, merged, on_lines, without


def squared_arcs(sections: Sections, coverage: Coverage, group: Ints, lengths: Lengths) -> list[Arcs]:
    """Return the arcs squared in two ways: with steps in place of slanted walls, and with the slanted walls.

    `group` (polygons,) numbers the neighbourhoods within which axes are aligned.
    """
    slanted = _sifted(_walls_of(sections, coverage, group, lengths), coverage, lengths)
    stepped = in_steps(slanted, joints_of(slanted, lengths.meeting), lengths)
    stepped = _sifted(stepped, coverage, lengths)
    return [arcs_along(walls, coverage, lengths.meeting) for walls in (stepped, slanted)]


def _sifted(walls: Walls, coverage: Coverage, lengths: Lengths) -> Walls:
    """Return the walls that are left once what is one is made one, and what is noise taken out."""
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
        if not removed.any():
            return walls
        walls = on_lines(without(walls, removed))


def _walls_of(sections: Sections, coverage: Coverage, group: Ints, lengths: Lengths) -> Walls:
    angle, snapped = line_angles(sections, coverage, group, lengths.turn, lengths.align)
    along = np.column_stack([np.cos(angle), np.sin(angle)])
    chord = sections.chord()
    along *= np.where((along * chord).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    arc = sections.arc()
    corner = sections.corner_xy[sections.corner]
    return on_lines(
        Walls(
            arc,
            coverage.closed[arc],
            sections.line,
            sections.own,
            sections.fit.middle,
            along,
            ~snapped,
            corner[:, 0],
            corner[:, 1],
        )
    )
