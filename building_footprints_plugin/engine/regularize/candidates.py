"""Which buildings become blocks: those whose walls leave corners oblique, where blocks are hardly less true to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from .blocks import blocks
from .corners import oblique
from .cut_edges import squared_off
from .guards import Guards
from .rings import Bools, Floats, Ints, Polygons
from .squaring import Squared
from .stairs import with_stairs

MORE = 5.0  # times what walls add to a ragged outline and leave out of it: as much, and one noisy wall, may blocks
UNFIT = 0.1  # of its area: what walls that are not faithful count as
LOW = 2.0  # times the shortest wall: higher steps are no stairs
PLAIN = 3.0  # times as far as others are the lines through oblique walls that would make stairs


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

    Those that are `done` need none, whatever their corners. Blocks that have stairs are made of fewer lines, where they
    are as good then.
    """

    def laid(which: Ints, apart: float) -> tuple[Ints, Polygons]:
        made, found = blocks(plain, which, squared, guards.seen, apart)
        which, made = which[found], made[found]
        return which, squared_off(made, guards.seen[which], squared.axis[which], squared.give_m)

    def true_to(which: Ints, made: Polygons) -> Bools:
        fit, off = guards.judged(made, which)
        walls = np.where(start.fit[which], start.apart[which], UNFIT * guards.raw_area[which])
        return fit & (off <= MORE * walls + squared.min_edge_m**2 / 2)

    which, made = laid(np.flatnonzero(~done & (~start.fit | oblique(start.polygons))), 1.0)
    some, plainer = laid(which[with_stairs(made, LOW * squared.min_edge_m)], PLAIN)
    place, good = np.searchsorted(which, some), np.zeros(len(which), dtype=bool)
    fewer = shapely.get_num_coordinates(plainer) < shapely.get_num_coordinates(made[place])
    fewer[fewer] = true_to(some[fewer], plainer[fewer])
    made[place[fewer]], good[place[fewer]] = plainer[fewer], True
    good[~good] = true_to(which[~good], made[~good])
    polygons, block = start.polygons.copy(), start.block.copy()
    polygons[which[good]], block[which[good]] = made[good], True
    return replace(start, polygons=polygons, block=block, fit=start.fit | block, min_edge_m=squared.min_edge_m)


def unchanged(start: Start, which: Bools, raw: Polygons) -> Start:
    """Return `start` with the raw outlines of `which`, which are done."""
    polygons = np.where(which, raw, start.polygons)
    return replace(start, polygons=polygons, fit=start.fit | which, done=which)
