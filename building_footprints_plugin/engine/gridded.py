"""What every raster read on a metric grid can do: windows on the grid, and footprints back in the layer's CRS."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.warp import transform_bounds

from .errors import BadInput
from .georeference import apply_affine, convert, name
from .grid import Grid
from .source import gdal
from .warp import Block, Read

Bounds = tuple[float, float, float, float]
Reader = TypeVar("Reader", bound="GriddedReader")

WHOLE_PX = 1e-6


class GriddedReader:
    """Base of the readers; a context manager that closes the file.

    `grid` is the metric grid, `crs` the layer's own CRS, `warnings` sentences the user should see. Use one reader
    from one thread at a time; several readers may be open.
    """

    def __init__(self, dataset: Any, crs: CRS, grid: Grid, read_inside: Read) -> None:
        self._dataset = dataset
        self._read_inside = read_inside
        self.grid = grid
        self.crs = crs
        self.warnings: list[str] = []

    def __enter__(self: Reader) -> Reader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()

    def window(self, bounds: Bounds) -> tuple[int, int, int, int]:
        """Return (row, col, height, width) on the grid of (min x, min y, max x, max y) in the layer's CRS.

        Snapped outward to whole pixels and clipped to the grid. Raises BadInput if nothing is left.
        """
        left, bottom, right, top = self._in_grid_pixels(bounds)
        col, end_col = max(0, math.floor(left + WHOLE_PX)), min(self.grid.width, math.ceil(right - WHOLE_PX))
        row, end_row = max(0, math.floor(top + WHOLE_PX)), min(self.grid.height, math.ceil(bottom - WHOLE_PX))
        if col >= end_col or row >= end_row:
            raise BadInput(
                f"The extent {_text(bounds)} misses the raster, which covers {_text(self.bounds)} in {name(self.crs)}."
            )
        return row, col, end_row - row, end_col - col

    @property
    def bounds(self) -> Bounds:
        """The grid's (min x, min y, max x, max y) in the layer's CRS."""
        left, top = self.grid.transform.c, self.grid.transform.f
        right, bottom = left + self.grid.width * self.grid.pixel_m, top - self.grid.height * self.grid.pixel_m
        return _convert_bounds(self.grid.crs, self.crs, (left, bottom, right, top))

    @property
    def source_transform(self) -> Affine:
        """The raster's own pixel grid: (column, row) to the layer's CRS."""
        return Affine(*self._dataset.transform[:6])

    def footprint_to_layer(self, geometries: NDArray[Any]) -> NDArray[Any]:
        """Return shapely geometries of the grid's CRS in the layer's CRS, vertex by vertex."""
        if self.crs == self.grid.crs or len(geometries) == 0:
            return geometries
        moved = shapely.transform(geometries, lambda xy: np.column_stack(convert(self.grid.crs, self.crs, *xy.T)))
        return np.asarray(moved)

    def _read(self, row: int, col: int, height: int, width: int, band_count: int) -> Block:
        """Return pixels and valid of a window that may leave the grid, where it is 0 and not valid."""
        pixels = np.zeros((band_count, height, width), np.uint8)
        valid = np.zeros((height, width), bool)
        top, left = max(row, 0), max(col, 0)
        bottom, right = min(row + height, self.grid.height), min(col + width, self.grid.width)
        if top < bottom and left < right:
            rows, cols = slice(top - row, bottom - row), slice(left - col, right - col)
            with gdal():
                pixels[:, rows, cols], valid[rows, cols] = self._read_inside(top, left, bottom - top, right - left)
        return pixels, valid

    def _in_grid_pixels(self, bounds: Bounds) -> Bounds:
        if not (bounds[0] < bounds[2] and bounds[1] < bounds[3] and all(map(math.isfinite, bounds))):
            raise BadInput(f"The extent {_text(bounds)} is empty; expected min x, min y, max x, max y.")
        left, bottom, right, top = _convert_bounds(self.crs, self.grid.crs, bounds)
        cols, rows = apply_affine(~self.grid.transform, np.array([left, right]), np.array([bottom, top]))
        return float(cols[0]), float(rows[0]), float(cols[1]), float(rows[1])


def _convert_bounds(source: CRS, target: CRS, bounds: Bounds) -> Bounds:
    if source == target:
        return bounds
    left, bottom, right, top = transform_bounds(source, target, *bounds, densify_pts=65)
    return left, bottom, right, top


def _text(bounds: Bounds) -> str:
    return ",".join(f"{value:.10g}" for value in bounds)
