"""Random changes to a tile, the same for image and labels where they move pixels. All draw from a given generator."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional as F

BLUR_REACH = 2.5  # standard deviations


@dataclass(frozen=True)
class View:
    """Where a crop lies in its source: centre (fractions of width and height), scale (source px per crop px), turn."""

    centre_x: float
    centre_y: float
    scale: float
    turn: float
    flip: bool


def random_view(rng: Generator, scale: float, spread: float) -> View:
    """Return a view at `scale` times a log-uniform factor in `1/(1+spread)..1+spread`, anywhere, at any angle."""
    factor = math.exp(rng.uniform(-1, 1) * math.log1p(spread))
    turn = rng.integers(4) * math.pi / 2 if rng.random() < 0.5 else rng.uniform(0, 2 * math.pi)
    return View(rng.random(), rng.random(), scale * factor, float(turn), bool(rng.random() < 0.5))


def take_view(
    image: NDArray[np.uint8], instances: NDArray[np.uint16], view: View, size_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Return the crop `(size, size, 3)` and its instances `(size, size)`, bilinear and nearest.

    A crop coarser than the source sees means of it, as a raster does that extraction resamples. Beyond the edge the
    source is mirrored, so that small tiles fill a crop and cut buildings stay whole shapes.
    """
    height, width = instances.shape
    # keep the crop's centre far enough inside that mirrored ground is the smaller part where the tile allows it
    half = min(view.scale * size_px / 2, height / 2, width / 2)
    centre_x = half + view.centre_x * (width - 2 * half)
    centre_y = half + view.centre_y * (height - 2 * half)
    steps = (np.arange(size_px, dtype=np.float32) - (size_px - 1) / 2) * np.float32(view.scale)
    down, right = steps[:, None], -steps if view.flip else steps
    x = (math.cos(view.turn) * right - math.sin(view.turn) * down + centre_x).astype(np.float32)
    y = (math.sin(view.turn) * right + math.cos(view.turn) * down + centre_y).astype(np.float32)
    # in theory / 6: the variance of the triangle that extraction resamples with; / 4 comes closest to what GDAL gives
    sigma_px = math.sqrt(max(0.0, view.scale**2 - 1) / 4)
    return _resampled(image, x, y, sigma_px), instances[_mirrored(y, height), _mirrored(x, width)]


def _resampled(
    image: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32], sigma_px: float
) -> NDArray[np.uint8]:
    """Return the image at x and y, in pixels from its corner, blurred before; only what is seen of it is worked on."""
    around = 2 + math.ceil(BLUR_REACH * sigma_px)
    left, top = (max(0, int(at.min()) - around) for at in (x, y))
    part = image[top : int(y.max()) + around, left : int(x.max()) + around]
    height, width = part.shape[:2]
    grid = torch.from_numpy(np.stack([2 * (x - left) / width - 1, 2 * (y - top) / height - 1], axis=-1))[None]
    planes = _blur(part.astype(np.float32), sigma_px).transpose(2, 0, 1)
    pixels = torch.from_numpy(np.ascontiguousarray(planes))[None]
    crop = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return np.asarray(crop[0].round().clamp(0, 255).to(torch.uint8).numpy().transpose(1, 2, 0))


def _mirrored(at: NDArray[np.float32], length: int) -> NDArray[np.intp]:
    """Return the pixel each position lies in, beyond the edges that of its mirror image."""
    index = np.floor(at).astype(np.intp) % (2 * length)
    return np.minimum(index, 2 * length - 1 - index)


def recolour(image: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    """Return the image under another light, camera and compression: each change happens with its own chance."""
    x = _light(image, rng) if rng.random() < 0.8 else image.astype(np.float32)
    if rng.random() < 0.3:
        x *= _shade(x.shape[0], x.shape[1], rng)
    if rng.random() < 0.5:
        x *= rng.uniform(0.85, 1.15, size=3).astype(np.float32)  # colour cast
    if rng.random() < 0.3:
        x = _fade_colour(x, float(rng.uniform(0, 1)))
    if rng.random() < 0.15:
        x = x * rng.uniform(0.5, 0.85) + rng.uniform(30, 90)  # haze
    if rng.random() < 0.3:
        x = _blur(x, float(rng.uniform(0.4, 1.4)))
    if rng.random() < 0.25:
        x = _coarsen(x, float(rng.uniform(1.2, 2.4)))
    if rng.random() < 0.3:
        x += np.float32(rng.uniform(1, 8)) * rng.standard_normal(x.shape, dtype=np.float32)
    changed = np.clip(np.rint(x, out=x), 0, 255, out=x).astype(np.uint8)
    return _compress(changed, int(rng.integers(35, 90))) if rng.random() < 0.3 else changed


Colours = tuple[NDArray[np.float32], NDArray[np.float32]]  # mean and standard deviation, at least 1, of each band


def take_colours(
    image: NDArray[np.uint8], known: NDArray[np.bool_], colours: Colours, share: float
) -> NDArray[np.uint8]:
    """Return the image with the colours of its known part moved by `share` towards those given.

    After Reinhard et al., Color transfer between images, 2001, in RGB.
    """
    own_mean, own_deviation = colours_of(image, known)
    mean, deviation = colours
    wanted = (image - own_mean) / own_deviation * deviation + mean
    return np.asarray(np.clip(np.rint(image + share * (wanted - image)), 0, 255), dtype=np.uint8)


def colours_of(image: NDArray[np.uint8], known: NDArray[np.bool_]) -> Colours:
    """Return the colours of an image `(height, width, bands)` where `known` is True; of all of it where nothing is."""
    pixels = image[known] if known.any() else image.reshape(-1, image.shape[2])
    mean, deviation = (np.asarray(of(pixels, axis=0), dtype=np.float32) for of in (np.mean, np.std))
    return mean, np.maximum(deviation, np.float32(1))


def _shade(height: int, width: int, rng: Generator) -> NDArray[np.float32]:
    """Return a factor per pixel that darkens a half plane or a band: a roof with one side in shadow stays one roof."""
    turn, soft = rng.uniform(0, 2 * math.pi), rng.uniform(0.5, 3)
    across = np.arange(width) * math.cos(turn) + np.arange(height)[:, None] * math.sin(turn)
    begin = rng.uniform(across.min(), across.max())
    end = begin + (rng.uniform(8, 80) if rng.random() < 0.5 else 10 * max(height, width))
    inside = np.clip((across - begin) / soft, 0, 1) * np.clip((end - across) / soft, 0, 1)
    return np.asarray(1 - rng.uniform(0.15, 0.6) * inside, dtype=np.float32)[..., None]


def _light(image: NDArray[np.uint8], rng: Generator) -> NDArray[np.float32]:
    gamma, contrast, brightness = math.exp(rng.uniform(-0.35, 0.35)), rng.uniform(0.7, 1.35), rng.uniform(-30, 30)
    bent = 255 * (np.arange(256) / 255) ** gamma
    return np.asarray(((bent - 128) * contrast + 128 + brightness).astype(np.float32)[image])


def _fade_colour(x: NDArray[np.float32], keep: float) -> NDArray[np.float32]:
    grey = x @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.asarray(keep * x + (1 - keep) * grey[..., None], dtype=np.float32)


def _coarsen(x: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Return the image as if its sensor's pixels had been `factor` times as large."""
    pixels = torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))[None]
    coarse = F.interpolate(pixels, scale_factor=1 / factor, mode="bilinear", antialias=True)
    fine = F.interpolate(coarse, size=x.shape[:2], mode="bilinear")
    return np.ascontiguousarray(fine[0].numpy().transpose(1, 2, 0))


def _blur(x: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Return the image blurred by a Gaussian, mirrored at its edges; a third of the time that SciPy's filter takes."""
    reach = int(BLUR_REACH * sigma_px + 0.5)
    if reach == 0:
        return x
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    for axis in (0, 1):
        length = x.shape[axis]
        room = [(reach, reach) if number == axis else (0, 0) for number in range(3)]
        padded = np.moveaxis(np.pad(x, room, mode="symmetric"), axis, 0)
        total = padded[:length] * taps[0]
        for number, tap in enumerate(taps[1:], start=1):
            total += padded[number : number + length] * tap
        x = np.moveaxis(total, 0, axis)
    return x


def _compress(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))
