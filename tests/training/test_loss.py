"""The loss by hand, and what must not change it."""

from __future__ import annotations

import math

import pytest
import torch

from training.loss import loss_of, pixel_sums

EVEN = torch.ones(3)


def loss(logits: torch.Tensor, classes: torch.Tensor, trust: float = 1.0, kind: str = "cross_entropy_dice") -> float:
    return float(loss_of(pixel_sums(logits, classes, torch.full(classes.shape, trust), EVEN), kind))


def some(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 3, 8, 8, generator=generator)
    return logits, torch.randint(0, 3, (2, 8, 8), generator=generator).to(torch.uint8)


def test_one_pixel_by_hand() -> None:
    """Logits 0: each class has 1/3. Cross-entropy ln 3; Dice 1 - (2 * 2/3 + 1) / (2/3 + 1 + 1) = 1/8."""
    one = torch.zeros(1, 3, 1, 1), torch.ones(1, 1, 1, dtype=torch.uint8)
    assert loss(*one) == pytest.approx(math.log(3) + 1 / 8, rel=1e-5)
    assert loss(*one, kind="cross_entropy") == pytest.approx(math.log(3), rel=1e-5)


def test_class_weights_by_hand() -> None:
    """Two pixels, the classes' probabilities 1/4, 1/4 and 1/2 in both: an interior one and a border one.

    The weighted mean is (0.8 ln 4 + 0.1 ln 2) / 0.9, the mean per pixel (0.8 ln 4 + 0.1 ln 2) / 2.
    """
    logits = torch.tensor([0.25, 0.25, 0.5]).log()[None, :, None, None].expand(1, 3, 1, 2)
    classes = torch.tensor([[[1, 2]]], dtype=torch.uint8)
    sums = pixel_sums(logits, classes, torch.ones(1, 1, 2), torch.tensor([0.1, 0.8, 0.1]))
    weighted = 0.8 * math.log(4) + 0.1 * math.log(2)
    assert float(loss_of(sums, "cross_entropy")) == pytest.approx(weighted / 0.9, rel=1e-5)
    dice = 1 - (2 * 1.5 + 1) / (1.5 + 2 + 1)
    assert float(loss_of(sums, "cross_entropy_dice")) == pytest.approx(weighted / 2 + dice, rel=1e-5)


def test_the_reference_loss_is_that_of_torch() -> None:
    logits, classes = some()
    weights = torch.tensor([0.1, 0.8, 0.1])
    found = loss_of(pixel_sums(logits, classes, torch.ones(2, 8, 8), weights), "cross_entropy")
    assert float(found) == pytest.approx(float(torch.nn.CrossEntropyLoss(weights)(logits, classes.long())), rel=1e-5)


def test_right_is_near_zero_and_wrong_is_large() -> None:
    classes = torch.tensor([[[0, 1], [2, 1]]], dtype=torch.uint8)
    sure = 20 * torch.nn.functional.one_hot(classes.long(), 3).permute(0, 3, 1, 2).float()
    assert loss(sure, classes) == pytest.approx(0, abs=1e-3)
    assert loss(-sure, classes) > 10


@pytest.mark.parametrize("kind", ["cross_entropy_dice", "cross_entropy"])
def test_unknown_ground_and_untrusted_tiles_do_not_count(kind: str) -> None:
    logits, classes = some()
    classes[:, :, 4:] = 255
    changed = logits.clone()
    changed[:, :, :, 4:] = 100
    assert loss(logits, classes, kind=kind) == pytest.approx(loss(changed, classes, kind=kind), rel=1e-5)
    first_only = torch.tensor([1.0, 0.0])[:, None, None].expand(2, 8, 8)
    only = loss_of(pixel_sums(logits, classes, first_only, EVEN), kind)
    assert float(only) == pytest.approx(loss(logits[:1], classes[:1], kind=kind), rel=1e-5)


@pytest.mark.parametrize("kind", ["cross_entropy_dice", "cross_entropy"])
def test_a_batch_without_known_ground_is_a_number(kind: str) -> None:
    assert math.isfinite(loss(torch.randn(1, 3, 4, 4), torch.full((1, 4, 4), 255, dtype=torch.uint8), kind=kind))


def test_sums_of_parts_are_the_sums_of_the_whole() -> None:
    logits, classes = some()
    whole = pixel_sums(logits, classes, torch.ones(2, 8, 8), EVEN)
    parts = [pixel_sums(logits[n : n + 1], classes[n : n + 1], torch.ones(1, 8, 8), EVEN) for n in (0, 1)]
    torch.testing.assert_close(sum(parts), whole)
