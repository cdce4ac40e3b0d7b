"""Padding that lets a network with pooling levels take any height and width."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def pad_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """Return `(batch, bands, height, width)` grown at the bottom and right to multiples of `multiple` pixels.

    The last row and column are repeated, so that the border does not look like an edge in the image.
    """
    height, width = image.shape[-2:]
    bottom, right = -height % multiple, -width % multiple
    if not (bottom or right):
        return image
    return F.pad(image, (0, right, 0, bottom), mode="replicate")
