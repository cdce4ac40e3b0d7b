"""What a straightened outline must keep: validity, its ground, its size, and its distance from the neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely

from .deviation import Edges, Samples
from .rings import Bools, Floats, Ints, Polygons, owner_of

OVERLAP_M2 = 1e-6
ROUGH = 0.05  # of the reach: as far may an outline move where only distances are asked for
SURE_IOU = 0.02  # above the least IoU: what an estimate must reach, so that none that is too low passes
ESTIMATE = 1.25  # the area between outlines is hardly ever more than this times the integral of their distance,
SMALL = 2.0  # but where they are smaller than this times the square of the reach


@dataclass(frozen=True)
class Guards:
    """Limits on what may become of the `raw` outlines, whose `groups` are further apart than twice `reach_m`.

    `seen` is the ground around each of which anything is known, None for all of it. Those `traced` from pixels do not
    overlap.
    """

    raw: Polygons
    groups: Ints
    seen: Polygons
    reach_m: float
    traced: bool = False
    min_iou: float = 0.75
    max_area_change: float = 0.15
    max_reaches: float = 2.0

    def at(self, rows: Ints) -> Guards:
        """Return the guards of some outlines."""
        return replace(self, raw=self.raw[rows], groups=self.groups[rows], seen=self.seen[rows])

    @cached_property
    def raw_area(self) -> Floats:
        """Area of the raw outlines."""
        return np.asarray(shapely.area(self.raw), dtype=np.float64)

    @cached_property
    def rough(self) -> Polygons:
        """Raw outlines with far fewer vertices, which distances are measured from; they may cross themselves."""
        rough = shapely.simplify(self.raw, ROUGH * self.reach_m, preserve_topology=False)
        return np.asarray(np.where(shapely.is_empty(rough), self.raw, rough), dtype=object)

    @cached_property
    def _edges(self) -> Edges:
        return Edges.of(self.rough)

    @cached_property
    def _samples(self) -> Samples:
        return Samples.of(self._edges)

    def faithful(self, polygons: Polygons, which: Ints) -> Bools:
        """Tell which of the valid `polygons` are still like their raw outlines, `raw[which]`."""
        return self.judged(polygons, which)[0]

    def judged(self, polygons: Polygons, which: Ints) -> tuple[Bools, Floats]:
        """Return which polygons are faithful, and the distances of the raw outlines from theirs as integrals (m²)."""
        area = np.asarray(shapely.area(polygons), dtype=np.float64)
        good = (np.abs(area - self.raw_area[which]) <= self.max_area_change * area) & (area > 0)
        between = np.full(len(which), np.inf)
        between[good], near = self._apart(polygons[good], which[good])
        good[good] = near
        alike = ESTIMATE * between <= (1 - self.min_iou - SURE_IOU) * self.raw_area[which]
        alike &= self.raw_area[which] >= SMALL * self.reach_m**2
        doubt = np.flatnonzero(good & ~alike)
        common = shapely.area(shapely.intersection(polygons[doubt], self.raw[which[doubt]]))
        good[doubt] = common >= self.min_iou * (area[doubt] + self.raw_area[which[doubt]] - common)
        return good, between

    def _apart(self, polygons: Polygons, which: Ints) -> tuple[Floats, Bools]:
        """Return the distances of raw outlines from `polygons` as integrals,

        and which polygons stay within reach outside their raw outline, and anywhere within a few times that.
        """
        made = Edges.of(polygons)
        between, farthest = self._samples.distance(which, made)
        row = owner_of(made.start)
        corner = self._edges.distance(made.xy, which[row])
        far = np.flatnonzero(corner > self.reach_m)
        out = far[~shapely.contains_xy(self.raw[which[row[far]]], made.xy[far])]
        near = farthest <= self.max_reaches * self.reach_m
        near[row[corner > self.max_reaches * self.reach_m]] = False
        near[row[out]] = False
        return between, near

    def overlaps(self, polygons: Polygons, active: Bools) -> tuple[Ints, Ints, Polygons]:
        """Return the pairs of polygons of a group, one of them active, that overlap more than their raw outlines did,

        and what they share. They come in the order of the polygons, not of a tree that has others in it, too.
        """
        rows = np.flatnonzero(active)
        one, two = shapely.STRtree(polygons).query(polygons[rows], predicate="intersects")
        one = rows[one]
        pair = ((one < two) | (~active[two] & (one != two))) & (self.groups[one] == self.groups[two])
        order = np.lexsort((two[pair], one[pair]))
        one, two = one[pair][order], two[pair][order]
        common = shapely.intersection(polygons[one], polygons[two])
        area = shapely.area(common)
        one, two, area, common = (values[area > OVERLAP_M2] for values in (one, two, area, common))
        if not self.traced:
            grown = area > shapely.area(shapely.intersection(self.raw[one], self.raw[two])) + OVERLAP_M2
            one, two, common = one[grown], two[grown], common[grown]
        return one, two, common
