"""The three networks: size, shapes, and that any input size works."""

from __future__ import annotations

import pytest
import torch

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.networks import NETWORKS, build_network
from building_footprints_plugin.engine.networks.padding import pad_to_multiple


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("unet_baseline", 7_764_131),  # the reference project's count
        ("unet", 31_039_811),  # likewise
        ("unet_efficientnet_lite0", 5_198_451),
    ],
)
def test_parameter_count(name: str, parameters: int) -> None:
    assert sum(p.numel() for p in build_network(name).parameters()) == parameters


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [(1, 1), (33, 65), (32, 64), (16, 100)])
def test_any_height_and_width(name: str, size: tuple[int, int]) -> None:
    if name == "unet" and size != (33, 65):
        pytest.skip("the wide U-Net differs from the baseline in width only")
    with torch.inference_mode():
        logits = build_network(name).eval()(torch.zeros(2, 3, *size))
    assert logits.shape == (2, 3, *size)


@pytest.mark.parametrize("name", ["unet_baseline", "unet_efficientnet_lite0"])
def test_bands_and_classes(name: str) -> None:
    with torch.inference_mode():
        assert build_network(name, bands=4, classes=2).eval()(torch.zeros(1, 4, 32, 32)).shape == (1, 2, 32, 32)


def test_padding_reaches_the_result_only_through_the_border() -> None:
    """A padded input gives the same logits as one that was grown by hand with repeated pixels."""
    network = build_network("unet_efficientnet_lite0").eval()
    image = torch.rand(1, 3, 40, 50, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(network(image), network(pad_to_multiple(image, 32))[..., :40, :50])


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(BadInput, match="'resnet'.*unet_efficientnet_lite0"):
        build_network("resnet")
