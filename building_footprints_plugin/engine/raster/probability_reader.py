"""Read a probability raster, ours or anyone's mask, as the codes of the probability raster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags, Resampling

from ..errors import BadInput
from .georeference import Georeference, georeference
from .grid import grid_for, pixel_size_m
from .gridded import GriddedReader
from .kept_blocks import Block
from .probability import BANDS, CODE_MAX, NODATA, SCALE, THRESHOLDS_TAG
from .source import RasterFile, Source, as_bad_input, as_file, open_dataset
from .warp import Read, Warp, on_grid

SCAN_PX = 2**22
FEW_VALUES = 128
SLACK = 0.01
FINEST_M = 0.001


class ProbabilityReader(GriddedReader):
    """A probability or mask raster on a metric grid, made by `open_probability`.

    `thresholds` are those of the weights it was made with, empty if it is not ours. `has_interior` says whether there
    is a second band, of interior probability, in what `read` returns.
    """

    def __init__(self, source: Source, place: Georeference, factor: float) -> None:
        own_m = min(pixel_size_m(place, *source.shape))
        if not own_m >= FINEST_M:  # also NaN
            raise BadInput(f"{source.name} has pixels of {own_m:.2g} m; expected at least 1 mm: check its pixel size.")
        grid = grid_for(place, *source.shape, own_m)
        warp = Warp(_code_reader(source, factor), source.shape, place, grid, _as_codes, Resampling.nearest)
        super().__init__(source, place, grid, on_grid(warp))
        self.has_interior = source.band_count == len(BANDS)
        self.thresholds = _thresholds(source.dataset) if self.has_interior else {}
        self.band_count = source.band_count

    def read(self, row: int, col: int, height: int, width: int) -> NDArray[np.uint8]:
        """Return codes (1 or 2, height, width) of a window: round(250 p), 255 where there is nothing.

        The window may leave the grid. Raises BadInput when the file cannot be read or holds no probabilities.
        """
        codes, valid = self._read(row, col, height, width, self.band_count)
        return np.where(valid, codes, np.uint8(NODATA))


def open_probability(path: str | Path, crs: str | None = None) -> ProbabilityReader:
    """Open a probability raster of ours, or band 1 of anyone's mask or probability raster.

    Foreign values: whole numbers 0/1 are a mask, 0..255 are divided by 255, a band's scale and offset are obeyed,
    decimals are 0..1. A raster whose CRS measures true metres keeps its grid and resolution; another is resampled
    (nearest) onto a metric grid as fine as itself. `crs` stands in for the raster's own. Raises BadInput.
    """
    dataset = open_dataset(path)
    try:
        with as_bad_input(as_file(path)):
            return _reader(as_file(path), dataset, georeference(dataset, crs))
    except BaseException:
        dataset.close()
        raise


def _reader(file: RasterFile, dataset: Any, place: Georeference) -> ProbabilityReader:
    if is_ours(dataset):
        return ProbabilityReader(Source(file, dataset, (1, 2), len(BANDS)), place, 1.0)
    # A mask that declares 0 as nodata means "no building" by it.
    zero_is_nodata = dataset.nodata == 0 and MaskFlags.nodata in dataset.mask_flag_enums[0]
    source = Source(file, dataset, (1,), 1, use_mask=not zero_is_nodata)
    factor, warning = _code_factor(source)
    reader = ProbabilityReader(source, place, factor)
    reader.warnings += warning
    return reader


def is_ours(dataset: Any) -> bool:
    """Return whether an open rasterio dataset is a probability raster that this software wrote."""
    named = tuple(dataset.descriptions[: len(BANDS)]) == BANDS
    return named and set(dataset.dtypes) == {"uint8"} and bool(np.allclose(dataset.scales[: len(BANDS)], SCALE))


def _thresholds(dataset: Any) -> dict[str, float]:
    """Return what the writer put into the metadata; nothing if somebody else changed it."""
    try:
        found = json.loads(dataset.tags().get(THRESHOLDS_TAG, "{}"))
        return {str(name): float(value) for name, value in found.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def _code_factor(source: Source) -> tuple[float, list[str]]:
    """Return what values are multiplied with to become codes, and warnings."""
    scale, offset = source.dataset.scales[0], source.dataset.offsets[0]
    if offset != 0:
        raise BadInput(f"{source.name} has an offset of {offset:g}; expected probabilities without one.")
    if scale != 1 or np.dtype(source.dataset.dtypes[0]).kind == "f":
        return CODE_MAX * scale, []
    largest = _largest(source)
    if largest <= 1:
        return float(CODE_MAX), []
    few = f"{source.name} reaches only {largest:g}; it is taken as probability 0..255, not as a mask."
    return CODE_MAX / 255, [few] if largest < FEW_VALUES else []


def _largest(source: Source) -> float:
    """Return the largest value, read in strips; stops early when it is clear that this is no 0/1 mask."""
    height, width = source.shape
    rows = max(1, SCAN_PX // width)
    largest = 0.0
    for row in range(0, height, rows):
        pixels, _ = source.read(row, 0, min(rows, height - row), width)
        largest = max(largest, float(pixels.max()))
        if largest >= FEW_VALUES:
            break
    return largest


def _code_reader(source: Source, factor: float) -> Read:
    """Return a function that reads windows of `source` as codes, values times `factor`."""

    def read(row: int, col: int, height: int, width: int) -> Block:
        pixels, valid = source.read(row, col, height, width)
        if factor == 1.0:
            return _as_codes(pixels), valid
        codes = pixels.astype(np.float64) * factor
        if codes.max() > CODE_MAX * (1 + SLACK) or codes.min() < -CODE_MAX * SLACK:
            raise BadInput(
                f"{source.name} holds values from {pixels.min():g} to {pixels.max():g}; "
                "expected a mask of 0 and 1, probabilities 0 to 1, or whole numbers 0 to 255."
            )
        return _as_codes(codes), valid

    return read


def _as_codes(values: NDArray[Any]) -> NDArray[np.uint8]:
    whole = values if values.dtype == np.uint8 else np.maximum(np.rint(values), 0)  # ours are whole numbers already
    codes: NDArray[np.uint8] = np.minimum(whole, CODE_MAX).astype(np.uint8)
    return codes
