"""What every raster read on a metric grid can do: windows on the grid, and footprints back in the layer's CRS."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from ..errors import BadInput, FootprintsError
from .damage import changed, signature
from .georeference import Georeference, apply_affine, convert, name
from .grid import Grid, unit_border
from .kept_blocks import Block
from .source import Source, gdal
from .warp import Read

Bounds = tuple[float, float, float, float]
Reader = TypeVar("Reader", bound="GriddedReader")

WHOLE_PX = 1e-6


class GriddedReader:
    """Base of the readers; a context manager that closes the file.

    `grid` is the metric grid, `crs` the layer's own CRS, `warnings` sentences the user should see. Use one reader
    from one thread at a time; several readers may be open.
    """

    def __init__(self, source: Source, place: Georeference, grid: Grid, read_inside: Read) -> None:
        self._source = source
        self._dataset = source.dataset
        self._opened = signature(source.dataset)
        self._place = place
        self._read_inside = read_inside
        self.grid = grid
        self.crs: CRS = place.crs
        self.warnings: list[str] = []

    def __enter__(self: Reader) -> Reader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._dataset.close()

    @property
    def files(self) -> dict[str, tuple[int, int]]:
        """The files that are read, with their size in bytes and when they were changed, as they were when opened."""
        return dict(self._opened)

    def finish(self) -> list[str]:
        """Return what the user should know once all was read: where the file is damaged.

        Raises FootprintsError if the file was changed since it was opened: the result would be of neither.
        """
        file = changed(self._opened)
        if file is not None:
            raise FootprintsError(f"{file} was changed while it was read; run again once it is finished.")
        return self._source.damage.sentences()

    def window(self, bounds: Bounds) -> tuple[int, int, int, int]:
        """Return (row, col, height, width) on the grid of (min x, min y, max x, max y) in the layer's CRS.

        Snapped outward to whole pixels and clipped to the grid. Raises BadInput if nothing is left.
        """
        if not (bounds[0] < bounds[2] and bounds[1] < bounds[3] and all(map(math.isfinite, bounds))):
            raise BadInput(f"The extent {_text(bounds)} is empty; expected min x, min y, max x, max y.")
        has = self.bounds
        low, high = np.maximum(bounds[:2], has[:2]), np.minimum(bounds[2:], has[2:])
        row, col, end_row, end_col = self._snapped(low, high) if (low < high).all() else (0, 0, 0, 0)
        if col >= end_col or row >= end_row:
            raise BadInput(
                f"The extent {_text(bounds)} misses the raster, which covers {_text(has)} in {name(self.crs)}."
            )
        return row, col, end_row - row, end_col - col

    @property
    def bounds(self) -> Bounds:
        """The grid's (min x, min y, max x, max y) in the layer's CRS."""
        across, down = unit_border()
        points = apply_affine(self.grid.transform, across * self.grid.width, down * self.grid.height)
        xs, ys = self._place.from_crs(self.grid.crs, *points)
        return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())

    @property
    def source_transform(self) -> Affine:
        """The raster's own pixel grid: (column, row) to the layer's CRS."""
        return Affine(*self._place.transform[:6])

    @property
    def source_shape(self) -> tuple[int, int]:
        """(height, width) of the raster's own pixels."""
        return int(self._dataset.height), int(self._dataset.width)

    def footprint_to_layer(self, geometries: NDArray[Any]) -> NDArray[Any]:
        """Return shapely geometries of the grid's CRS in the layer's CRS, vertex by vertex."""
        if self.crs == self.grid.crs or len(geometries) == 0:
            return geometries
        moved = shapely.transform(geometries, lambda xy: np.column_stack(self._place.from_crs(self.grid.crs, *xy.T)))
        return np.asarray(moved)

    def _read(self, row: int, col: int, height: int, width: int, band_count: int) -> Block:
        """Return pixels and valid of a window that may leave the grid, where it is 0 and not valid."""
        top, left = max(row, 0), max(col, 0)
        bottom, right = min(row + height, self.grid.height), min(col + width, self.grid.width)
        if top >= bottom or left >= right:
            return np.zeros((band_count, height, width), np.uint8), np.zeros((height, width), bool)
        with gdal():
            pixels, valid = self._read_inside(top, left, bottom - top, right - left)
        if valid.shape == (height, width):
            return pixels, valid
        outside = ((top - row, row + height - bottom), (left - col, col + width - right))
        return np.pad(pixels, ((0, 0), *outside)), np.pad(valid, outside)

    def _snapped(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[int, int, int, int]:
        """Return (row, col, end row, end col) of a rectangle in the layer's CRS, clipped to the grid."""
        across, up = unit_border()
        xs, ys = low[0] + across * (high[0] - low[0]), low[1] + up * (high[1] - low[1])
        cols, rows = apply_affine(~self.grid.transform, *convert(self.crs, self.grid.crs, xs, ys))
        row, col = math.floor(rows.min() + WHOLE_PX), math.floor(cols.min() + WHOLE_PX)
        end_row, end_col = math.ceil(rows.max() - WHOLE_PX), math.ceil(cols.max() - WHOLE_PX)
        return max(0, row), max(0, col), min(self.grid.height, end_row), min(self.grid.width, end_col)


def _text(bounds: Bounds) -> str:
    return ",".join(f"{value:.10g}" for value in bounds)
