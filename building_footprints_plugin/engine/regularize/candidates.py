"""Which buildings become blocks: those whose walls leave corners oblique, where blocks are hardly less true to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .blocks import blocks
from .corners import oblique
from .guards import Guards
from .rings import Bools, Floats, Polygons
from .squaring import Squared

MORE = 4.0  # times what walls add to a ragged outline and leave out of it: as much may blocks
UNFIT = 0.1  # of its area: what walls that are not faithful count as


@dataclass(frozen=True)
class Start:
    """What every polygon begins with: blocks (with their axis, an angle) where `block`, else its walls; if `fit`."""

    polygons: Polygons
    block: Bools
    fit: Bools
    axis: Floats

    @classmethod
    def of(cls, polygons: Polygons, guards: Guards, axis: Floats) -> Start:
        """Return polygons that are no blocks."""
        fit = guards.faithful(polygons, np.arange(len(polygons)))
        return cls(polygons, np.zeros(len(polygons), dtype=bool), fit, axis)


def with_blocks(start: Start, plain: Polygons, done: Bools, guards: Guards, squared: Squared) -> Start:
    """Return `start`, which has walls only, with blocks where these are better; `plain` are outlines without stairs.

    Those that are `done` need none, whatever their corners.
    """
    which = np.flatnonzero(~start.fit | (oblique(start.polygons) & ~done))
    made, good = blocks(plain, which, squared)
    good[good] = guards.faithful(made[good], which[good])
    which, made = which[good], made[good]
    walls = np.where(start.fit[which], _apart(start.polygons[which], guards.raw[which]), UNFIT * guards.raw_area[which])
    good = _apart(made, guards.raw[which]) <= MORE * walls
    polygons, block = start.polygons.copy(), start.block.copy()
    polygons[which[good]], block[which[good]] = made[good], True
    return Start(polygons, block, start.fit | block, start.axis)


def _apart(one: Polygons, two: Polygons) -> Floats:
    """Return the area that is in only one of two polygons; none for those that are not valid."""
    good = shapely.is_valid(one) & shapely.is_valid(two)
    common = np.zeros(len(one))
    common[good] = shapely.area(shapely.intersection(one[good], two[good]))
    return np.asarray(shapely.area(one) + shapely.area(two) - 2 * common, dtype=np.float64)
