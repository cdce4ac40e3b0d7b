"""Open a raster, choose its bands, and read windows of them together with what is there at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NodataShadowWarning, NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.windows import Window

from ..errors import BadInput

# Both are looked at here: a missing georeference is refused in words, alpha and nodata are combined.
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
warnings.filterwarnings("ignore", category=NodataShadowWarning)

RASTERIO_ERRORS = (RasterioError, RasterioIOError)  # rasterio 1.3 has them side by side
Pixels = NDArray[Any]
Valid = NDArray[np.bool_]

# GDAL keeps up to 5 % of the machine's memory per process by default; this much holds the blocks that neighbouring
# windows share and lets memory stay flat however large the raster is. In bytes: rasterio takes no megabytes here.
GDAL_CACHE_BYTES = 256 * 2**20
COLOURS = 3
SAMPLE_PX = 1024
SAMPLE_WINDOW_PX = 32


@contextmanager
def gdal() -> Iterator[None]:
    """Set GDAL's cache for the calls inside, and give it back."""
    with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES):
        yield


def open_dataset(source: str | Path) -> Any:
    """Return the open rasterio dataset; raises BadInput with the reason when GDAL cannot open `source`."""
    try:
        with gdal():
            return rasterio.open(source)
    except RASTERIO_ERRORS as error:
        raise BadInput(_why_not(str(source))) from error


def _why_not(source: str) -> str:
    if not source.startswith("/vsi") and "://" not in source:
        if not os.path.exists(source):
            return f"{source} does not exist; expected a raster file."
        if os.path.isdir(source):
            return f"{source} is a folder; expected a raster file."
        if not os.access(source, os.R_OK):
            return f"{source} may not be read by this user; change its permissions."
        if os.path.getsize(source) == 0:
            return f"{source} is empty (0 bytes); expected a raster file."
    return f"{source} cannot be opened as a raster; expected a format that GDAL reads, such as GeoTIFF."


def choose_bands(dataset: Any, bands: Sequence[int] | None, expected: int) -> tuple[int, ...]:
    """Return the bands to read, counted from 1: `expected` of them, or a single one to be repeated.

    Without `bands`, the first ones that are not alpha. Raises BadInput if they do not fit the raster.
    """
    if not dataset.count:
        parts = f", such as {dataset.subdatasets[0]}" if dataset.subdatasets else ""
        raise BadInput(f"{dataset.name} holds no bands itself; open one of the rasters inside it{parts}.")
    colour = tuple(index for index in dataset.indexes if index not in alpha_bands(dataset))
    if bands is None:
        chosen = colour[:1] if len(colour) == 1 else colour[:expected]
        if len(chosen) not in (1, expected) or not chosen:
            raise BadInput(
                f"{dataset.name} has {len(colour)} bands besides alpha; the weights expect {expected}: see --bands."
            )
        return chosen
    chosen = tuple(bands)
    listed = ",".join(map(str, chosen))
    for band in chosen:
        if band not in dataset.indexes:
            raise BadInput(f"Band {band} was asked for; {dataset.name} has bands 1 to {dataset.count}.")
    if len(set(chosen)) != len(chosen):
        raise BadInput(f"Bands {listed} name one band twice; expected {expected} different ones, or a single one.")
    if len(chosen) not in (1, expected):
        raise BadInput(f"Bands {listed} were asked for; the weights expect {expected}, or one to be repeated.")
    return chosen


def alpha_bands(dataset: Any) -> tuple[int, ...]:
    """Return the bands, counted from 1, that the raster declares to be alpha."""
    return tuple(index for index in dataset.indexes if dataset.colorinterp[index - 1] == ColorInterp.alpha)


class Source:
    """Windows of the chosen bands of an open dataset, palette expanded, one grey band repeated.

    Without `use_mask`, whatever nodata or mask the dataset declares is ignored.
    """

    def __init__(self, dataset: Any, bands: tuple[int, ...], band_count: int, *, use_mask: bool = True) -> None:
        self.dataset = dataset
        self._bands = list(bands)
        self._palette = _palette(dataset, bands[0]) if len(bands) == 1 and band_count == COLOURS else None
        self._repeat = band_count if len(bands) == 1 and self._palette is None else 1
        self._alpha = [band for band in alpha_bands(dataset)[:1] if use_mask and band not in bands]
        self._flags = dataset.mask_flag_enums[bands[0] - 1] if use_mask else [MaskFlags.all_valid]
        if MaskFlags.alpha in self._flags:
            self._flags = [MaskFlags.all_valid]  # alpha is read by `_alpha`, unless it was asked for as a colour
        if np.dtype(dataset.dtypes[bands[0] - 1]).kind == "c":
            raise BadInput(f"{dataset.name} holds complex numbers; expected real ones.")
        self.name = str(dataset.name)
        self.shape = int(dataset.height), int(dataset.width)

    @property
    def warnings(self) -> list[str]:
        """What the user should know about the choice of bands, one sentence each."""
        said = []
        if self._repeat > 1:
            said.append(f"{self.name} gives one band; it stands in for all {self._repeat} that the weights expect.")
        if set(self._bands) & set(alpha_bands(self.dataset)):
            said.append(f"{self.name} declares one of bands {self._bands} to be alpha; it is read as a colour.")
        return said

    @property
    def is_8bit(self) -> bool:
        """Whether values are 0..255 as they are."""
        return all(self.dataset.dtypes[band - 1] == "uint8" for band in self._bands) or self._palette is not None

    @property
    def may_be_invalid(self) -> bool:
        """Whether some mask, nodata value or alpha band can mark pixels as not there."""
        return MaskFlags.all_valid not in self._flags or bool(self._alpha)

    def read(self, row: int, col: int, height: int, width: int) -> tuple[Pixels, Valid]:
        """Return pixels (bands, height, width) and valid (height, width) of a window that may leave the raster.

        Pixels that are not there (outside, nodata in all bands, masked, alpha 0, NaN, infinite) are 0 and not valid.
        """
        top, left = max(row, 0), max(col, 0)
        bottom, right = min(row + height, self.shape[0]), min(col + width, self.shape[1])
        if top >= bottom or left >= right:
            return np.zeros((self.band_count, height, width), self._dtype), np.zeros((height, width), bool)
        pixels, valid = self._read(Window(left, top, right - left, bottom - top))
        if valid.shape == (height, width):
            return pixels, valid
        pad = ((top - row, row + height - bottom), (left - col, col + width - right))
        return np.pad(pixels, ((0, 0), *pad)), np.pad(valid, pad)

    def check_readable(self) -> None:
        """Read the first and the last pixel, so that a truncated file is found before any work."""
        self.read(0, 0, 1, 1)
        self.read(self.shape[0] - 1, self.shape[1] - 1, 1, 1)

    def sample(self) -> tuple[Pixels, Valid]:
        """Return at most about 1024 x 1024 pixels spread over the raster, shapes (bands, ...) and (...).

        From overviews where there are any; else small windows at full resolution, which touch few blocks of a raster
        that has none. When those windows all fall on missing ground, a decimated read has the last word.
        """
        height, width = self.shape
        if height * width <= SAMPLE_PX**2:
            return self.read(0, 0, height, width)
        if not self.dataset.overviews(self._bands[0]):
            pixels, valid = self._sample_windows()
            if valid.any():
                return pixels, valid
        factor = max(1.0, (height * width) ** 0.5 / SAMPLE_PX)
        return self._read(Window(0, 0, width, height), (max(1, int(height / factor)), max(1, int(width / factor))))

    def _sample_windows(self) -> tuple[Pixels, Valid]:
        height, width = self.shape
        count = SAMPLE_PX // SAMPLE_WINDOW_PX
        rows = np.unique(np.linspace(0, max(height - SAMPLE_WINDOW_PX, 0), count).astype(int))
        cols = np.unique(np.linspace(0, max(width - SAMPLE_WINDOW_PX, 0), count).astype(int))
        parts = [self.read(int(row), int(col), SAMPLE_WINDOW_PX, SAMPLE_WINDOW_PX) for row in rows for col in cols]
        return np.stack([part[0] for part in parts], axis=1), np.stack([part[1] for part in parts])

    @property
    def band_count(self) -> int:
        """Number of bands that `read` returns."""
        return COLOURS if self._palette is not None else self._repeat * len(self._bands)

    @property
    def _dtype(self) -> str:
        return "uint8" if self._palette is not None else str(self.dataset.dtypes[self._bands[0] - 1])

    def _read(self, window: Window, shape: tuple[int, int] | None = None) -> tuple[Pixels, Valid]:
        try:
            with gdal():
                pixels = self.dataset.read(self._bands, window=window, out_shape=shape and (len(self._bands), *shape))
                valid = self._read_valid(window, shape)
        except RASTERIO_ERRORS as error:
            raise BadInput(
                f"{self.dataset.name} could not be read at row {int(window.row_off)}, column {int(window.col_off)}; "
                "the file may be truncated or the connection lost."
            ) from error
        if self._palette is not None:
            colours = self._palette[np.minimum(pixels[0].astype(np.intp), len(self._palette) - 1)]
            pixels, valid = np.moveaxis(colours[..., :3], -1, 0), valid & (colours[..., 3] > 0)
        elif pixels.dtype.kind == "f":
            valid = valid & np.isfinite(pixels).all(axis=0)
        if not valid.all():
            pixels = np.where(valid, pixels, pixels.dtype.type(0))
        return np.repeat(pixels, self._repeat, axis=0) if self._repeat > 1 else pixels, valid

    def _read_valid(self, window: Window, shape: tuple[int, int] | None) -> Valid:
        size = shape or (int(window.height), int(window.width))
        valid: Valid = np.ones(size, bool)
        if MaskFlags.all_valid not in self._flags:
            per_dataset = MaskFlags.per_dataset in self._flags
            bands = self._bands[:1] if per_dataset else self._bands
            masks = self.dataset.read_masks(bands, window=window, out_shape=(len(bands), *size))
            valid = masks.any(axis=0)
        if self._alpha:
            valid = valid & (self.dataset.read(self._alpha[0], window=window, out_shape=size) > 0)
        return valid


def _palette(dataset: Any, band: int) -> NDArray[np.uint8] | None:
    """Return the colour table as (entries, red green blue alpha), or None if the band is not a palette."""
    if dataset.colorinterp[band - 1] != ColorInterp.palette:
        return None
    table = dataset.colormap(band)
    colours = np.zeros((max(table) + 2, 4), np.uint8)  # the last entry stands for indexes beyond the table
    for index, colour in table.items():
        colours[index] = colour
    return colours
