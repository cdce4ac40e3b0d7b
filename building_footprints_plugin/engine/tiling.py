"""Where tiles lie and how they are blended. Pure numbers; rows come first everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TILE_MULTIPLE = 32  # networks pad to this anyway; tiles that fit waste nothing


@dataclass(frozen=True)
class Axis:
    """Equal tiles along one axis: `starts`, their size and overlap in pixels; the last may reach past the end."""

    starts: tuple[int, ...]
    size: int
    overlap: int


def tile_axis(length: int, tile: int, overlap: int) -> Axis:
    """Return the fewest equal tiles that cover `length`, each overlapping the next by `overlap` pixels.

    All together they may have half a tile more than `tile` pixels each, so that a raster a little larger than a tile is
    not cut into halves, which know less of their surroundings. Sizes are multiples of 32, so that little is computed
    past the end: a raster smaller than a tile gets one tile of its own size. `overlap` is at most a third of `tile`, so
    that no pixel lies in more than two tiles.
    """
    count, size = 1, _whole(length)
    while size > tile + tile / (2 * count):
        count += 1
        size = _whole((length - overlap) / count + overlap)
    shared = overlap if count > 1 else 0
    return Axis(tuple(range(0, length - shared, size - shared)), size, shared)


def _whole(size: float) -> int:
    return math.ceil(size / TILE_MULTIPLE) * TILE_MULTIPLE


def blend_weights(axis: Axis, index: int) -> NDArray[np.float32]:
    """Return the weight of tile `index` along its axis, `(size,)`: weights of all tiles sum to 1 at every pixel.

    It rises and falls smoothly (half a cosine) over the overlap and is 1 elsewhere and at the two ends of the axis.
    """
    weights = np.ones(axis.size, np.float32)
    if axis.overlap:
        ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(axis.overlap) + 0.5) / axis.overlap)).astype(np.float32)
        if index > 0:
            weights[: axis.overlap] = ramp
        if index < len(axis.starts) - 1:
            weights[-axis.overlap :] = ramp[::-1]
    return weights
