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
    labels = np.pad(seeds, 1)
    width, numbers = labels.shape[1], int(labels.max())
    height = np.full(labels.shape, OUTSIDE, dtype=np.int16)
    np.copyto(height[1:-1, 1:-1], interior, where=room | (seeds > 0))
    pixels = np.flatnonzero(np.pad(room, 1))
    count = len(pixels)
    node = labels.ravel()  # the same memory
    node += np.int32(count - 1)
    node[pixels] = np.arange(count, dtype=np.int32)
    land = _Land(height.ravel(), node, pixels, np.array([0, width, 1, -1, -width, 0, 0, 0]))
    climb = _climb(height).ravel()[pixels]
    _cross_plains(land, climb)
    goal = node[pixels + land.steps[climb]].astype(np.int64)
    top = _followed(np.append(goal, np.arange(count, count + numbers)))
    top = _over_passes(land, top)
    node -= np.int32(count - 1)
    node[pixels] = top[:count] - (count - 1)
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
    """Return the seed of every node, `top` being the hill or seed to which it climbs: hills go over their highest pass.

    What they then belong to goes on over its own highest pass, until it is a seed.
    """
    count = len(land.pixels)
    lonely = np.flatnonzero(top[:count] < count)
    hills, own = np.unique(top[lonely], return_inverse=True)
    names = np.append(hills, np.arange(count, len(top)))
    owner = np.arange(len(names))
    hill, other = (np.searchsorted(names, end) for end in _passes(land, top, lonely))
    while len(hill):
        goal = np.arange(len(names))
        goal[hill] = other  # the last one is written last
        first_of_two = (goal[goal] == np.arange(len(names))) & (np.arange(len(names)) < goal)
        goal[first_of_two] = np.flatnonzero(first_of_two)
        goal = _followed(goal)
        owner, hill, other = goal[owner], goal[hill], goal[other]
        still = (hill < len(hills)) & (hill != other)
        hill, other = hill[still], other[still]
    top[lonely] = names[owner[own]]
    return top


def _passes(land: _Land, top: Ints, lonely: Ints) -> tuple[Ints, Ints]:
    """Return the hills at both ends of all passes from the nodes `lonely`, which are on hills; the lowest pass first.

    A pass between two hills comes from both sides, at the same place in the order, so that no three can go in circles.
    """
    pixel, own = land.pixels[lonely], top[lonely]
    ends, orders = [], []
    for way in (UP, LEFT, RIGHT, DOWN):
        there = pixel + land.steps[way]
        other = top[land.node[there]]
        order = np.minimum(land.height[there], land.height[pixel]).astype(np.int64) * len(land.node)
        order = 2 * (order + np.minimum(there, pixel)) + (way in (UP, DOWN))
        is_pass = (land.height[there] != OUTSIDE) & (other != own)
        ends.append(np.stack([own, other])[:, is_pass])
        orders.append(order[is_pass])
    hill, other = np.concatenate(ends, axis=1)[:, np.argsort(np.concatenate(orders))]
    return hill, other


def _followed(goal: Ints) -> Ints:
    """Return where each index ends that goes on to `goal`, again and again."""
    while True:
        further = goal[goal]
        if np.array_equal(further, goal):
            return goal
        goal = further
