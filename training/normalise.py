"""8-bit values to what the networks see; the same numbers are written into the weights' manifest."""

from __future__ import annotations

from torch import Tensor

MEAN, STD = 127.0, 128.0  # what EfficientNet-Lite's ImageNet weights were trained with


def normalise(pixels: Tensor) -> Tensor:
    """Return uint8 `(batch, bands, height, width)` as floats of about -1..1."""
    return (pixels.float() - MEAN) / STD
