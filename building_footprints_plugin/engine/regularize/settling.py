"""Which outline every polygon gets in the end: the best that its guards and its neighbours let pass."""

from __future__ import annotations

import numpy as np
import shapely

from .candidates import Start
from .coverage import Arcs, Choices, Coverage
from .guards import Guards
from .parts import largest_parts
from .rings import Ints, Polygons
from .trimming import Trim
from .unseen import clipped

TRIANGLE = 4  # coordinates: what has no more and is not valid has no area, and no part that is a polygon


def settled(coverage: Coverage, choices: list[Arcs], guards: Guards, start: Start) -> tuple[Polygons, Ints]:
    """Return polygons made of the first choice that their guards let pass, and the number of that choice.

    Choice 0 are the blocks of `start`, choice k is `choices[k - 1]`. The last is the raw outline, which needs no guard.
    Of two polygons that overlap by little, one is trimmed.
    """
    last, kinds = len(choices), Choices.of(choices)
    level = np.where(start.done, last, np.where(start.block, 0, 1))
    whole, bad = start.polygons.copy(), ~start.fit & (level < last)
    trim = Trim.of(guards, start.axis, last, start.min_edge_m)
    changed = np.ones(len(level), dtype=bool)
    while True:
        while bad.any():
            level[bad] += 1
            near = coverage.around(coverage.around(bad))  # who has a corner where these have none
            chosen = coverage.of(near).polygons(coverage.chosen(kinds, np.maximum(level - 1, 0)))
            own = near & (level > 0) & (level < last)
            made = np.where(level == last, guards.raw, whole)
            made[own] = clipped(mended(chosen[own[near]]), guards.seen[own])  # before it is judged
            moved = bad | ~shapely.equals_exact(whole, made)  # choices may be equal
            changed |= moved
            whole, bad = made, moved & (level < last)
            bad[bad] = ~guards.faithful(whole[bad], np.flatnonzero(bad))
        bad = trim.again(whole, changed, level) & (level < last)
        changed = np.zeros(len(level), dtype=bool)
        if not bad.any():
            return trim.polygons, level


def mended(polygons: Polygons) -> Polygons:
    """Return the polygons, of those that cross or touch themselves the largest part alone."""
    result = polygons.copy()
    more = np.flatnonzero(shapely.get_num_coordinates(polygons) > TRIANGLE)
    crossed = more[~shapely.is_valid(polygons[more])]
    parts, owner = largest_parts(shapely.make_valid(polygons[crossed]))
    result[crossed[owner]] = parts
    return result
