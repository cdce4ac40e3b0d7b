"""Which buildings become blocks: those whose walls leave corners oblique, where blocks are hardly less true to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .blocks import blocks
from .corners import oblique
from .cut_edges import squared_off
from .guards import Guards
from .rings import Bools, Floats, Polygons
from .squaring import Squared

MORE = 5.0  # times what walls add to a ragged outline and leave out of it: as much, and one noisy wall, may blocks
UNFIT = 0.1  # of its area: what walls that are not faithful count as


@dataclass(frozen=True)
class Start:
    """What every polygon begins with: blocks (with their axis, an angle) where `block`, else its walls; if `fit`.

    `apart` is the integral (m²) of the raw outline's distance from it. Those that are `done` end with it, too.
    """

    polygons: Polygons
    block: Bools
    fit: Bools
    apart: Floats
    axis: Floats
    done: Bools
    min_edge_m: float = 0.0

    @classmethod
    def of(cls, polygons: Polygons, guards: Guards, axis: Floats) -> Start:
        """Return polygons that are no blocks."""
        fit, apart = guards.judged(polygons, np.arange(len(polygons)))
        nothing = np.zeros(len(polygons), dtype=bool)
        return cls(polygons, nothing, fit, apart, axis, nothing)


def with_blocks(start: Start, plain: Polygons, done: Bools, guards: Guards, squared: Squared) -> Start:
    """Return `start`, which has walls only, with blocks where these are better; `plain` are outlines without stairs.

    Those that are `done` need none, whatever their corners.
    """
    which = np.flatnonzero(~done & (~start.fit | oblique(start.polygons)))
    made, good = blocks(plain, which, squared, guards.seen)
    made = squared_off(made, guards.seen[which], squared.axis[which], squared.give_m)
    fit, apart = guards.judged(made[good], which[good])
    which, made = which[good], made[good]
    walls = np.where(start.fit[which], start.apart[which], UNFIT * guards.raw_area[which])
    good = fit & (apart <= MORE * walls + squared.min_edge_m**2 / 2)
    polygons, block = start.polygons.copy(), start.block.copy()
    polygons[which[good]], block[which[good]] = made[good], True
    return replace(start, polygons=polygons, block=block, fit=start.fit | block, min_edge_m=squared.min_edge_m)


def unchanged(start: Start, which: Bools, raw: Polygons) -> Start:
    """Return `start` with the raw outlines of `which`, which are done."""
    polygons = np.where(which, raw, start.polygons)
    return replace(start, polygons=polygons, fit=start.fit | which, done=which)
