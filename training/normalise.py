"""8-bit values to what the networks see; the same numbers are written into the weights' manifest."""

from __future__ import annotations

from torch import Tensor

MEAN, STD = 127.0, 128.0  # what EfficientNet-Lite's ImageNet weights were trained with
SCALINGS = {"centred": (MEAN, STD), "raw": (0.0, 1.0)}


def normalise(pixels: Tensor, scaling: str = "centred") -> Tensor:
    """Return uint8 `(batch, bands, height, width)` as floats: of about -1..1, or as they are ("raw")."""
    mean, std = SCALINGS[scaling]
    return (pixels.float() - mean) / std
