"""Scale values of any type to 0..255, the range the network was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOW_PERCENT, HIGH_PERCENT = 1.0, 99.0


@dataclass(frozen=True)
class Stretch:
    """Per band, the value that becomes 0 and the value that becomes 255; linear between, clipped beyond."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def apply(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        """Return `pixels`, shape (bands, ...), scaled and rounded; NaN becomes 0."""
        dtype = np.result_type(pixels.dtype, np.float32)
        column = (-1,) + (1,) * (pixels.ndim - 1)
        low = np.asarray(self.low, dtype).reshape(column)
        span = np.asarray(self.high, dtype).reshape(column) - low
        scaled = (pixels - low) * (255 / np.where(span > 0, span, 1))
        codes: NDArray[np.uint8] = np.clip(np.rint(np.nan_to_num(scaled)), 0, 255).astype(np.uint8)
        return codes


def percentile_stretch(sample: NDArray[Any], valid: NDArray[np.bool_]) -> Stretch:
    """Return the stretch from the 1st to the 99th percentile of each band's valid values.

    `sample` has shape (bands, ...) and `valid` the shape of one band, True where a pixel counts. Pixels that are 0 in
    all bands do not count either, where others are left: scenes often have such a collar without declaring it. A band
    that holds one value only becomes 0 there. Without a valid pixel the stretch is 0..255.
    """
    values = sample[:, valid]
    collar = (values == 0).all(axis=0)
    values = values if collar.all() else values[:, ~collar]
    if values.shape[1] == 0:
        return Stretch((0.0,) * len(sample), (255.0,) * len(sample))
    low, high = np.percentile(values.astype(np.float64), (LOW_PERCENT, HIGH_PERCENT), axis=1)
    return Stretch(tuple(map(float, low)), tuple(map(float, high)))
