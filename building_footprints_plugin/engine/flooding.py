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
Bools = NDArray[np.bool_]

BLOCK_PX = 2**16  # what is looked at together, so that it fits into a cache
OUTSIDE = -1  # height of what belongs to no patch
STAY, UP, LEFT, RIGHT, DOWN = 7, 4, 3, 2, 1  # where a pixel climbs to; of equally high neighbours the first in this row


@dataclass(frozen=True)
class _Land:
    """Heights (250 at most) and nodes of pixels, flat and framed, and what is added to an index to go each way.

    Node n is the pixel of room `pixels[n]`, or seed n - len(pixels) + 1.
    """

    height: NDArray[np.int16]
    node: Labels
    pixels: Ints
    steps: Ints


def flood(seeds: Labels, room: Bools, interior: NDArray[np.uint8]) -> Labels:
    """Return `seeds` (height, width), numbers from 1 and 0 for none, with the pixels of `room` shared out to them.

    Pixels are 4-connected; every patch of room must have a seed beside it. Memory: 8 bytes a pixel of the array, and
    some 60 a pixel of room.
    """
    labels, room = np.pad(seeds, 1), np.pad(room, 1)
    width, numbers = labels.shape[1], int(labels.max())
    height = np.full(labels.shape, OUTSIDE, dtype=np.int16)
    height[1:-1, 1:-1] += (interior - np.int16(OUTSIDE)) * (room | (labels > 0))[1:-1, 1:-1]
    pixels = np.flatnonzero(room)
    count = len(pixels)
    node = labels.ravel()  # the same memory
    node += np.int32(count - 1)
    node[pixels] = np.arange(count, dtype=np.int32)
    land = _Land(height.ravel(), node, pixels, np.array([0, width, 1, -1, -width, 0, 0, 0]))
    climb = _climb(height).ravel().take(pixels)
    _cross_plains(land, climb)
    goal = node.take(pixels + land.steps.take(climb)).astype(np.int64)
    top = _followed(np.append(goal, np.arange(count, count + numbers)))
    found = _over_passes(land, top)
    node -= np.int32(count - 1)
    node[pixels] = found
    return labels[1:-1, 1:-1]


def _climb(height: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Return where each pixel (height, width) climbs to, frame included: to its highest neighbour if that is higher."""
    rows, width = height.shape
    climb = np.zeros(height.shape, dtype=np.uint8)
    block = max(1, BLOCK_PX // width)  # rows that the processor's cache holds
    for top in range(1, rows - 1, block):
        end = min(top + block, rows - 1)
        ways = height[top - 1 : end + 1] << 3  # room for the way below the height: one comparison orders by both
        best = ways[1:-1, 1:-1] | STAY
        np.maximum(best, ways[:-2, 1:-1] | UP, out=best)
        np.maximum(best, ways[1:-1, :-2] | LEFT, out=best)
        np.maximum(best, ways[1:-1, 2:] | RIGHT, out=best)
        np.maximum(best, ways[2:, 1:-1] | DOWN, out=best)
        climb[top:end, 1:-1] = best & 7
    return climb


def _cross_plains(land: _Land, climb: NDArray[np.uint8]) -> None:
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
    count = len(land.pixels)
    peaks = np.flatnonzero(top == np.arange(len(top)))
    hills = len(peaks) - (len(top) - count)  # the other peaks are seeds
    name = np.empty_like(top)
    name[peaks] = np.arange(len(peaks))
    basin = name.take(top)
    owner = np.arange(len(peaks))
    hill, other = _passes(land, basin, hills)
    while len(hill):
        goal = np.arange(len(peaks))
        goal[hill] = other  # the last one is written last
        first_of_two = (goal[goal] == np.arange(len(peaks))) & (np.arange(len(peaks)) < goal)
        goal[first_of_two] = np.flatnonzero(first_of_two)
        goal = _followed(goal)
        owner, hill, other = goal[owner], goal[hill], goal[other]
        still = np.flatnonzero((hill < hills) & (hill != other))
        hill, other = hill[still], other[still]
    return owner.take(basin[:count]) - (hills - 1)


def _passes(land: _Land, basin: Ints, hills: int) -> tuple[Ints, Ints]:
    """Return the basins at both ends of all passes out of the first `hills` ones; the lowest pass first.

    A pass between two hills comes from both sides, at the same place in the order, so that no three can go in circles.
    """
    lonely = np.flatnonzero(basin[: len(land.pixels)] < hills)
    pixel, own = land.pixels.take(lonely), basin.take(lonely)
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
