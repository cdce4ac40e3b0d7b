"""Read a raster on its metric grid as 8-bit pixels with a mask of what is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.warp import transform_bounds

from .errors import BadInput
from .georeference import Georeference, convert, georeference, name
from .grid import Grid, grid_for, pixel_size_m
from .source import Source, choose_bands, gdal, open_dataset
from .stretch import Stretch, percentile_stretch
from .warp import Block, Warp, WarpedBlocks

COARSE_FACTOR = 2.0

Bounds = tuple[float, float, float, float]


class RasterReader:
    """A raster on its metric grid; a context manager made by `open_raster`.

    `grid` is the grid, `crs` the raster layer's own CRS, `stretch` the scaling applied to values that are not 8-bit,
    `warnings` sentences the user should see. Use one reader from one thread at a time; several readers may be open.
    """

    def __init__(self, dataset: Any, source: Source, place: Georeference, grid: Grid) -> None:
        self._dataset = dataset
        self._source = source
        self._place = place
        self.grid = grid
        self.crs: CRS = place.crs
        self.warnings: list[str] = []
        self.stretch: Stretch | None = None
        self._read_inside: Callable[[int, int, int, int], Block] = self._read_direct
        if (grid.crs, grid.transform, grid.shape) != (place.crs, place.transform, (source.height, source.width)):
            warp = Warp(source.read, (source.height, source.width), place, grid, self._finish)
            self._read_inside = WarpedBlocks(warp).read

    def __enter__(self) -> RasterReader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()

    @property
    def band_count(self) -> int:
        """Number of bands that `read` returns."""
        return self._source.band_count

    def read(self, row: int, col: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Return uint8 pixels (bands, height, width) and valid (height, width) of a window on the grid.

        The window may leave the grid. Pixels that are not valid (outside the raster, nodata in all bands, masked,
        alpha 0, NaN, infinite) are 0. A pixel's value never depends on the window. Memory: the window, and at most
        about 400 MB of caches. Raises BadInput when the file cannot be read.
        """
        pixels = np.zeros((self.band_count, height, width), np.uint8)
        valid = np.zeros((height, width), bool)
        top, left = max(row, 0), max(col, 0)
        bottom, right = min(row + height, self.grid.height), min(col + width, self.grid.width)
        if top < bottom and left < right:
            inside = slice(top - row, bottom - row), slice(left - col, right - col)
            with gdal():
                pixels[(slice(None), *inside)], valid[inside] = self._read_inside(top, left, bottom - top, right - left)
        return pixels, valid

    def window(self, bounds: Bounds) -> tuple[int, int, int, int]:
        """Return (row, col, height, width) on the grid of (min x, min y, max x, max y) in the layer's CRS.

        Snapped outward to whole pixels and clipped to the grid. Raises BadInput if nothing is left.
        """
        return grid_window(self.grid, self.crs, bounds)

    def footprint_to_layer(self, geometries: NDArray[Any]) -> NDArray[Any]:
        """Return shapely geometries of the grid's CRS in the layer's CRS, vertex by vertex."""
        return to_layer(self.grid, self.crs, geometries)

    def _read_direct(self, row: int, col: int, height: int, width: int) -> Block:
        pixels, valid = self._source.read(row, col, height, width)
        return self._finish(pixels) * valid, valid

    def _finish(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        if self.stretch is not None:
            return self.stretch.apply(pixels)
        return pixels if pixels.dtype == np.uint8 else np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def open_raster(
    source: str | Path,
    *,
    gsd_m: float,
    bands: Sequence[int] | None = None,
    bands_expected: int = 3,
    crs: str | None = None,
) -> RasterReader:
    """Open anything GDAL opens, to be read at `gsd_m` metres per pixel.

    `bands` are counted from 1; without them the first `bands_expected` that are not alpha. A single band is repeated,
    a palette becomes colours. Types other than uint8 are scaled per band from the 1st..99th percentile over the whole
    raster. `crs` (EPSG:n or WKT) stands in for the raster's own. Raises BadInput if the raster cannot be used.
    """
    dataset = open_dataset(source)
    try:
        with gdal():
            return _reader(dataset, gsd_m, choose_bands(dataset, bands, bands_expected), bands_expected, crs)
    except BaseException:
        dataset.close()
        raise


def _reader(dataset: Any, gsd_m: float, bands: tuple[int, ...], band_count: int, crs: str | None) -> RasterReader:
    pixels = Source(dataset, bands, band_count)
    place = georeference(dataset, crs)
    reader = RasterReader(dataset, pixels, place, grid_for(place, dataset.height, dataset.width, gsd_m))
    if pixels.is_grey:
        reader.warnings.append(f"{dataset.name} has one band to use; it stands in for all {band_count} of the weights.")
    coarse = max(pixel_size_m(place, dataset.height, dataset.width))
    if coarse > COARSE_FACTOR * gsd_m:
        reader.warnings.append(
            f"{dataset.name} has {coarse:.2g} m per pixel; the weights expect {gsd_m:.2g} m: footprints will be poor."
        )
    if not pixels.is_8bit or pixels.may_be_invalid:
        sample, valid = pixels.sample()
        if not valid.any():
            raise BadInput(f"{dataset.name} holds no valid pixel: all are nodata, masked or transparent.")
        reader.stretch = None if pixels.is_8bit else percentile_stretch(sample, valid)
    return reader


def grid_window(grid: Grid, crs: CRS, bounds: Bounds) -> tuple[int, int, int, int]:
    """Return the (row, col, height, width) of `grid` that `bounds` in `crs` covers; see `RasterReader.window`."""
    inner = bounds if crs == grid.crs else transform_bounds(crs, grid.crs, *bounds, densify_pts=65)
    inverse: Affine = ~grid.transform
    left, top = inverse * (inner[0], inner[3])
    right, bottom = inverse * (inner[2], inner[1])
    col, end_col = max(0, math.floor(left + 1e-6)), min(grid.width, math.ceil(right - 1e-6))
    row, end_row = max(0, math.floor(top + 1e-6)), min(grid.height, math.ceil(bottom - 1e-6))
    if col >= end_col or row >= end_row:
        has = _bounds_text(grid_bounds(grid, crs))
        raise BadInput(f"The extent {_bounds_text(bounds)} misses the raster, which covers {has} in {name(crs)}.")
    return row, col, end_row - row, end_col - col


def grid_bounds(grid: Grid, crs: CRS) -> Bounds:
    """Return (min x, min y, max x, max y) of `grid` in `crs`."""
    left, top = grid.transform * (0, 0)
    right, bottom = grid.transform * (grid.width, grid.height)
    bounds: Bounds = (left, bottom, right, top)
    return bounds if crs == grid.crs else transform_bounds(grid.crs, crs, *bounds, densify_pts=65)


def to_layer(grid: Grid, crs: CRS, geometries: NDArray[Any]) -> NDArray[Any]:
    """Return shapely geometries of the grid's CRS in `crs`."""
    if crs == grid.crs or len(geometries) == 0:
        return geometries
    return np.asarray(shapely.transform(geometries, lambda points: np.column_stack(convert(grid.crs, crs, *points.T))))


def _bounds_text(bounds: Bounds) -> str:
    return ",".join(f"{value:.10g}" for value in bounds)
