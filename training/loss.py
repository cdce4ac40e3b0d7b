"""What training minimises: cross-entropy over the three classes plus Dice of the whole building."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .labels import BACKGROUND, IGNORE_CLASS


def segmentation_loss(logits: Tensor, classes: Tensor, weight: Tensor, class_weights: Tensor) -> Tensor:
    """Return the loss of a batch as a scalar.

    `logits` is `(batch, 3, height, width)`, `classes` `(batch, height, width)` with 255 ignored, `weight`
    `(batch, height, width)` says how much each pixel counts. Dice as in Milletari et al., V-Net, 2016, over the batch.
    """
    logits = logits.float()
    known = (classes != IGNORE_CLASS).float() * weight
    each = F.cross_entropy(logits, classes.long(), weight=class_weights, ignore_index=IGNORE_CLASS, reduction="none")
    cross_entropy = (each * weight).sum() / known.sum().clamp(min=1)
    building = 1 - torch.softmax(logits, dim=1)[:, BACKGROUND]
    truth = (classes != BACKGROUND).float() * known
    overlap = (building * truth).sum()
    dice = 1 - (2 * overlap + 1) / ((building * known).sum() + truth.sum() + 1)
    return cross_entropy + dice
