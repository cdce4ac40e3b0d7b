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


def tile_axis(length: int, largest: int, overlap: int) -> Axis:
    """Return the fewest equal tiles of at most `largest` pixels that cover `length`, each overlapping the next.

    Sizes are multiples of 32, the smallest that do, so that little is computed past the end: a raster smaller than a
    tile gets one tile of its own size. `overlap` is at most a third of `largest`, so that no pixel lies in
    more than two tiles.
    """
    count = max(1, math.ceil((length - overlap) / (largest - overlap)))
    size = math.ceil((length - overlap) / count) + overlap if count > 1 else length
    size = min(math.ceil(size / TILE_MULTIPLE) * TILE_MULTIPLE, max(largest, TILE_MULTIPLE))
    step = size - overlap
    return Axis(tuple(index * step for index in range(count)), size, overlap if count > 1 else 0)


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
