"""One pass of straightening: from outlines to the best that their guards let pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .candidates import Start, unchanged, with_blocks
from .circles import with_circles
from .corners import squared_axes
from .coverage import Arcs, Coverage, coverage_of
from .cut_edges import squared_off
from .guards import Guards
from .lengths import Demands, Lengths
from .neighbours import side_by_side
from .noding import node_rings
from .rebuilding import arcs_along
from .rings import Bools, Ints, Polygons, rings_of
from .sections import Sections, sections_of
from .settling import mended, settled
from .simplify import arcs_through, simplified_arcs
from .squaring import squared_walls
from .unseen import clipped

MIN_CONTACT = 3  # tolerances of wall that two polygons share at least; less is a touch


@dataclass(frozen=True)
class _Cut:
    """Outlines cut into straight sections: their arcs, the sections of these, and the polygons `plain` of them."""

    coverage: Coverage
    sections: Sections
    plain: Polygons


def straightened_once(guards: Guards, demands: Demands, still: Bools) -> tuple[Polygons, Bools]:
    """Return the outlines `guards.raw`, in normal order, straightened, and which of them follow the method.

    Those that are `still`, or were squared before, stay as they are with `rectangular`.
    """
    coverage = _coverage(guards.raw, guards.groups, demands)
    sections = sections_of(coverage, demands.noise_m, guards.seen)
    simple = simplified_arcs(sections, guards.reach_m)
    if demands.method == "simplify":  # once more, as lines that fit better leave some corners within the noise
        again = sections_of(replace(coverage, arcs=simple), demands.noise_m, guards.seen)
        simple = simplified_arcs(again, guards.reach_m)
    choices = [simple, arcs_through(sections, sections.corner_xy), coverage.arcs]
    cut = _Cut(coverage, sections, mended(coverage.polygons(simple)))
    if demands.method == "rectangular":
        arcs, start = _rectangular(cut, guards, demands, still)
        choices.insert(0, arcs)
    else:
        start = Start.of(clipped(cut.plain, guards.seen), guards, np.zeros(len(still)))
    result, level = settled(coverage, choices, guards, start)
    return result, start.done | (level <= 1)


def _rectangular(cut: _Cut, guards: Guards, demands: Demands, still: Bools) -> tuple[Arcs, Start]:
    """Return arcs along square walls, and the polygons made of them or of blocks."""
    raw, coverage = guards.raw, cut.coverage
    known = np.full(len(raw), np.nan) if guards.traced else squared_axes(raw, demands.noise_m, demands.grain_m)
    done = still | ~np.isnan(known)
    near = side_by_side(guards.rough, guards.groups, guards.reach_m, coverage.touching())
    squared = squared_walls(cut.sections, coverage, known, near, Lengths.of(demands))
    arcs = arcs_along(squared.walls, coverage, squared.meeting_m)
    arcs, is_round = with_circles(arcs, coverage.arcs, coverage.closed, demands.noise_m, demands.pixel_m)
    walled = squared_off(mended(coverage.polygons(arcs)), guards.seen, squared.axis, squared.give_m)
    start = Start.of(walled, guards, squared.axis)
    start = with_blocks(start, cut.plain, done | coverage.beside(is_round) | squared.along_two(), guards, squared)
    return arcs, unchanged(start, done, raw)


def _coverage(raw: Polygons, groups: Ints, demands: Demands) -> Coverage:
    rings = rings_of(raw)
    _, group, members = np.unique(groups, return_inverse=True, return_counts=True)
    crowded = (members[group] > 1)[rings.polygon_of_ring()]
    return coverage_of(node_rings(rings, crowded, demands.pixel_m, MIN_CONTACT * demands.noise_m))
