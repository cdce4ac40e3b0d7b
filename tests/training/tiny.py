"""A network small enough that a training step takes milliseconds, and a training of it."""

from __future__ import annotations

from pathlib import Path

import torch
from lightning_fabric import Fabric
from makers import make_place

from building_footprints_plugin.engine import networks
from building_footprints_plugin.engine.networks.unet import UNet
from training.config import TrainOptions
from training.places import Place, read_places

TINY = TrainOptions(
    network="unet_baseline", crop_px=32, batch_size=2, steps=4, validate_every=2, warmup_steps=1, workers=0
)


def shrink_networks() -> None:
    """Give `unet_baseline` the widths 4, 8, 16, 32 and 64."""
    networks.NETWORKS["unet_baseline"] = lambda bands, classes: UNet(bands, classes, width=4)


def two_places(folder: Path) -> list[Place]:
    """Make a place to learn from and one to be judged on."""
    make_place(folder / "near")
    make_place(folder / "far", split="val")
    return read_places(folder)


def one_cpu() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


def same_network(one: Path, other: Path) -> bool:
    """Return whether two checkpoints hold the same weights, averages and optimizer, to the bit."""
    first, second = (torch.load(path, weights_only=True) for path in (one, other))
    averages = zip(first["average"].values(), second["average"].values(), strict=True)
    weights = zip(first["model"].values(), second["model"].values(), strict=True)
    moments = zip(first["optimizer"]["state"].values(), second["optimizer"]["state"].values(), strict=True)
    pairs = [*averages, *weights, *((a[key], b[key]) for a, b in moments for key in a)]
    return first["step"] == second["step"] and all(torch.equal(a, b) for a, b in pairs)
