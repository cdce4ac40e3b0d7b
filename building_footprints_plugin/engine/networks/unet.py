"""The U-Net of the tutorial this project descends from (SpaceNetExploration), in two widths.

Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation, MICCAI 2015. Batch
normalisation in the encoder only, transposed convolutions in the decoder, as the reference project has it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .padding import pad_to_multiple

LEVELS = 4


class UNet(nn.Module):
    """Encoder widths `width`, 2, 4, 8 times that, 16 times at the bottom; 31.0 M parameters at width 64."""

    def __init__(self, bands: int, classes: int, width: int) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS + 1)]
        self.encoder = nn.ModuleList(
            _double_conv(before, after, normalise=True)
            for before, after in zip([bands, *widths[:-1]], widths, strict=True)
        )
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, kernel_size=2, stride=2) for w in reversed(widths[:-1]))
        self.decoder = nn.ModuleList(_double_conv(2 * w, w, normalise=False) for w in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, classes, kernel_size=1)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        x = pad_to_multiple(image, 2**LEVELS)
        skips = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        skips.pop()
        for up, block in zip(self.up, self.decoder, strict=True):
            x = block(torch.cat([skips.pop(), up(x)], dim=1))
        logits: Tensor = self.head(x)
        return logits[..., :height, :width]


def _double_conv(before: int, after: int, *, normalise: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers.append(nn.Conv2d(channels, after, kernel_size=3, padding=1))
        if normalise:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
