"""The networks: each takes `(batch, bands, height, width)` and gives logits `(batch, classes, height, width)`."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from ..errors import BadInput
from .efficientnet import UNetEfficientNetLite0
from .unet import UNet

NETWORKS: dict[str, Callable[[int, int], nn.Module]] = {
    "unet_baseline": lambda bands, classes: UNet(bands, classes, width=32),
    "unet": lambda bands, classes: UNet(bands, classes, width=64),
    "unet_efficientnet_lite0": UNetEfficientNetLite0,
}


def build_network(name: str, bands: int = 3, classes: int = 3) -> nn.Module:
    """Return the network called `name` with fresh weights.

    Any height and width works: the input is padded to what the network's levels need and the logits are cropped.
    Raises BadInput if there is no network of that name.
    """
    if name not in NETWORKS:
        raise BadInput(f"There is no network {name!r}; expected one of {', '.join(NETWORKS)}.")
    return NETWORKS[name](bands, classes)
