"""Which outline every polygon gets in the end: the best that its guards and its neighbours let pass."""

from __future__ import annotations

import numpy as np
import shapely

from .coverage import Arcs, Coverage
from .guards import Guards
from .rings import Bools, Ints, Polygons

CRUMB_M2 = 0.01  # what may fall off when an overlap is trimmed
MAX_TRIM = 0.02  # share of a polygon that may be trimmed; more means that its outline is wrong


def settled(coverage: Coverage, choices: list[Arcs], guards: Guards) -> tuple[Polygons, Ints]:
    """Return polygons made of the first of `choices` that their guards let pass, and which of them that was.

    The last choice is the raw outline, which needs no guard. Of two polygons that overlap by little, one is trimmed.
    """
    last = len(choices) - 1
    level = np.zeros(len(guards.raw), dtype=np.int64)
    polygons = _mended(coverage.polygons(coverage.chosen(choices, level)))
    bad = ~guards.faithful(polygons, np.arange(len(level)))
    while True:
        bad &= level < last
        if not bad.any():
            trimmed, bad = _trimmed(polygons, guards, level == last)
            bad &= level < last
            if not bad.any():
                return trimmed, level
        level[bad] += 1
        before, polygons = polygons, _mended(coverage.polygons(coverage.chosen(choices, level)))
        changed = np.flatnonzero(bad | ~shapely.equals_exact(before, polygons))  # choices may be equal
        bad = np.zeros(len(level), dtype=bool)
        bad[changed] = ~guards.faithful(polygons[changed], changed)


def _mended(polygons: Polygons) -> Polygons:
    """Return the polygons, of those that cross or touch themselves the largest part alone."""
    result = polygons.copy()
    for k in np.flatnonzero(~shapely.is_valid(polygons)):
        parts = shapely.get_parts(shapely.make_valid(polygons[k]))
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        if len(parts):
            result[k] = parts[np.argmax(shapely.area(parts))]
    return result


def _trimmed(polygons: Polygons, guards: Guards, raw: Bools) -> tuple[Polygons, Bools]:
    """Return polygons without their overlaps, `raw` ones never cut, and which of them overlap too much for that."""
    one, two, area = guards.overlaps(polygons)
    result, bad = polygons.copy(), np.zeros(len(polygons), dtype=bool)
    if not len(one):
        return result, bad
    loser, winner = _sides(polygons, guards, one, two)
    loser, winner = np.where(raw[loser], winner, loser), np.where(raw[loser], loser, winner)
    for k in range(len(one)):
        parts = shapely.get_parts(shapely.difference(result[loser[k]], result[winner[k]]))
        sizes = shapely.area(parts)
        if len(parts) and sizes.sum() - sizes.max() < CRUMB_M2 and area[k] < MAX_TRIM * sizes.max():
            result[loser[k]] = parts[np.argmax(sizes)]
        else:
            bad[[one[k], two[k]]] = True
    touched = np.unique(loser)
    bad[touched] |= ~guards.faithful(result[touched], touched)
    return result, bad


def _sides(polygons: Polygons, guards: Guards, one: Ints, two: Ints) -> tuple[Ints, Ints]:
    """Return the losers and winners of overlaps: who has more of it in the raw outline keeps it."""
    common = shapely.intersection(polygons[one], polygons[two])
    first, second = (shapely.area(shapely.intersection(common, guards.raw[side])) for side in (one, two))
    return np.where(first < second, one, two), np.where(first < second, two, one)
