"""Arcs cut into straight sections, each on the line that fits it best.

Sections are the edges of a plane graph and meet in corners. Outlines traced along pixel edges are true to the area
on both sides, so a line fitted to all of a section's outline (not through picked vertices) has no bias.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from .coverage import Arcs, Coverage
from .lines import Fits, fits_of
from .rings import Bools, Floats, Ints, owner_of, starts_of

ON_LINE = 0.75  # of the tolerance: how far the ends of a section may be from the line it is laid on
MAX_POOLING_ROUNDS = 20


@dataclass(frozen=True)
class Sections:
    """Straight pieces of arcs, in order: arc a has the sections `start[a]` to `start[a + 1] - 1`.

    `own` are the fits of the sections by themselves. Sections that run on across a node lie on one line: `line` is
    the number of the longest section on it, `fit` the fit of all of them. `corner` (sections, 2) numbers the corners
    where a section begins and ends, `corner_xy` says where on the outline those are. Arcs share corners at nodes.
    """

    start: Ints
    own: Fits
    fit: Fits
    line: Ints
    corner: Ints
    corner_xy: Floats

    def arc(self) -> Ints:
        """Return the arc of every section."""
        return owner_of(self.start)

    def chord(self) -> Floats:
        """Return the vector (sections, 2) from the corner where a section begins to the one where it ends."""
        return np.asarray(self.corner_xy[self.corner[:, 1]] - self.corner_xy[self.corner[:, 0]], dtype=np.float64)


def sections_of(coverage: Coverage, tolerance_m: float) -> Sections:
    """Cut the arcs where they leave a straight line by more than `tolerance_m` (Douglas and Peucker, 1973)."""
    arcs = coverage.arcs
    cut = _cuts(arcs, tolerance_m)
    arc = owner_of(arcs.start)[cut]
    inner = arc[1:] == arc[:-1]
    begin, end = cut[:-1][inner], cut[1:][inner]
    fit = fits_of(arcs.xy, begin, end)
    start = starts_of(np.bincount(arc[:-1][inner], minlength=len(arcs.start) - 1))
    corner, corner_xy = _corners(coverage, start, arcs.xy[begin], arcs.xy[end])
    single = Sections(start, fit, fit, np.arange(len(begin)), corner, corner_xy)
    return _laid_on_lines(single, tolerance_m * ON_LINE)


def _cuts(arcs: Arcs, tolerance_m: float) -> Ints:
    """Return the vertices at which the arcs are cut, their ends included."""
    lines = shapely.linestrings(np.column_stack([arcs.xy, np.arange(len(arcs.xy))]), indices=owner_of(arcs.start))
    simple = shapely.simplify(lines, tolerance_m, preserve_topology=False)
    return np.asarray(np.rint(shapely.get_coordinates(simple, include_z=True)[:, 2]), dtype=np.int64)


def _corners(coverage: Coverage, start: Ints, begin: Floats, end: Floats) -> tuple[Ints, Floats]:
    """Return the numbers of the corners at both ends of the sections, and where on the outline the corners are."""
    closed = coverage.closed
    nodes, node = np.unique(coverage.node[~closed], return_inverse=True)
    first, last = start[:-1], start[1:] - 1
    own = len(nodes) + np.arange(len(begin))
    corner = np.column_stack([own, own + 1])
    corner[last[closed], 1] = own[first[closed]]
    corner[first[~closed], 0] = node.reshape(-1, 2)[:, 0]
    corner[last[~closed], 1] = node.reshape(-1, 2)[:, 1]
    corner_xy = np.zeros((len(nodes) + len(begin) + 1, 2))
    corner_xy[corner[:, 0]] = begin
    corner_xy[corner[:, 1]] = end
    return corner, corner_xy


def _laid_on_lines(sections: Sections, near_m: float) -> Sections:
    """Lay every section on the line of the longest one it can be reached from across nodes and is near to."""
    one, two = _across_nodes(sections)
    line = sections.line.copy()
    direction = sections.own.direction()
    for _ in range(MAX_POOLING_ROUNDS):
        leader = line[two]
        better = (sections.own.length[leader] > sections.own.length[line[one]]) & (
            _farthest_end(sections, one, sections.own.middle[leader], direction[leader]) < near_m
        )
        if not better.any():
            break
        order = np.argsort(sections.own.length[leader[better]], kind="stable")  # the longest is written last
        line[one[better][order]] = leader[better][order]
    return replace(sections, line=line, fit=sections.own.pooled(_rooted(line)))


def _rooted(line: Ints) -> Ints:
    """Return the last of the leaders' leaders."""
    while (line[line] != line).any():
        line = line[line]
    return line


def _farthest_end(sections: Sections, which: Ints, middle: Floats, direction: Floats) -> Floats:
    """Return the larger of the distances of both ends of sections `which` to the lines given."""
    off = sections.corner_xy[sections.corner[which]] - middle[:, None]
    return np.abs(off[..., 0] * direction[:, None, 1] - off[..., 1] * direction[:, None, 0]).max(axis=1)


def _across_nodes(sections: Sections) -> tuple[Ints, Ints]:
    """Return all ordered pairs of sections of different arcs, or ends of the same one, that meet at a node."""
    corner, section = sections.corner.ravel(), np.repeat(np.arange(len(sections.corner)), 2)
    at_node: Bools = np.ones(len(corner), dtype=bool)
    order = np.argsort(corner, kind="stable")
    pairs: list[tuple[Ints, Ints]] = []
    for step in range(1, 6):  # at most six pieces of outline meet in one point
        here, there = order[:-step], order[step:]
        same = (corner[here] == corner[there]) & at_node[here]
        pairs += [(section[here[same]], section[there[same]]), (section[there[same]], section[here[same]])]
    arc = sections.arc()
    one, two = (np.concatenate(side) for side in zip(*pairs, strict=True))
    across = arc[one] != arc[two]
    return one[across], two[across]
