"""Pixel IoU without pixels: the ground both sides cover over the ground either covers, by exact areas."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .overlap import SLIVER, Pairs, candidates, measure_overlaps
from .sides import Side, areal, repair


@dataclass(frozen=True)
class _Flat:
    """A side without overlaps of its own: the polygons (n,) that stayed as they were, and those that were remade."""

    kept: NDArray[np.bool_]
    same: Side
    remade: Side

    @property
    def area(self) -> float:
        return float(self.same.area.sum() + self.remade.area.sum())


def ground_iou(proposals: Side, truth: Side, pairs: Pairs, aoi: shapely.Geometry | None) -> float:
    """Return area(∪proposals ∩ ∪truth) / area(∪proposals ∪ ∪truth), within `aoi` if given; 0 when nothing is covered.

    Sums the pairs' overlaps, which is exact where neither side overlaps itself; only groups of polygons of one side
    that do overlap are dissolved and measured anew, so the cost is that of a query, not of a union of everything.
    """
    mine, theirs = _flatten(proposals, aoi), _flatten(truth, aoi)
    common = float(pairs.overlap[mine.kept[pairs.proposal] & theirs.kept[pairs.truth]].sum())
    for first, second in ((mine.remade, theirs.remade), (mine.remade, theirs.same), (mine.same, theirs.remade)):
        common += float(measure_overlaps(first.geometry, second.geometry, candidates(first, second), _silent)[0].sum())
    covered = mine.area + theirs.area - common
    return min(common / covered, 1.0) if covered > 0 else 0.0


def _flatten(side: Side, aoi: shapely.Geometry | None) -> _Flat:
    valid = repair(side, "even-odd")
    changed = ~side.valid
    geometry, present = valid.geometry, np.ones(len(side), dtype=bool)
    if aoi is not None:
        shapely.prepare(aoi)
        present = shapely.intersects(aoi, geometry)
        crossing = present & ~shapely.contains_properly(aoi, geometry)
        changed = changed | crossing
        geometry = geometry.copy()
        geometry[crossing] = areal(shapely.intersection(geometry[crossing], aoi))
    group = _groups(replace(side, geometry=geometry).take(present))
    numbers = np.flatnonzero(present)
    crowded = np.zeros(len(side), dtype=bool)
    crowded[numbers] = np.bincount(group)[group] > 1 if len(group) else False
    kept = present & ~changed & ~crowded
    single = present & changed & ~crowded
    unions, images = _unions(geometry, side.image, [numbers[each] for each in _clusters(group)])
    remade = Side.of(np.concatenate([geometry[single], unions]), image=np.concatenate([side.image[single], images]))
    return _Flat(kept, side.take(kept), remade)


def _groups(side: Side) -> NDArray[np.int32]:
    """Return a group number (n,) each: polygons that overlap one another, directly or through others, share it."""
    first, second = candidates(side, side)
    once = first < second
    first, second = first[once], second[once]
    inner = shapely.relate_pattern(side.geometry[first], side.geometry[second], "T********")
    first, second = first[inner], second[inner]
    overlap, _ = measure_overlaps(side.geometry, side.geometry, (first, second), _silent)
    area = shapely.area(side.geometry)
    real = overlap > SLIVER * np.minimum(area[first], area[second])
    edges = (np.ones(int(real.sum()), dtype=np.int8), (first[real], second[real]))
    groups: NDArray[np.int32] = connected_components(coo_array(edges, shape=(len(side), len(side))), directed=False)[1]
    return groups


def _clusters(group: NDArray[np.int32]) -> list[NDArray[np.intp]]:
    """Return the members of each group that has several."""
    if not len(group):
        return []
    members = np.flatnonzero(np.bincount(group)[group] > 1)
    members = members[np.argsort(group[members], kind="stable")]
    return [each for each in np.split(members, np.flatnonzero(np.diff(group[members])) + 1) if len(each)]


def _unions(
    geometry: NDArray[np.object_], image: NDArray[np.intp], clusters: list[NDArray[np.intp]]
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    unions = np.array([shapely.union_all(geometry[each]) for each in clusters], dtype=object)
    return unions, np.array([image[each[0]] for each in clusters], dtype=np.intp)


def _silent(fraction: float) -> None:
    """Progress of a step too short to report."""
