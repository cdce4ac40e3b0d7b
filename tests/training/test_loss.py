"""The loss by hand, and what must not change it."""

from __future__ import annotations

import math

import pytest
import torch

from training.loss import segmentation_loss

EVEN = torch.ones(3)


def loss(logits: torch.Tensor, classes: torch.Tensor, trust: float = 1.0, weights: torch.Tensor = EVEN) -> float:
    return float(segmentation_loss(logits, classes, torch.full(classes.shape, trust), weights))


def test_one_pixel_by_hand() -> None:
    """Logits 0: each class has 1/3. Cross-entropy ln 3; Dice 1 - (2 * 2/3 + 1) / (2/3 + 1 + 1) = 1/8."""
    found = loss(torch.zeros(1, 3, 1, 1), torch.ones(1, 1, 1, dtype=torch.uint8))
    assert found == pytest.approx(math.log(3) + 1 / 8, rel=1e-5)


def test_right_is_near_zero_and_wrong_is_large() -> None:
    classes = torch.tensor([[[0, 1], [2, 1]]], dtype=torch.uint8)
    sure = 20 * torch.nn.functional.one_hot(classes.long(), 3).permute(0, 3, 1, 2).float()
    assert loss(sure, classes) == pytest.approx(0, abs=1e-3)
    assert loss(-sure, classes) > 10


def test_unknown_ground_and_untrusted_tiles_do_not_count() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 8, 8, generator=generator)
    classes = torch.randint(0, 3, (2, 8, 8), generator=generator).to(torch.uint8)
    classes[:, :, 4:] = 255
    changed = logits.clone()
    changed[:, :, :, 4:] = 100
    assert loss(logits, classes) == pytest.approx(loss(changed, classes), rel=1e-5)
    only = segmentation_loss(logits, classes, torch.tensor([1.0, 0.0])[:, None, None].expand(2, 8, 8), EVEN)
    assert float(only) == pytest.approx(loss(logits[:1], classes[:1]), rel=1e-5)


def test_a_batch_without_known_ground_is_a_number() -> None:
    found = loss(torch.randn(1, 3, 4, 4), torch.full((1, 4, 4), 255, dtype=torch.uint8))
    assert math.isfinite(found)
