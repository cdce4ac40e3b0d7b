"""What a straightened outline must keep: validity, its ground, its size, and its distance from the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from .deviation import outline_distance
from .rings import Bools, Floats, Ints, Polygons

OVERLAP_M2 = 1e-6
ROUGH = 0.05  # of the reach: as far may an outline move where only distances are asked for
SURE_IOU = 0.02  # above the least IoU: what an estimate must reach, so that none that is too low passes
ESTIMATE = 1.25  # the area between outlines is hardly ever more than this times the integral of their distance


@dataclass(frozen=True)
class Guards:
    """Limits on what may become of the `raw` outlines, whose `groups` are further apart than twice `reach_m`.

    `seen` is the ground around each of which anything is known, None for all of it.
    """

    raw: Polygons
    groups: Ints
    seen: Polygons
    reach_m: float
    min_iou: float = 0.75
    max_area_change: float = 0.15
    max_reaches: float = 2.0

    @cached_property
    def raw_area(self) -> Floats:
        """Area of the raw outlines."""
        return np.asarray(shapely.area(self.raw), dtype=np.float64)

    @cached_property
    def rough(self) -> Polygons:
        """Raw outlines with far fewer vertices, which distances are measured from; they may cross themselves."""
        rough = shapely.simplify(self.raw, ROUGH * self.reach_m, preserve_topology=False)
        return np.asarray(np.where(shapely.is_empty(rough), self.raw, rough), dtype=object)

    def faithful(self, polygons: Polygons, which: Ints) -> Bools:
        """Tell which of `polygons` are valid and still like their raw outlines, `raw[which]`."""
        area = shapely.area(polygons)
        good = shapely.is_valid(polygons) & (np.abs(area - self.raw_area[which]) <= self.max_area_change * area)
        good &= area > 0
        good[good] = self._near(polygons[good], self.rough[which[good]])
        good[good] = self._alike(polygons[good], which[good])
        return np.asarray(good, dtype=bool)

    def _near(self, polygons: Polygons, raw: Polygons) -> Bools:
        """Tell which polygons stay within reach outside their raw outline, and anywhere within a few times that."""
        points, owner = shapely.get_coordinates(polygons, return_index=True)
        outside = np.zeros(len(polygons))
        np.maximum.at(outside, owner, shapely.distance(shapely.points(points), raw[owner]))
        apart = shapely.hausdorff_distance(shapely.boundary(polygons), shapely.boundary(raw))
        return np.asarray((outside <= self.reach_m) & (apart <= self.max_reaches * self.reach_m), dtype=bool)

    def _alike(self, polygons: Polygons, which: Ints) -> Bools:
        """Tell which polygons cover the same ground; measured exactly only where an estimate leaves a doubt."""
        between = ESTIMATE * outline_distance(self.rough[which], polygons)
        alike = between <= (1 - self.min_iou - SURE_IOU) * self.raw_area[which]
        doubt = np.flatnonzero(~alike)
        common = shapely.area(shapely.intersection(polygons[doubt], self.raw[which[doubt]]))
        either = shapely.area(polygons[doubt]) + self.raw_area[which[doubt]] - common
        alike[doubt] = common >= self.min_iou * either
        return np.asarray(alike, dtype=bool)

    def overlaps(self, polygons: Polygons, active: Bools) -> tuple[Ints, Ints, Polygons]:
        """Return the pairs of polygons of a group, one of them active, that overlap more than their raw outlines did,

        and what they share.
        """
        rows = np.flatnonzero(active)
        one, two = shapely.STRtree(polygons).query(polygons[rows], predicate="intersects")
        one = rows[one]
        pair = ((one < two) | (~active[two] & (one != two))) & (self.groups[one] == self.groups[two])
        one, two = one[pair], two[pair]
        common = shapely.intersection(polygons[one], polygons[two])
        area = shapely.area(common)
        one, two, area, common = (values[area > OVERLAP_M2] for values in (one, two, area, common))
        grown = area > shapely.area(shapely.intersection(self.raw[one], self.raw[two])) + OVERLAP_M2
        return one[grown], two[grown], common[grown]
