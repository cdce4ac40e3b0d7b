"""Overlaps cut away from one of the two polygons that share them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from .corners import oblique
from .guards import Guards
from .jogs import without_jogs
from .parts import largest_parts
from .rings import Bools, Floats, Ints, Polygons

CRUMB_M2 = 0.01  # what may fall off when a wall's overlap is trimmed,
CRUMB_SHARE = 0.02  # and of the area, off blocks
MAX_TRIM = 0.02  # share of a polygon that may be trimmed; more means that its outline is wrong
MAX_BLOCK_TRIM = 0.12  # blocks know nothing of their neighbours
MAX_BOX = 0.01  # of the area: what squared cuts may take beyond the overlap
MARGIN_M = 1e-3  # by which a cut goes beyond the overlap, so that no film of it is left


@dataclass
class Trim:
    """Polygons without their overlaps, as far as `again` has been told of them.

    Polygons of level `last` are never cut. Blocks (level 0) are cut along their `axis`, and of two polygons that
    cannot be trimmed it is the blocks that are at fault. `lost` (k, 2) are pairs of a polygon that was cut, and why.
    """

    guards: Guards
    axis: Floats
    last: int
    polygons: Polygons
    lost: Ints
    min_edge_m: float

    @classmethod
    def of(cls, guards: Guards, axis: Floats, last: int, min_edge_m: float) -> Trim:
        """Return one that knows of no polygon yet."""
        return cls(guards, axis, last, guards.raw.copy(), np.empty((0, 2), dtype=np.int64), min_edge_m)

    def again(self, whole: Polygons, changed: Bools, level: Ints) -> Bools:
        """Trim the polygons `whole` of which some have changed; tell which overlap too much for that."""
        active = changed.copy()
        active[self.lost[changed[self.lost[:, 1]], 0]] = True  # they may have their ground back
        self.lost = self.lost[~active[self.lost[:, 0]]]
        self.polygons[active] = whole[active]
        bad = np.zeros(len(whole), dtype=bool)
        one, two, common = self.guards.overlaps(self.polygons, active)
        loser, winner = self._sides(one, two, common, level)
        for pick in _rounds(loser, winner):
            self._cut_out(loser[pick], winner[pick], common[pick], level == 0, bad)
        touched = np.unique(loser)
        blocks = touched[level[touched] == 0]
        self._smooth(blocks)
        bad[touched] |= ~self.guards.faithful(self.polygons[touched], touched)
        self.lost = np.concatenate([self.lost, np.column_stack([loser, winner])])
        return bad

    def _smooth(self, blocks: Ints) -> None:
        """Cut off what cuts left of walls, where GEOS sees no overlap after it, be it one that is not there."""
        before = self.polygons[blocks]
        made = without_jogs(before, self.min_edge_m)
        changed = shapely.get_num_coordinates(made) != shapely.get_num_coordinates(before)
        self.polygons[blocks[changed]] = made[changed]
        active = np.zeros(len(self.polygons), dtype=bool)
        active[blocks[changed]] = True
        one, two, _ = self.guards.overlaps(self.polygons, active)
        back = np.isin(blocks, np.concatenate([one, two]))
        self.polygons[blocks[back]] = before[back]

    def _sides(self, one: Ints, two: Ints, common: Polygons, level: Ints) -> tuple[Ints, Ints]:
        """Return the losers and winners of overlaps: who is nearer to the middle of it in the raw outline keeps it."""
        middle = shapely.centroid(common)
        first, second = (shapely.distance(self.guards.raw[side], middle) for side in (one, two))
        swap = (first < second) | ((first == second) & (self.guards.raw_area[one] < self.guards.raw_area[two]))
        swap = np.where(level[two] == self.last, False, swap | (level[one] == self.last))
        return np.where(swap, two, one), np.where(swap, one, two)

    def _cut_out(self, lose: Ints, win: Ints, common: Polygons, block: Bools, bad: Bools) -> None:
        own = self.polygons[lose]
        size = shapely.area(own)
        cut, rest = _without(own, self.polygons[win], common, self.axis[lose], block[lose])
        lost = size - shapely.area(cut)
        fine = lost <= np.where(block[lose], MAX_BLOCK_TRIM, MAX_TRIM) * size
        fine &= rest <= np.where(block[lose], CRUMB_SHARE * size, CRUMB_M2)
        self.polygons[lose[fine]] = cut[fine]
        lose, win = lose[~fine], win[~fine]
        for side in (lose, win):
            bad[side] |= block[side] | ~(block[lose] | block[win])


def _rounds(loser: Ints, winner: Ints) -> Iterator[Ints]:
    """Yield all rows, those of one loser at different times, and if possible none while its winner is cut itself."""
    left = np.arange(len(loser))
    while len(left):
        _, first = np.unique(loser[left], return_index=True)
        pick = left[first]
        waits = np.isin(winner[pick], loser[pick])
        pick = pick if waits.all() else pick[~waits]
        yield pick
        left = np.setdiff1d(left, pick)


def _without(
    losers: Polygons, winners: Polygons, common: Polygons, axis: Floats, block: Bools
) -> tuple[Polygons, Floats]:
    """Return the largest parts of losers without winners, and the area of their other parts."""
    cut, rest = _main_parts(shapely.difference(losers, winners))
    again = np.flatnonzero(block)
    again = again[oblique(cut[again])]
    again = again[~oblique(losers[again])]
    if not len(again):
        return cut, rest
    square = shapely.difference(losers[again], _boxes(common[again], axis[again]))
    square, square_rest = _main_parts(square)
    fine = shapely.area(cut[again]) - shapely.area(square) <= MAX_BOX * shapely.area(losers[again])
    cut[again[fine]], rest[again[fine]] = square[fine], square_rest[fine]
    return cut, rest


def _boxes(common: Polygons, axis: Floats) -> Polygons:
    """Return, for every overlap, the boxes along the axis around its parts, as one geometry."""
    parts, pair = shapely.get_parts(common, return_index=True)
    areal = shapely.get_dimensions(parts) == 2
    parts, pair = parts[areal], pair[areal]
    if not len(parts):
        return np.array([shapely.Polygon()] * len(common), dtype=object)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    first = np.searchsorted(part, np.arange(len(parts)))
    origin, turn = xy[first], np.exp(1j * axis[pair])
    point = ((xy - origin[part]) @ (1, 1j)) / turn[part]
    turned = np.column_stack([point.real, point.imag])
    low, high = np.minimum.reduceat(turned, first) - MARGIN_M, np.maximum.reduceat(turned, first) + MARGIN_M
    box = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    xy, which = shapely.get_coordinates(box, return_index=True)
    point = (xy @ (1, 1j)) * turn[which]
    box = shapely.set_coordinates(box, np.column_stack([point.real, point.imag]) + origin[which])
    return _united(box, pair, len(common))


def _united(shapes: Polygons, owner: Ints, count: int) -> Polygons:
    start = np.searchsorted(owner, np.arange(count + 1))
    result = np.array([shapely.Polygon()] * count, dtype=object)
    single = np.flatnonzero(np.diff(start) == 1)
    result[single] = shapes[start[single]]
    for k in np.flatnonzero(np.diff(start) > 1):
        result[k] = shapely.union_all(shapes[start[k] : start[k + 1]])
    return result


def _main_parts(shapes: Polygons) -> tuple[Polygons, Floats]:
    """Return the largest part of every shape, empty where there is none, and the area of its others."""
    result = shapes.copy()
    mixed = np.flatnonzero(shapely.get_type_id(shapes) != shapely.GeometryType.POLYGON)
    result[mixed] = shapely.Polygon()
    parts, owner = largest_parts(shapes[mixed])
    result[mixed[owner]] = parts
    return result, np.asarray(shapely.area(shapes) - shapely.area(result), dtype=np.float64)
