"""The kernel of all resampling, GDAL's own: a hat as wide as two pixels, the target's where these are larger."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Real = TypeVar("Real", np.float32, np.float64)

PLAIN = 0.95  # GDAL widens no kernel by less than this


def kernel_scale(scale: tuple[float, float]) -> tuple[float, float]:
    """Return what the kernel is narrower by (across, down), of the source's pixel over the target's, at most 1."""
    return (1.0, 1.0) if min(scale) >= PLAIN else scale


def taps(scale: float) -> int:
    """Return how many pixels in a row have a weight in a kernel that is wider by 1 / scale."""
    return 2 * math.ceil(1 / scale)


def hats(at: NDArray[Real], scale: float) -> tuple[NDArray[np.int64], NDArray[Real]]:
    """Return the first pixel with a weight for the value at each position, and the weights (taps, *positions).

    Positions count from the outer edge of pixel 0. Weights sum to one.
    """
    centre = at - at.dtype.type(0.5)
    below = np.floor(centre)
    slope = (centre - below) * at.dtype.type(scale)
    half = taps(scale) // 2
    weights = np.empty((2 * half, *at.shape), at.dtype)
    for weight, pixel in zip(weights, range(1 - half, half + 1), strict=True):  # counted from the one below
        if pixel <= 0:
            np.subtract(1 + pixel * scale, slope, out=weight)
        else:
            np.add(1 - pixel * scale, slope, out=weight)
    if half > 1:
        np.maximum(weights, 0, out=weights)
        weights /= weights.sum(axis=0)
    return below.astype(np.int64) + (1 - half), weights
