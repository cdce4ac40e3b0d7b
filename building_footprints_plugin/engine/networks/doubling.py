"""A decoder that need not repeat pixels before it convolves them, for networks that are only run on a CPU.

A convolution of 3 x 3 over pixels that were each repeated 2 x 2 sees some of them several times. So it is a transposed
convolution of 4 x 4 with stride 2 over the pixels themselves, with the weights of such places added up: 4
multiplications where there were 9, and nothing as large as the picture is copied.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .efficientnet import DecoderBlock


class DoublingBlock(nn.Module):
    """What a `DecoderBlock` does whose normalisation was folded into its convolutions; the same but for rounding."""

    def __init__(self, block: DecoderBlock) -> None:
        super().__init__()
        conv = block.conv1[0]
        if not isinstance(conv, nn.Conv2d) or conv.bias is None:
            raise ValueError("the block's normalisation is not folded into its convolutions; use what `fused` made")
        skip = conv.in_channels - block.below
        self.doubling = nn.ConvTranspose2d(block.below, conv.out_channels, kernel_size=4, stride=2, padding=1)
        self.doubling.weight = nn.Parameter(doubled(conv.weight.detach()[:, : block.below]))
        self.doubling.bias = conv.bias
        self.beside = nn.Conv2d(skip, conv.out_channels, kernel_size=3, padding=1, bias=False) if skip else None
        if self.beside is not None:
            self.beside.weight = nn.Parameter(conv.weight.detach()[:, block.below :].contiguous())
        self.conv2 = block.conv2

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        x = self.doubling(x)
        if self.beside is not None:
            x += self.beside(skip)
        result: Tensor = self.conv2(F.relu_(x))
        return result


def with_doubling(network: nn.Module) -> nn.Module:
    """Return `network`, which `fused` made, with each of its decoder's blocks replaced."""
    for module in list(network.modules()):
        for name, part in list(module.named_children()):
            if isinstance(part, DecoderBlock):
                setattr(module, name, DoublingBlock(part))
    return network


def doubled(weight: Tensor) -> Tensor:
    """Return the weights (before, after, 4, 4) of the transposed convolution for those (after, before, 3, 3) of one."""
    for axis in (2, 3):
        backwards = weight.flip(axis)
        none = torch.zeros_like(backwards.narrow(axis, 0, 1))
        weight = torch.cat([backwards, none], axis) + torch.cat([none, backwards], axis)
    return weight.transpose(0, 1).contiguous()
