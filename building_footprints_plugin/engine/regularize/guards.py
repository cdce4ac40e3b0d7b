"""What a straightened outline must keep: validity, its ground, its size, and its distance from the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from .coverage import Arcs, Coverage
from .rings import Bools, Floats, Ints, Polygons

OVERLAP_M2 = 1e-6
CRUMB_M2 = 0.01  # what may fall off when an overlap is trimmed
MAX_TRIM = 0.02  # share of a polygon that may be trimmed; more means that its outline is wrong


@dataclass(frozen=True)
class Guards:
    """Limits on what may become of the `raw` outlines."""

    raw: Polygons
    groups: Ints
    reach_m: float
    min_iou: float = 0.85
    max_area_change: float = 0.1

    @cached_property
    def raw_area(self) -> Floats:
        """Area of the raw outlines."""
        return np.asarray(shapely.area(self.raw), dtype=np.float64)

    def faithful(self, polygons: Polygons, which: Ints) -> Bools:
        """Tell which of `polygons` are valid and still like their raw outlines, `raw[which]`."""
        good = np.asarray(shapely.is_valid(polygons) & (shapely.area(polygons) > 0), dtype=bool)
        new, raw, raw_area = polygons[good], self.raw[which[good]], self.raw_area[which[good]]
        area, common = shapely.area(new), shapely.area(shapely.intersection(new, raw))
        good[good] = (
            (common >= self.min_iou * (area + raw_area - common))
            & (np.abs(area - raw_area) <= self.max_area_change * raw_area)
            & (shapely.hausdorff_distance(shapely.boundary(new), shapely.boundary(raw)) <= 3 * self.reach_m)
        )
        return good

    def overlaps(self, polygons: Polygons) -> tuple[Ints, Ints, Floats]:
        """Return the pairs of polygons of a group that overlap more than their raw outlines did, and by how much."""
        one, two = shapely.STRtree(polygons).query(polygons, predicate="intersects")
        pair = (one < two) & (self.groups[one] == self.groups[two])
        one, two = one[pair], two[pair]
        area = shapely.area(shapely.intersection(polygons[one], polygons[two]))
        one, two, area = (values[area > OVERLAP_M2] for values in (one, two, area))
        before = shapely.area(shapely.intersection(self.raw[one], self.raw[two]))
        grown = area > before + OVERLAP_M2
        return one[grown], two[grown], area[grown]


def settled(coverage: Coverage, choices: list[Arcs], guards: Guards) -> tuple[Polygons, Bools]:
    """Return polygons made of the first of `choices` that their guards let pass, and which of them got the very first.

    The last choice is the raw outline, which needs no guard. Of two polygons that overlap by little, one is trimmed.
    """
    last = len(choices) - 1
    level = np.zeros(len(guards.raw), dtype=np.int64)
    polygons = _mended(coverage.polygons(coverage.chosen(choices, level)))
    bad = ~guards.faithful(polygons, np.arange(len(level)))
    while True:
        bad &= level < last
        if not bad.any():
            trimmed, bad = _trimmed(polygons, guards)
            bad &= level < last
            if not bad.any():
                return trimmed, level == 0
        level[bad] += 1
        before, polygons = polygons, _mended(coverage.polygons(coverage.chosen(choices, level)))
        changed = np.flatnonzero(~shapely.equals_exact(before, polygons))
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


def _trimmed(polygons: Polygons, guards: Guards) -> tuple[Polygons, Bools]:
    """Return polygons without their overlaps, and which overlap too much, or could not be trimmed.

    An overlap goes to the polygon whose raw outline has more of it.
    """
    one, two, area = guards.overlaps(polygons)
    result, bad = polygons.copy(), np.zeros(len(polygons), dtype=bool)
    if not len(one):
        return result, bad
    common = shapely.intersection(polygons[one], polygons[two])
    mine, other = (shapely.area(shapely.intersection(common, guards.raw[side])) for side in (one, two))
    loser, winner = np.where(mine < other, one, two), np.where(mine < other, two, one)
    for k in range(len(one)):
        cut = shapely.difference(result[loser[k]], result[winner[k]])
        parts = shapely.get_parts(cut)
        sizes = shapely.area(parts)
        whole = len(parts) and sizes.sum() - sizes.max() < CRUMB_M2 and area[k] < MAX_TRIM * sizes.max()
        if whole:
            result[loser[k]] = parts[np.argmax(sizes)]
        else:
            bad[[one[k], two[k]]] = True
    touched = np.unique(loser)
    bad[touched] |= ~guards.faithful(result[touched], touched)
    return result, bad
