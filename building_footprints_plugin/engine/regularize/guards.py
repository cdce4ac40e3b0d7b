"""What a straightened outline must keep: validity, its ground, its size, and its distance from the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from .coverage import Arcs, Coverage
from .rings import Bools, Floats, Ints, Polygons

OVERLAP_M2 = 1e-6


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

    def overlapping(self, polygons: Polygons) -> Bools:
        """Tell which polygons overlap another one of their group more than the raw outlines did."""
        worse = np.zeros(len(polygons), dtype=bool)
        one, two = shapely.STRtree(polygons).query(polygons, predicate="intersects")
        pair = (one < two) & (self.groups[one] == self.groups[two])
        one, two = one[pair], two[pair]
        overlap = shapely.area(shapely.intersection(polygons[one], polygons[two]))
        large = overlap > OVERLAP_M2
        one, two, overlap = one[large], two[large], overlap[large]
        before = shapely.area(shapely.intersection(self.raw[one], self.raw[two]))
        grown = overlap > before + OVERLAP_M2
        worse[one[grown]] = worse[two[grown]] = True
        return worse


def settled(coverage: Coverage, choices: list[Arcs], guards: Guards) -> tuple[Polygons, Bools]:
    """Return polygons made of the first of `choices` that their guards let pass, and which of them got the very first.

    The last choice is the raw outline, which needs no guard.
    """
    last = len(choices) - 1
    level = np.zeros(len(guards.raw), dtype=np.int64)
    polygons = coverage.polygons(coverage.chosen(choices, level))
    bad = ~guards.faithful(polygons, np.arange(len(level)))
    while True:
        bad &= level < last
        if not bad.any():
            bad = guards.overlapping(polygons) & (level < last)
        if not bad.any():
            return polygons, level == 0
        level[bad] += 1
        before, polygons = polygons, coverage.polygons(coverage.chosen(choices, level))
        changed = np.flatnonzero(~shapely.equals_exact(before, polygons))
        bad = np.zeros(len(level), dtype=bool)
        bad[changed] = ~guards.faithful(polygons[changed], changed)
