"""Tiny generated rasters for the tests."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.errors import NotGeoreferencedWarning

UTM = "EPSG:32633"
EAST, NORTH = 500_000.0, 5_000_000.0


def north_up(pixel: float = 0.3, left: float = EAST, top: float = NORTH) -> Affine:
    """Return the transform of square north-up pixels."""
    return Affine(pixel, 0, left, 0, -pixel, top)


def write_raster(
    path: Path | str,
    pixels: np.ndarray,
    *,
    crs: Any = UTM,
    transform: Affine | None = None,
    mask: np.ndarray | None = None,
    overviews: tuple[int, ...] = (),
    **profile: Any,
) -> str:
    """Write `pixels` (bands, height, width) as a GeoTIFF, on UTM 33N at 0.3 m unless told otherwise."""
    count, height, width = pixels.shape
    shape = {"count": count, "height": height, "width": width}
    place = {"crs": crs, "transform": north_up() if transform is None else transform}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(path, "w", **{"driver": "GTiff", **profile}, dtype=pixels.dtype, **shape, **place) as dataset,
        ):
            dataset.write(pixels)
            if mask is not None:
                dataset.write_mask(mask)
            if overviews:
                dataset.build_overviews(overviews, rasterio.enums.Resampling.average)
    return str(path)


def noise(bands: int, height: int, width: int, dtype: str = "uint8", seed: int = 0) -> np.ndarray:
    """Return random pixels without zeros."""
    return np.random.default_rng(seed).integers(1, 250, (bands, height, width)).astype(dtype)
