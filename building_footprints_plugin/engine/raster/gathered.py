"""Resampling where the way from grid to raster is affine over a block, such as from a metric grid to degrees.

The kernel's pixels are gathered tap by tap for all of a block at once. A block is 80 m of ground: what the Earth's
curvature bends there is a thousandth of a pixel.
"""

from __future__ import annotations

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from .georeference import apply_affine
from .hats import hats, kernel_scale, taps

Floats = NDArray[np.float32]

MOST_TAPS = 24  # GDAL is as fast with 36, and faster with more


def is_small(scale: tuple[float, float]) -> bool:
    """Return whether a kernel of `scale` has so few pixels that gathering them is faster than GDAL's warp."""
    across, down = kernel_scale(scale)
    return taps(across) * taps(down) <= MOST_TAPS


def affine_to(cols: NDArray[np.float64], rows: NDArray[np.float64], side: int, tolerance: float) -> Affine | None:
    """Return the affine transform from a square of `side` pixels to positions, within `tolerance`; None if none does.

    The positions (n, n) are those of a mesh over the square, from corner to corner.
    """
    to_cols, to_rows = (
        ((mesh[0, -1] - mesh[0, 0]) / side, (mesh[-1, 0] - mesh[0, 0]) / side, mesh[0, 0]) for mesh in (cols, rows)
    )
    found = Affine(*map(float, (*to_cols, *to_rows)))
    along = np.linspace(0, side, len(cols))
    errors = np.subtract(apply_affine(found, *np.meshgrid(along, along)), (cols, rows))
    return found if np.abs(errors).max() <= tolerance else None


def resampled(values: Floats, at: Affine, side: int, scale: tuple[float, float]) -> Floats:
    """Return `values` (bands, height, width) at `side` x `side` pixels of a grid, which `at` takes to theirs.

    Bilinear as GDAL's warp with `scale` as XSCALE and YSCALE. What has a pixel of its kernel beyond the values is 0.
    """
    bands, height, width = values.shape
    across, down = kernel_scale(scale)
    col, row = np.arange(side) + 0.5, np.arange(side)[:, None] + 0.5
    left, col_weights = _inside((at.a * col + at.b * row + at.c).astype(np.float32), across, width)
    top, row_weights = _inside((at.d * col + at.e * row + at.f).astype(np.float32), down, height)
    first = (top * width + left).ravel()
    result = np.zeros((bands, side * side), np.float32)
    part = np.empty(side * side, np.float32)
    for below, row_weight in enumerate(row_weights):
        for beside, col_weight in enumerate(col_weights):
            weight = (row_weight * col_weight).ravel()
            for band, total in zip(values.reshape(bands, -1), result, strict=True):
                np.take(band[below * width + beside :], first, out=part, mode="clip")
                part *= weight
                total += part
    return result.reshape(bands, side, side)


def _inside(at: Floats, scale: float, count: int) -> tuple[NDArray[np.int64], Floats]:
    """Return first pixels and weights as `hats` does, within `count` pixels; what needs others has no weights."""
    first, weights = hats(at, scale)
    last = max(count - len(weights), 0)
    if first.min() >= 0 and first.max() <= last:
        return first, weights
    within = np.clip(first, 0, last)
    return within, weights * (within == first)
