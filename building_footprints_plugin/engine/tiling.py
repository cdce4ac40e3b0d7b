"""Where tiles lie and how they are blended. Pure numbers; rows come first everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

TILE_MULTIPLE = 32  # networks pad to this anyway; tiles that fit waste nothing


@dataclass(frozen=True)
class Axis:
    """Tiles along one axis: where they start, their sizes and what neighbours share, in pixels.

    The last one may reach past the end. Sizes fall by 32 at most once.
    """

    starts: tuple[int, ...]
    sizes: tuple[int, ...]
    overlap: int

    @property
    def end(self) -> int:
        """Where the last tile ends."""
        return self.starts[-1] + self.sizes[-1]


def tile_axis(length: int, tile: int, overlap: int) -> Axis:
    """Return the fewest tiles of about one size that cover `length`, each overlapping the next by `overlap` pixels.

    All together they may have half a tile more than `tile` pixels each, so that a raster a little larger than a tile is
    not cut into halves, which know less of their surroundings. Sizes are multiples of 32, and the first ones 32 larger
    than the others where that is enough, so that little is computed past the end: a raster smaller than a tile gets one
    tile of its own size. `overlap` is at most a third of `tile`, so that no pixel lies in more than two tiles.
    """
    count, size = 1, _whole(length)
    while size > tile + tile / (2 * count):
        count += 1
        size = _whole((length - overlap) / count + overlap)
    shared = overlap if count > 1 else 0
    smaller = (count * size - _whole(length + (count - 1) * shared)) // TILE_MULTIPLE
    if size - TILE_MULTIPLE < 2 * shared:
        smaller = 0
    sizes = (size,) * (count - smaller) + (size - TILE_MULTIPLE,) * smaller
    starts = (0, *accumulate(before - shared for before in sizes[:-1]))
    return Axis(starts, sizes, shared)


def _whole(size: float) -> int:
    return math.ceil(size / TILE_MULTIPLE) * TILE_MULTIPLE


def blend_weights(axis: Axis, index: int) -> NDArray[np.float32]:
    """Return the weight of tile `index` along its axis, one a pixel: weights of all tiles sum to 1 at every pixel.

    It rises and falls smoothly (half a cosine) over the overlap and is 1 elsewhere and at the two ends of the axis.
    """
    weights = np.ones(axis.sizes[index], np.float32)
    if axis.overlap:
        ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(axis.overlap) + 0.5) / axis.overlap)).astype(np.float32)
        if index > 0:
            weights[: axis.overlap] = ramp
        if index < len(axis.starts) - 1:
            weights[-axis.overlap :] = ramp[::-1]
    return weights
