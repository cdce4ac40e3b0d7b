"""Watershed of all patches of buildings at once, with whole arrays.

Every pixel goes to the seed that it reaches over the highest ground, and on level ground to the nearest: a cut by
minimum spanning forests (Cousty et al., Watershed cuts, 2009). First each pixel climbs to its highest neighbour, as
drops of water would run; hills without a seed then go to the neighbour with the highest pass (Boruvka's algorithm).
Ties go by direction and by order within the patch, so nothing outside of a patch has a say in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Ints = NDArray[np.int64]
Codes = NDArray[np.uint8]

OUTSIDE, HIGHEST = 0, 255  # height of what belongs to no patch, and of the highest ground
STAY, UP, LEFT, RIGHT, DOWN = 7, 4, 3, 2, 1  # where a pixel climbs to; of equally high neighbours the first in this row


@dataclass(frozen=True)
class _Land:
    """Heights and nodes of pixels, flat and framed, and what is added to an index to go each way.

    Node n is seed n, or the pixel of room `pixels[n - first]`.
    """

    height: Codes
    node: Labels
    pixels: Ints
    first: int
    steps: Ints


def flood(labels: Labels, room: Ints, height: Codes) -> None:
    """Share out the pixels `room`, ascending flat indices, to seeds: what has a number in `labels` (rows, columns).

    Pixels are 4-connected; every patch of room must have a seed beside it. `height` (rows, columns) is 1 to 255, 0
    where there is neither room nor a seed, as in the frame that both arrays must have. Room is 0 in `labels`, and
    gets its seed there. Memory: some 60 bytes a pixel of room, and two a pixel of the arrays.
    """
    width, first = labels.shape[1], int(labels.max()) + 1
    node = labels.reshape(-1)  # the same memory
    node[room] = np.arange(first, first + len(room), dtype=np.int32)
    land = _Land(height.reshape(-1), node, room, first, np.array([0, width, 1, -1, -width, 0, 0, 0]))
    climb = _climb(land)
    _cross_plains(land, climb)
    goal = node.take(room + land.steps.take(climb))
    node[room] = _over_passes(land, _followed(np.append(np.arange(first), goal)))


def _climb(land: _Land) -> Codes:
    """Return where each pixel of room climbs to: to its highest neighbour if that is higher."""
    best = _ways(land, STAY)
    for way in (UP, LEFT, RIGHT, DOWN):
        np.maximum(best, _ways(land, way), out=best)
    return (best & 7).astype(np.uint8)


def _ways(land: _Land, way: int) -> NDArray[np.uint16]:
    """Return the heights one step on, with the way below the height: one comparison orders by both."""
    ways: NDArray[np.uint16] = land.height.take(land.pixels + land.steps[way]).astype(np.uint16)
    ways <<= 3
    ways |= np.uint16(way)
    return ways


def _cross_plains(land: _Land, climb: Codes) -> None:
    """Let pixels without a higher neighbour go to an equally high one that leaves their plain in the fewest steps."""
    leaves = np.ones(len(land.node), dtype=bool)
    waiting = np.flatnonzero(climb == STAY)
    leaves[land.pixels[waiting]] = False
    while len(waiting):
        pixel = land.pixels[waiting]
        way = np.full(len(pixel), STAY, dtype=np.uint8)
        for each in (DOWN, RIGHT, LEFT, UP):
            there = pixel + land.steps[each]
            way[leaves[there] & (land.height[there] == land.height[pixel])] = each
        found = way != STAY
        if not found.any():
            return
        climb[waiting[found]] = way[found]
        leaves[pixel[found]] = True
        waiting = waiting[~found]


def _over_passes(land: _Land, top: Ints) -> Ints:
    """Return the number of the seed of every pixel of room, `top` being the hill or seed to which each node climbs.

    Hills go over their highest pass. What they then belong to goes on over its own highest pass, until it is a seed.
    """
    peaks = np.flatnonzero(top == np.arange(len(top)))  # seeds first
    name = np.empty_like(top)
    name[peaks] = np.arange(len(peaks))
    basin = name.take(top)
    owner = np.arange(len(peaks))
    hill, other = _passes(land, basin)
    while len(hill):
        goal = np.arange(len(peaks))
        goal[hill] = other  # the last one is written last
        first_of_two = (goal[goal] == np.arange(len(peaks))) & (np.arange(len(peaks)) < goal)
        goal[first_of_two] = np.flatnonzero(first_of_two)
        goal = _followed(goal)
        owner, hill, other = goal[owner], goal[hill], goal[other]
        still = np.flatnonzero((hill >= land.first) & (hill != other))
        hill, other = hill[still], other[still]
    return owner.take(basin[land.first :])


def _passes(land: _Land, basin: Ints) -> tuple[Ints, Ints]:
    """Return the basins at both ends of all passes out of hills; the lowest pass first.

    A pass between two hills comes from both sides, at the same place in the order, so that no three can go in circles.
    """
    lonely = np.flatnonzero(basin[land.first :] >= land.first)
    pixel, own = land.pixels.take(lonely), basin[land.first :].take(lonely)
    ends, orders = [], []
    for way in (UP, LEFT, RIGHT, DOWN):
        there = pixel + land.steps[way]
        other = basin.take(land.node.take(there))
        is_pass = np.flatnonzero((other != own) & (land.height.take(there) != OUTSIDE))
        one, two = pixel[is_pass], there[is_pass]
        order = np.minimum(land.height[one], land.height[two]).astype(np.int64) * len(land.node)
        orders.append(2 * (order + np.minimum(one, two)) + (way in (UP, DOWN)))
        ends.append(np.stack([own[is_pass], other[is_pass]]))
    hill, other = np.concatenate(ends, axis=1)[:, np.argsort(np.concatenate(orders))]
    return hill, other


def _followed(goal: Ints) -> Ints:
    """Return where each index ends that goes on to `goal`, again and again."""
    while True:
        further = goal.take(goal)
        if np.array_equal(further, goal):
            return goal
        goal = further
