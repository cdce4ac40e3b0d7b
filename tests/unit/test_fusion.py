"""Normalisation folded into convolutions changes nothing but the time."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.networks.fusion import fused


def trained(name: str) -> nn.Module:
    """Return a network whose normalisations do something, as after training."""
    torch.manual_seed(0)
    network = build_network(name).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight.data, module.running_var):
                values.uniform_(0.5, 1.5)
            for values in (module.bias.data, module.running_mean):
                values.uniform_(-0.2, 0.2)
    return network


@pytest.mark.parametrize("name", ["unet_baseline", "unet_efficientnet_lite0"])
def test_the_same_comes_out(name: str) -> None:
    network, image = trained(name), torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with torch.inference_mode():
        expected, found = network(image), fused(network)(image)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fused(network).modules())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
