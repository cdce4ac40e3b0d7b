"""Arcs cut into straight sections, each with the line that fits it best.

Sections are the edges of a plane graph and meet in corners. Outlines traced along pixel edges are true to the area
on both sides, so a line fitted to all of a section's outline (not through picked vertices) has no bias.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .coverage import Arcs, Coverage
from .rings import Floats, Ints, owner_of, starts_of


@dataclass(frozen=True)
class Sections:
    """Straight pieces of arcs, in order: arc a has the sections `start[a]` to `start[a + 1] - 1`.

    Every section has its `length`, the `middle` of its outline and its unit `direction`, both weighted by length, and
    the numbers `corner` (sections, 2) of the corners where it begins and ends; `corner_xy` says where on the outline
    those are. Corners at nodes come first, and are shared by the arcs that meet there.
    """

    start: Ints
    length: Floats
    middle: Floats
    direction: Floats
    corner: Ints
    corner_xy: Floats

    def arc(self) -> Ints:
        """Return the arc of every section."""
        return owner_of(self.start)


def sections_of(coverage: Coverage, tolerance_m: float) -> Sections:
    """Cut the arcs where they leave a straight line by more than `tolerance_m` (Douglas and Peucker, 1973)."""
    arcs = coverage.arcs
    cut = _cuts(arcs, tolerance_m)
    arc = owner_of(arcs.start)[cut]
    inner = arc[1:] == arc[:-1]
    begin, end = cut[:-1][inner], cut[1:][inner]
    length, middle, direction = _fitted(arcs.xy, begin, end)
    start = starts_of(np.bincount(arc[:-1][inner], minlength=len(arcs.start) - 1))
    corner, corner_xy = _corners(coverage, start, arcs.xy[begin], arcs.xy[end])
    return Sections(start, length, middle, direction, corner, corner_xy)


def _cuts(arcs: Arcs, tolerance_m: float) -> Ints:
    """Return the vertices at which the arcs are cut, their ends included."""
    lines = shapely.linestrings(np.column_stack([arcs.xy, np.arange(len(arcs.xy))]), indices=owner_of(arcs.start))
    simple = shapely.simplify(lines, tolerance_m, preserve_topology=False)
    return np.asarray(np.rint(shapely.get_coordinates(simple, include_z=True)[:, 2]), dtype=np.int64)


def _fitted(xy: Floats, begin: Ints, end: Ints) -> tuple[Floats, Floats, Floats]:
    """Return length, middle and direction of the outline from vertex `begin` to vertex `end`, by least squares."""
    counts = end - begin
    start = starts_of(counts)
    section = owner_of(start)
    first = begin[section] + np.arange(start[-1]) - start[section]
    here, there = xy[first] - xy[begin[section]], xy[first + 1] - xy[begin[section]]
    weight = np.hypot(*(there - here).T)

    def total(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values, start[:-1]), dtype=np.float64)

    length = total(weight)
    middle = total((here + there) / 2 * weight[:, None]) / length[:, None]
    here, there = here - middle[section], there - middle[section]

    def moment(one: int, two: int) -> Floats:  # the integral of x y along a segment, exactly
        ends = here[:, one] * here[:, two] + there[:, one] * there[:, two]
        return total(weight * (2 * ends + here[:, one] * there[:, two] + here[:, two] * there[:, one]) / 6)

    angle = np.arctan2(2 * moment(0, 1), moment(0, 0) - moment(1, 1)) / 2
    direction = np.column_stack([np.cos(angle), np.sin(angle)])
    chord = xy[end] - xy[begin]
    direction *= np.where((direction * chord).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    return length, middle + xy[begin], direction


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
