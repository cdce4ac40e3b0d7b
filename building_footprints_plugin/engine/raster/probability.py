"""Write the probability raster: building and interior probability on the metric grid, one byte each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ..errors import BadInput, FootprintsError
from .georeference import shifted
from .grid import Grid
from .source import RASTERIO_ERRORS, gdal

BANDS = ("building", "interior")
SCALE = 0.004
CODE_MAX = 250
THRESHOLDS_TAG = "BUILDING_FOOTPRINTS_THRESHOLDS"
NODATA = 255
TILE_PX = 256

Window = tuple[int, int, int, int]


class ProbabilityWriter:
    """Writes the probability raster of `window` (row, col, height, width) of `grid` from top to bottom.

    A context manager. The file appears at `path` only when every row was written and the block ended without an
    exception; until then it is a hidden file beside it. `thresholds`, those found best for the weights, go into its
    metadata, so that footprints made from it later are those of one step. Memory: 256 rows. Raises BadInput, before
    any work, if nothing can be written there.
    """

    def __init__(
        self, path: str | Path, grid: Grid, window: Window, thresholds: Mapping[str, float] | None = None
    ) -> None:
        self._path = Path(path)
        self._part = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
        row, col, self._height, self._width = window
        self._next_row = 0
        self._pending: list[NDArray[np.uint8]] = []
        _check_writable(self._path)
        self._dataset = self._create(grid, shifted(grid.transform, row, col))
        self._dataset.update_tags(**{THRESHOLDS_TAG: json.dumps(dict(thresholds or {}))})

    def __enter__(self) -> ProbabilityWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._dataset.close()
            self._part.unlink(missing_ok=True)

    def write(self, row: int, codes: NDArray[np.uint8]) -> None:
        """Append codes (2, rows, width), `row` counted from the window's top; raises FootprintsError out of order."""
        expected = self._next_row + sum(part.shape[1] for part in self._pending)
        if row != expected or codes.shape[::2] != (len(BANDS), self._width) or row + codes.shape[1] > self._height:
            raise FootprintsError(
                f"Got rows from {row} of shape {codes.shape}; expected rows from {expected} of shape "
                f"({len(BANDS)}, rows, {self._width}) within {self._height} rows."
            )
        self._pending.append(codes)
        if expected + codes.shape[1] - self._next_row >= TILE_PX:
            self._flush(whole_tiles=True)

    def _flush(self, *, whole_tiles: bool) -> None:
        """Write what is pending, only up to a tile's edge if `whole_tiles`: a tile written twice is stored twice."""
        if not self._pending:
            return
        rows = np.concatenate(self._pending, axis=1)
        count = rows.shape[1] // TILE_PX * TILE_PX if whole_tiles else rows.shape[1]
        window = ((self._next_row, self._next_row + count), (0, self._width))
        try:
            with gdal():
                self._dataset.write(rows[:, :count], window=window)
        except RASTERIO_ERRORS as error:
            raise FootprintsError(f"{self._path} could not be written; is the disk full?") from error
        self._next_row += count
        self._pending = [rows[:, count:]] if count < rows.shape[1] else []

    def _finish(self) -> None:
        self._flush(whole_tiles=False)
        if self._next_row != self._height:
            raise FootprintsError(f"{self._path} got {self._next_row} of {self._height} rows; expected all.")
        try:
            self._dataset.close()
            _check_whole(self._part)
            os.replace(self._part, self._path)
        except (RasterioError, OSError) as error:
            raise FootprintsError(f"{self._path} could not be written whole; is the disk full?") from error

    def _create(self, grid: Grid, transform: Affine) -> Any:
        profile: dict[str, Any] = {
            "driver": "GTiff", "dtype": "uint8", "nodata": NODATA, "count": len(BANDS),
            "height": self._height, "width": self._width, "crs": grid.crs, "transform": transform,
            "tiled": True, "blockxsize": TILE_PX, "blockysize": TILE_PX,
            "compress": "deflate", "predictor": 2, "interleave": "band", "bigtiff": "IF_SAFER",
        }  # fmt: skip
        try:
            with gdal():
                dataset = rasterio.open(self._part, "w", **profile)
        except RASTERIO_ERRORS as error:
            raise BadInput(f"{self._path} cannot be created; choose a place where files can be written.") from error
        dataset.descriptions = BANDS
        dataset.scales = (SCALE,) * len(BANDS)
        dataset.offsets = (0.0,) * len(BANDS)
        return dataset


def _check_writable(path: Path) -> None:
    folder = path.parent
    if path.is_dir():
        raise BadInput(f"{path} is a folder; expected the name of a file to write.")
    if not folder.is_dir():
        raise BadInput(f"The folder {folder} does not exist; make it first, or choose another.")
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise BadInput(f"{path} may not be written by this user; choose another place.")


def _check_whole(path: Path) -> None:
    """Read the last pixel: a disk that filled up while the file was closed shows itself here."""
    with gdal(), rasterio.open(path) as written:
        written.read(window=((written.height - 1, written.height), (written.width - 1, written.width)))
