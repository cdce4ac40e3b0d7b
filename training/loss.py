"""What training minimises, in two steps: sums over the pixels of a batch, and the loss of these sums.

In between, the sums of several processes are added up, so that their loss is that of the whole batch.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .labels import BACKGROUND, IGNORE_CLASS


def pixel_sums(logits: Tensor, classes: Tensor, weight: Tensor, class_weights: Tensor) -> Tensor:
    """Return six sums over the pixels whose class is known, each pixel counting `weight` times.

    `logits` is `(batch, 3, height, width)`, `classes` `(batch, height, width)` with 255 ignored, `weight`
    `(batch, height, width)`, `class_weights` (3). The sums: cross-entropy times its class's weight, pixels, pixels
    times their class's weight, building probability on buildings, building probability, pixels of buildings.
    """
    logits = logits.float()
    known = (classes != IGNORE_CLASS).float() * weight
    target = torch.where(classes == IGNORE_CLASS, BACKGROUND, classes).long()
    each = F.cross_entropy(logits, target, weight=class_weights, reduction="none")
    building = 1 - torch.softmax(logits, dim=1)[:, BACKGROUND]
    truth = (target != BACKGROUND).float() * known
    parts = (each * known, known, class_weights[target] * known, building * truth, building * known, truth)
    return torch.stack([part.sum() for part in parts])


def loss_of(sums: Tensor, kind: str) -> Tensor:
    """Return the loss of what `pixel_sums` gave, as a scalar.

    "cross_entropy" is the weighted mean, as torch has it. "cross_entropy_dice" is the cross-entropy per pixel plus the
    Dice loss of Milletari et al., V-Net, 2016, of the building (interior and border) over the batch.
    """
    cross_entropy, pixels, class_weighted, overlap, found, truth = sums
    if kind == "cross_entropy":
        loss: Tensor = cross_entropy / class_weighted.clamp(min=1e-6)
    else:
        loss = cross_entropy / pixels.clamp(min=1) + 1 - (2 * overlap + 1) / (found + truth + 1)
    return loss
