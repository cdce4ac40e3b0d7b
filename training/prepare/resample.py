"""Pictures and labels at another resolution, by the rules of extraction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject
from scipy import ndimage

FLAT = CRS.from_epsg(32631)  # any metric CRS: pictures without a place of their own are resampled on a flat plane


def resample_picture(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Return `(height, width, 3)` scaled by `factor` in both directions (0.5 halves the size)."""
    if abs(factor - 1) < 1e-6:
        return image
    moved = _resample(np.ascontiguousarray(image.transpose(2, 0, 1)), factor, Resampling.bilinear)
    return np.asarray(moved.transpose(1, 2, 0), dtype=np.uint8)


def resample_labels(instances: NDArray[np.uint16], factor: float) -> NDArray[np.uint16]:
    """Return instances scaled by `factor`; each new pixel takes the number most frequent in it."""
    if abs(factor - 1) < 1e-6:
        return instances
    return np.asarray(_resample(instances[None], factor, Resampling.mode)[0], dtype=np.uint16)


def labels_on(shape: tuple[int, int], step: tuple[float, float], numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return label numbers (below 0: unknown) on a grid of `shape` with the same upper left corner.

    `step` is the (width, height) of a new pixel in old ones. A new pixel takes the most frequent number; a building
    that would vanish by that keeps the pixel its middle falls into.
    """
    if shape == numbers.shape and step == (1.0, 1.0):
        return numbers
    result = np.zeros(shape, np.int32)
    where = {"src_transform": _placed(1, 1), "dst_transform": _placed(*step), "src_crs": FLAT, "dst_crs": FLAT}
    reproject(numbers, result, resampling=Resampling.mode, **where)
    lost = np.setdiff1d(numbers, result)
    lost = lost[lost > 0]
    if len(lost):
        middles = np.array(ndimage.center_of_mass(numbers > 0, numbers, lost)) + 0.5
        rows, cols = (np.clip((middles[:, i] / step[1 - i]).astype(int), 0, shape[i] - 1) for i in (0, 1))
        free = result[rows, cols] == 0
        result[rows[free], cols[free]] = lost[free]
    return result


def _resample(bands: NDArray[Any], factor: float, method: Resampling) -> NDArray[Any]:
    count, height, width = bands.shape
    size = (count, max(1, round(height * factor)), max(1, round(width * factor)))
    result = np.zeros(size, bands.dtype)
    reproject(
        bands,
        result,
        src_transform=_placed(1, 1),
        dst_transform=_placed(width / size[2], height / size[1]),
        src_crs=FLAT,
        dst_crs=FLAT,
        resampling=method,
    )
    return result


def _placed(pixel_width: float, pixel_height: float) -> Affine:
    """Return a transform that starts anywhere but at 0, which GDAL takes for "not georeferenced"."""
    return Affine(pixel_width, 0, 500_000, 0, -pixel_height, 5_000_000)
