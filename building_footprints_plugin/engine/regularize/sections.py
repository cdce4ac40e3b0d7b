"""Arcs cut into straight sections, each on the line that fits it best.

Sections are the edges of a plane graph and meet in corners. Outlines traced along pixel edges are true to the area
on both sides, so a line fitted to all of a section's outline (not through picked vertices) has no bias.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from .coverage import Arcs, Coverage
from .lines import Fits, distance, dot, fits_of, joined
from .rings import Bools, Floats, Ints, Polygons, owner_of, starts_of
from .unseen import on_border

ON_LINE = 0.75  # of the tolerance: how far the ends of a section may be from the line it is laid on
ON_BORDER = 0.1  # of the tolerance: how far from the border of what is seen a line may be, and be no wall
ONE_WAY = np.cos(np.radians(10))  # what turns by more is no one line, however short: a corner that was rounded off
MAX_MEETING = 6  # pieces of outline that meet in one point, at most


@dataclass(frozen=True)
class Sections:
    """Straight pieces of arcs, in order: arc a has the sections `start[a]` to `start[a + 1] - 1`.

    `own` are the fits of the sections by themselves. Sections that run on across a corner lie on one line: `line` is
    the number of one of them, `fit` the fit of all. `corner` (sections, 2) numbers the corners where a section begins
    and ends, `corner_xy` says where on the outline those are. Arcs share corners at nodes. What lies behind `unseen`
    ones is not known: they are no walls.
    """

    start: Ints
    own: Fits
    fit: Fits
    line: Ints
    corner: Ints
    corner_xy: Floats
    unseen: Bools

    def arc(self) -> Ints:
        """Return the arc of every section."""
        return owner_of(self.start)

    def chord(self) -> Floats:
        """Return the vector (sections, 2) from the corner where a section begins to the one where it ends."""
        return self.corner_xy.take(self.corner[:, 1], axis=0) - self.corner_xy.take(self.corner[:, 0], axis=0)


def sections_of(coverage: Coverage, tolerance_m: float, seen: Polygons) -> Sections:
    """Cut the arcs where they leave a straight line by more than `tolerance_m` (Douglas and Peucker, 1973).

    `seen` is the ground around every polygon of which anything is known, None for all of it.
    """
    arcs = coverage.arcs
    cut = _cuts(arcs, tolerance_m)
    arc = owner_of(arcs.start)[cut]
    inner = arc[1:] == arc[:-1]
    begin, end = cut[:-1][inner], cut[1:][inner]
    fit = fits_of(arcs.xy, begin, end)
    start = starts_of(np.bincount(arc[:-1][inner], minlength=len(arcs.start) - 1))
    corner, corner_xy = _corners(coverage, start, arcs.xy.take(begin, axis=0), arcs.xy.take(end, axis=0))
    unseen = on_border(fit.middle, coverage.sides[owner_of(start)], seen, tolerance_m * ON_BORDER)
    single = Sections(start, fit, fit, np.arange(len(begin)), corner, corner_xy, unseen)
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
    """Lay sections that meet and go one way on one line where that is never further than `near_m` from their ends."""
    one, two = meeting_pairs(sections.corner.ravel(), np.repeat(np.arange(len(sections.corner)), 2))
    along = sections.own.direction()
    same = np.abs(dot(along.take(one, axis=0), along.take(two, axis=0))) >= ONE_WAY
    same &= sections.unseen[one] == sections.unseen[two]
    one, two = one[same], two[same]
    own, line, ends = sections.own, sections.line, sections.corner_xy.take(sections.corner, axis=0)
    fit, off, new = own, np.empty(len(one)), np.ones(len(one), dtype=bool)
    while True:
        left, right = one[new], two[new]
        both = fit.at(left).plus(fit.at(right))
        four = np.concatenate([ends.take(left, axis=0), ends.take(right, axis=0)], axis=1).transpose(1, 0, 2)
        off[new] = distance(four, both.middle, both.direction()).max(axis=0)
        near = np.flatnonzero((off < near_m) & (line[one] != line[two]))
        pick = near[_mutual_best(line[one[near]], line[two[near]], off[near])]
        if not len(pick):
            return replace(sections, line=line, fit=fit)
        changed = np.zeros(len(line), dtype=bool)
        changed[line[one[pick]]] = changed[line[two[pick]]] = True
        new = changed[line[one]] | changed[line[two]]
        line = joined(line, line[one[pick]], line[two[pick]])
        fit = own.pooled(line)


def _mutual_best(one: Ints, two: Ints, cost: Floats) -> Bools:
    """Tell which pairs are the cheapest of both their members."""
    rank = np.empty(len(cost), dtype=np.int64)
    rank[np.argsort(cost, kind="stable")] = np.arange(len(cost))
    best = np.full(int(max(one.max(initial=-1), two.max(initial=-1))) + 1, len(cost))
    np.minimum.at(best, one, rank)
    np.minimum.at(best, two, rank)
    return np.asarray((best[one] == rank) & (best[two] == rank), dtype=bool)


def meeting_pairs(place: Ints, piece: Ints) -> tuple[Ints, Ints]:
    """Return all pairs of pieces that have a place in common; the rows say which piece has an end in which place."""
    order = np.argsort(place, kind="stable")
    one, two = [], []
    for step in range(1, MAX_MEETING):
        here, there = order[:-step], order[step:]
        same = place[here] == place[there]
        one.append(piece[here[same]])
        two.append(piece[there[same]])
    return np.concatenate(one), np.concatenate(two)
