"""Resampling where rows and columns of both rasters run alike: one after the other, as the kernel is their product."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from .georeference import Georeference, apply_affine
from .grid import Grid
from .hats import hats, kernel_scale

Positions = tuple[NDArray[np.float64], NDArray[np.float64]]


def is_aligned(place: Georeference, grid: Grid) -> bool:
    """Return whether a column of the grid lies at one place in all rows of a raster, and a row in all columns."""
    return not place.gcps and place.crs == grid.crs and place.transform.b == 0 == place.transform.d


def positions(place: Georeference, grid: Grid, row: int, col: int, side: int) -> Positions:
    """Return where in an aligned raster the centres of `side` rows and columns of the grid from (row, col) on lie."""
    steps = np.arange(side) + 0.5
    cols, rows = place.to_pixels(*apply_affine(grid.transform, col + steps, row + steps))
    return rows, cols


def resampled(values: NDArray[np.float32], at: Positions, scale: tuple[float, float]) -> NDArray[np.float32]:
    """Return `values` (bands, height, width) at the positions of rows and of columns, counted from their corner.

    Bilinear as GDAL's warp with `scale` as XSCALE and YSCALE: a kernel wider by 1 / scale. Beyond the values is 0.
    """
    across, down = kernel_scale(scale)
    bands, height, width = values.shape
    rows = _weights(at[0], down, height) @ np.moveaxis(values, 1, 0).reshape(height, -1)
    columns = np.moveaxis(rows.reshape(-1, bands, width), 2, 0).reshape(width, -1)
    result = _weights(at[1], across, width) @ columns
    return np.ascontiguousarray(result.reshape(-1, len(at[0]), bands).transpose(2, 1, 0))


def _weights(at: NDArray[np.float64], scale: float, count: int) -> scipy.sparse.csr_array:
    """Return the weight of each of `count` pixels for the value at each position."""
    first, weights = hats(at, scale)
    pixels = first[:, None] + np.arange(len(weights))
    inside = (pixels >= 0) & (pixels < count)
    starts = np.append(0, np.cumsum(inside.sum(axis=1)))
    stored = weights.T[inside].astype(np.float32), pixels[inside], starts
    return scipy.sparse.csr_array(stored, shape=(len(at), count))
