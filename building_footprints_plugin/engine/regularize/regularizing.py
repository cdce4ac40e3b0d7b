"""Straightening the outlines of whole neighbourhoods, with guards that keep every footprint true to its outline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely

from ..errors import BadInput
from ..options import REGULARIZE_METHODS
from .candidates import Start, unchanged, with_blocks
from .circles import with_circles
from .corners import squared_axes
from .coverage import Coverage, coverage_of
from .cut_edges import squared_off
from .guards import Guards
from .lengths import Demands, Lengths
from .neighbours import reach_m, side_by_side
from .noding import node_rings
from .rebuilding import arcs_along
from .rings import Bools, Ints, Polygons, rings_of
from .sections import sections_of
from .settling import mended, settled
from .simplify import arcs_through, simplified_arcs
from .squaring import squared_walls
from .unseen import clipped, straight_ground

BATCH = 4096  # polygons straightened at once: some 150 MB, and fastest
MIN_CONTACT = 3  # tolerances of wall that two polygons share at least; less is a touch


@dataclass(frozen=True)
class Regularized:
    """Outlines in the order of the input; `regularized` tells which follow the method that was asked for."""

    polygons: Polygons
    regularized: Bools


def regularize(polygons: Polygons, groups: Ints, demands: Demands, seen: Polygons | None = None) -> Regularized:
    """Straighten valid polygons whose coordinates are metres.

    `groups` (n,) numbers neighbourhoods: polygons of different groups are further apart than twice `reach_m`, those
    of one group may share walls. `seen` (n,) is the ground around each of which anything is known, None for all of it:
    an outline that ends where this does keeps that edge, as a straight line, and stays within to the pixel. A polygon
    that would become invalid, lose its likeness (`Guards`) or overlap another keeps a simpler outline and is marked
    False; what lies beyond the ground is cut off after that. Memory is that of the largest group, or of `BATCH`
    polygons. Raises BadInput on an unknown method.
    """
    if demands.method not in REGULARIZE_METHODS:
        raise BadInput(f"The method is {demands.method!r}; expected one of {', '.join(REGULARIZE_METHODS)}.")
    if demands.method == "none" or len(polygons) == 0:
        return Regularized(polygons, np.full(len(polygons), demands.method == "none"))
    seen = np.full(len(polygons), None, dtype=object) if seen is None else straight_ground(seen, demands.pixel_m)
    result, regularized = polygons.copy(), np.zeros(len(polygons), dtype=bool)
    for rows in batches(groups):
        result[rows], regularized[rows] = _straightened(polygons[rows], groups[rows], demands, seen[rows])
    return Regularized(result, regularized)


def batches(groups: Ints) -> Iterator[Ints]:
    """Yield the rows of whole groups, about `BATCH` at a time."""
    order = np.argsort(groups, kind="stable").astype(np.int64)
    begins = np.flatnonzero(np.diff(groups[order], prepend=groups[order[:1]] - 1))
    cut = 0
    while cut < len(order):
        place = np.searchsorted(begins, cut + BATCH)
        end = int(begins[place]) if place < len(begins) else len(order)
        yield order[cut:end]
        cut = end


def _straightened(polygons: Polygons, groups: Ints, demands: Demands, seen: Polygons) -> tuple[Polygons, Bools]:
    reach = reach_m(demands.tolerance_m, demands.pixel_m)
    raw = np.asarray(shapely.normalize(shapely.remove_repeated_points(polygons)), dtype=object)
    traced = demands.pixel_m > 0  # and so never squared before
    guards = Guards(raw, groups, seen, reach, traced, demands.min_iou)
    coverage = _coverage(raw, groups, demands)
    sections = sections_of(coverage, demands.noise_m, seen)
    simple = simplified_arcs(sections, reach)
    if demands.method == "simplify":  # once more, as lines that fit better leave some corners within the noise
        simple = simplified_arcs(sections_of(replace(coverage, arcs=simple), demands.noise_m, seen), reach)
    choices = [simple, arcs_through(sections, sections.corner_xy), coverage.arcs]
    plain = mended(coverage.polygons(simple))
    if demands.method == "rectangular":
        known = np.full(len(raw), np.nan) if traced else squared_axes(raw, demands.noise_m)
        near, done = side_by_side(guards.rough, groups, reach, coverage.touching()), ~np.isnan(known)
        squared = squared_walls(sections, coverage, known, near, Lengths.of(demands))
        arcs = arcs_along(squared.walls, coverage, squared.meeting_m)
        arcs, is_round = with_circles(arcs, coverage.arcs, coverage.closed, demands.noise_m, demands.pixel_m)
        choices.insert(0, arcs)
        walled = squared_off(mended(coverage.polygons(arcs)), seen, squared.axis, squared.give_m)
        start = Start.of(walled, guards, squared.axis)
        start = with_blocks(start, plain, done | coverage.beside(is_round) | squared.along_two(), guards, squared)
        start = unchanged(start, done, raw)
    else:
        start = Start.of(plain, guards, np.zeros(len(raw)))
    result, level = settled(coverage, choices, guards, start)
    return clipped(result, seen), start.done | (level <= 1)


def _coverage(raw: Polygons, groups: Ints, demands: Demands) -> Coverage:
    rings = rings_of(raw)
    _, group, members = np.unique(groups, return_inverse=True, return_counts=True)
    crowded = (members[group] > 1)[rings.polygon_of_ring()]
    return coverage_of(node_rings(rings, crowded, demands.pixel_m, MIN_CONTACT * demands.noise_m))
