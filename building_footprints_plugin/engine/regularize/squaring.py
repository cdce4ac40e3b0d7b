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
from .sifting import Lengths, going_on, mergeable, removable
from .walls import Walls, joints_of, merged, on_lines, without


def squared_arcs(sections: Sections, coverage: Coverage, group: Ints, lengths: Lengths) -> Arcs:
    """Return the arcs squared; `group` (polygons,) numbers the neighbourhoods within which axes are aligned."""
    walls = _walls_of(sections, coverage, group, lengths)
    while True:
        joints = joints_of(walls, lengths.meeting)
        pick = mergeable(walls, lengths)
        if pick.any():
            walls = merged(walls, pick)
            continue
        one, two = going_on(walls, coverage, lengths.step)
        if len(one):
            walls = on_lines(replace(walls, line=joined(walls.line, walls.line[one], walls.line[two])))
            continue
        removed = removable(walls, joints, lengths)
        if not removed.any():
            return arcs_along(walls, coverage, lengths.meeting)
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
