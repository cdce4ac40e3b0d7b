"""Twice changes nothing: what is not seen to be squared is straightened again, until it stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely

from .corners import squared_axes
from .guards import Guards
from .lengths import Demands
from .neighbours import neighbourhoods
from .rings import Bools, Ints, Polygons
from .unseen import clipped

ROUNDS = 4  # of outlines that change at all, four fifths are still after one
STILL_M = 5e-3  # what moves by less has not moved
MOST_CORNERS = 500  # time grows by their square, and hardly a building has as many
LEAST = 6.0  # times the noise, squared: what is smaller is hardly a building, and all of its walls may be noise

Outlines = tuple[Polygons, Bools]
Again = Callable[[Polygons, Ints, Bools], Outlines]  # from outlines, their groups, and which of them may not change


def until_still(made: Outlines, guards: Guards, demands: Demands, again: Again) -> Outlines:
    """Return the outlines `made`, and whether they are regularized, once `again` would change them no more.

    It leaves alone what is squared; so that stays as it is here, and all that is not beside another. Each outline
    stays faithful to the one that `guards` know, and on the ground that is seen around it.
    """
    polygons, regularized = made[0].copy(), made[1].copy()
    noise_m, grain_m = demands.noise_m, demands.grain_m
    moving = np.isnan(squared_axes(polygons, noise_m, grain_m))
    moving &= shapely.area(polygons) >= (LEAST * noise_m) ** 2
    moving &= shapely.get_num_coordinates(polygons) <= MOST_CORNERS
    if not guards.traced:
        rested = moving.copy()
        rested[moving] = ~_moved(polygons[moving], guards.raw[moving])
        rested = _apart(polygons, guards.raw, rested, guards)
        polygons[rested] = guards.raw[rested]
        moving &= ~rested
    for _ in range(ROUNDS):
        if not moving.any():
            break
        rows = _around(polygons, guards, moving)
        old, own = polygons[rows], moving[rows]
        new, good = again(old, neighbourhoods(old, demands.tolerance_m), ~own)
        new[own] = clipped(new[own], guards.seen[rows[own]])
        taken = _fitting(old, new, own, guards.at(rows))
        rows = rows[taken]
        polygons[rows], regularized[rows] = new[taken], good[taken]
        moving = np.zeros(len(moving), dtype=bool)
        moving[rows] = np.isnan(squared_axes(polygons[rows], noise_m, grain_m))
    return polygons, regularized


def _around(polygons: Polygons, guards: Guards, which: Bools) -> Ints:
    """Return the rows of polygons of `which`, and of all that are so near to them that they could come to touch."""
    one, two = shapely.STRtree(polygons).query(polygons[which], "dwithin", guards.reach_m)
    one = np.flatnonzero(which)[one]
    return np.unique(two[guards.groups[one] == guards.groups[two]])


def _fitting(old: Polygons, new: Polygons, which: Bools, guards: Guards) -> Bools:
    """Tell which of `which` become their `new` outlines: faithful ones that have moved, and overlap no other after."""
    taken = which.copy()
    taken[which] = _moved(new[which], old[which])
    taken[taken] = guards.faithful(new[taken], np.flatnonzero(taken))
    return _apart(old, new, taken, guards)


def _apart(old: Polygons, new: Polygons, which: Bools, guards: Guards) -> Bools:
    """Return `which` without those that overlap another once `which` are `new` and all others `old`."""
    taken = which.copy()
    while taken.any():
        one, two, _ = guards.overlaps(np.where(taken, new, old), taken)
        if not len(one):
            break
        taken[one] = taken[two] = False
    return taken


def _moved(polygons: Polygons, before: Polygons) -> Bools:
    return np.asarray(shapely.hausdorff_distance(polygons, before) > STILL_M, dtype=bool)
