"""A decoder that repeats no pixels gives what one gives that does."""

from __future__ import annotations

import pytest
import torch
from test_fusion import trained
from torch.nn import functional as F

from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.networks.doubling import doubled, with_doubling
from building_footprints_plugin.engine.networks.efficientnet import DecoderBlock
from building_footprints_plugin.engine.networks.fusion import fused

NAME = "unet_efficientnet_lite0"


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (4, 3)])
def test_a_transposed_convolution_sees_what_one_of_repeated_pixels_sees(shape: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(0)
    pixels, weight = (torch.rand(*size, generator=random) for size in ((2, 3, *shape), (4, 3, 3, 3)))
    expected = F.conv2d(F.interpolate(pixels, scale_factor=2, mode="nearest"), weight, padding=1)
    torch.testing.assert_close(F.conv_transpose2d(pixels, doubled(weight), stride=2, padding=1), expected)


def test_one_weight_by_hand() -> None:
    """A pixel above and to the left of the middle: repeated, it is seen from two rows further down, and two columns."""
    weight = torch.zeros(1, 1, 3, 3)
    weight[0, 0, 0, 0] = 1
    expected = torch.zeros(4, 4)
    expected[2:, 2:] = 1
    torch.testing.assert_close(doubled(weight)[0, 0], expected)


@pytest.mark.parametrize("size", [(64, 96), (50, 33)])
def test_the_whole_network(size: tuple[int, int]) -> None:
    network, image = fused(trained(NAME)), torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = network(image)
        found = with_doubling(network)(image)
        again = with_doubling(network)(image)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))
    assert torch.equal(found, again)
    assert not any(isinstance(module, DecoderBlock) for module in network.modules())


def test_normalisation_that_is_not_folded_is_refused() -> None:
    with pytest.raises(ValueError, match="not folded"):
        with_doubling(build_network(NAME))
