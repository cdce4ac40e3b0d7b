"""What a crop takes from others: the colours of another tile, and three neighbours in a mosaic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from makers import make_place
from PIL import Image
from tiny import TINY, one_cpu

from building_footprints_plugin.engine.errors import BadInput
from training import learner
from training.augment import colours_of, take_colours
from training.config import TrainOptions
from training.learner import four_as_one
from training.normalise import normalise
from training.parallel import make_fabric
from training.places import Place, read_place
from training.sampling import sampling
from training.train import train


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_colours_move_towards_those_of_another_picture_by_their_share(share: float) -> None:
    image = np.random.default_rng(0).integers(90, 150, (40, 60, 3)).astype(np.uint8)
    known = np.zeros(image.shape[:2], bool)
    known[:, 10:] = True
    image[~known] = 255  # what is unknown has no say
    wanted = (np.array([100, 120, 140], np.float32), np.array([5, 10, 30], np.float32))
    own = colours_of(image, known)
    moved = colours_of(take_colours(image, known, wanted, share), known)
    for before, target, after in zip(own, wanted, moved, strict=True):
        np.testing.assert_allclose(after, before + share * (target - before), atol=0.5)


def test_a_picture_of_one_colour_takes_another_one() -> None:
    grey = np.full((8, 8, 3), 77, np.uint8)
    colours = (np.array([10, 20, 30], np.float32), np.array([40, 50, 60], np.float32))
    changed = take_colours(grey, np.zeros((8, 8), bool), colours, 1.0)
    np.testing.assert_array_equal(changed, np.broadcast_to([10, 20, 30], changed.shape))


@pytest.mark.parametrize(("augment", "changed"), [("full", True), ("none", False)])
def test_crops_take_colours_where_they_are_to_change_at_all(tmp_path: Path, augment: str, changed: bool) -> None:
    """Two places: the same houses, and ground so light that a crop in its colours is lighter on average."""
    dark, light = (read_place(make_place(tmp_path / name, tiles=2)) for name in ("dark", "light"))
    for tile in light.ids:
        path = light.picture(tile)
        Image.fromarray(255 - (255 - np.asarray(Image.open(path)).astype(np.uint8)) // 4).save(path)
    options = TrainOptions(crop_px=32, gsd_m=dark.gsd_m, augment=augment, building_share=0.0)
    plain, mixed = (sampling([dark, light], replace(options, colour_transfer=share)) for share in (0.0, 1.0))
    lightness: dict[str, list[float]] = {"plain": [], "mixed": []}
    for number in range(40):
        for kind, sample in (("plain", plain), ("mixed", mixed)):
            crop = sample(number, np.random.default_rng(number))
            if crop.place.name == "dark":
                lightness[kind].append(float(crop.image.mean()))
    assert (max(lightness["mixed"]) > max(lightness["plain"]) + 30) is changed


def test_four_crops_lie_side_by_side_in_order() -> None:
    crops = torch.arange(8).reshape(8, 1, 1, 1) * torch.ones(1, 3, 2, 2, dtype=torch.int64)
    assert four_as_one(crops)[:, 0].tolist() == [
        [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]],
        [[4, 4, 5, 5], [4, 4, 5, 5], [6, 6, 7, 7], [6, 6, 7, 7]],
    ]
    assert four_as_one(crops[:, 0]).shape == (2, 4, 4), "labels have no bands"


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(("share", "sides"), [(0.0, {32}), (1.0, {64}), (0.5, {32, 64})])
def test_the_network_sees_mosaics_in_their_share_of_steps(
    places: list[Place], tmp_path: Path, share: float, sides: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[int] = set()

    def note(pixels: torch.Tensor, kind: str) -> torch.Tensor:
        seen.add(pixels.shape[-1])
        assert pixels.shape[0] * pixels.shape[-1] ** 2 == 4 * 32 * 32
        return normalise(pixels, kind)

    monkeypatch.setattr(learner, "normalise", note)
    options = replace(TINY, batch_size=4, steps=8, validate_every=8, mosaic_share=share)
    train(options, places, tmp_path / "run", one_cpu())
    assert seen == sides


def test_a_batch_that_is_no_multiple_of_four_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="batch_size is 6 for 1 processes and mosaics of four; expected a multiple of 4"):
        make_fabric(TrainOptions(batch_size=6, mosaic_share=0.5, accelerator="cpu"))
