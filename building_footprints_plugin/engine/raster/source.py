"""Open a raster, choose its bands, and read windows of them together with what is there at all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.enums import MaskFlags
from rasterio.errors import NodataShadowWarning, NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.windows import Window

from ..errors import BadInput
from ..untrusted import is_remote
from .bands import alpha_bands, palette_of
from .damage import Damage, blocks_of

# Both are looked at here: a missing georeference is refused in words, alpha and nodata are combined.
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
warnings.filterwarnings("ignore", category=NodataShadowWarning)

# rasterio 1.3 has the first two side by side; the others are what broken headers give when their facts are asked for.
RASTERIO_ERRORS = (RasterioError, RasterioIOError, CPLE_BaseError, UnicodeDecodeError)
Pixels = NDArray[Any]
Valid = NDArray[np.bool_]

# GDAL keeps up to 5 % of the machine's memory per process by default; this much holds the blocks that neighbouring
# windows share and lets memory stay flat however large the raster is. In bytes: rasterio takes no megabytes here.
GDAL_CACHE_BYTES = 96 * 2**20
COLOURS = 3
SAMPLE_PX = 1024
SAMPLE_WINDOW_PX = 32


@dataclass(frozen=True)
class RasterFile:
    """What is opened, and how far it is trusted.

    With `skip_damaged`, blocks that cannot be read are not there, instead of ending the run. Without `follow_links`,
    a file on this machine (a .vrt) may not name files on the network.
    """

    path: str
    skip_damaged: bool = False
    follow_links: bool = False

    @property
    def may_reach_the_network(self) -> bool:
        """Whether GDAL may make connections for this file."""
        return self.follow_links or is_remote(self.path)


@contextmanager
def gdal(*, network: bool = True) -> Iterator[None]:
    """Set GDAL's cache for the calls inside, and give it back; without `network` nothing there is reached."""
    options: dict[str, Any] = {"GDAL_CACHEMAX": GDAL_CACHE_BYTES}
    if not network:
        options["CPL_VSIL_CURL_ALLOWED_FILENAME"] = "none"
    with rasterio.Env(**options):
        yield


@contextmanager
def as_bad_input(file: RasterFile) -> Iterator[None]:
    """Turn what a broken header gives, when a dataset is asked what it is, into BadInput."""
    try:
        with gdal(network=file.may_reach_the_network):
            yield
    except RASTERIO_ERRORS as error:
        raise BadInput(f"{file.path} has a header that cannot be read ({error}); write the file again.") from error


def as_file(source: str | Path | RasterFile) -> RasterFile:
    """Return `source` as a RasterFile; a path is trusted as little as can be."""
    return source if isinstance(source, RasterFile) else RasterFile(str(source))


def open_dataset(source: str | Path | RasterFile) -> Any:
    """Return the open rasterio dataset; raises BadInput with the reason when GDAL cannot open `source`."""
    file = as_file(source)
    try:
        with gdal(network=file.may_reach_the_network):
            return rasterio.open(file.path)
    except RASTERIO_ERRORS as error:
        raise BadInput(_why_not(file.path)) from error


def pixel_count(source: str | Path | RasterFile) -> int:
    """Return how many pixels a raster has; raises BadInput as `open_dataset` does."""
    with open_dataset(source) as dataset:
        return int(dataset.height) * int(dataset.width)


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


class Source:
    """Windows of the chosen bands of an open dataset, palette expanded, one grey band repeated.

    `file` says how far it is trusted. Without `use_mask`, whatever nodata or mask the dataset declares is ignored.
    """

    def __init__(
        self, file: RasterFile, dataset: Any, bands: tuple[int, ...], band_count: int, *, use_mask: bool = True
    ) -> None:
        self.dataset = dataset
        self._file = file
        self.damage = Damage(str(dataset.name))
        self._bands = list(bands)
        self._palette = palette_of(dataset, bands[0]) if len(bands) == 1 and band_count == COLOURS else None
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
        if self._file.skip_damaged or not self.dataset.overviews(self._bands[0]):
            pixels, valid = self._sample_windows()
            if valid.any():
                return pixels, valid
        factor = max(1.0, (height * width) ** 0.5 / SAMPLE_PX)
        return self._read(Window(0, 0, width, height), (max(1, int(height / factor)), max(1, int(width / factor))))

    def is_there_in_the_middle(self) -> bool:
        """Return whether the middle of the raster has a pixel that is there."""
        height, width = self.shape
        return bool(self.read(height // 2, width // 2, SAMPLE_WINDOW_PX, SAMPLE_WINDOW_PX)[1].any())

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
            with gdal(network=self._file.may_reach_the_network):
                pixels, valid = self._stored(window, shape)
        except RASTERIO_ERRORS as error:
            if not self._file.skip_damaged:
                raise BadInput(
                    f"{self.name} could not be read at row {int(window.row_off)}, column {int(window.col_off)}; "
                    "the file may be truncated or the connection lost; see --damaged."
                ) from error
            pixels, valid = self._around_damage(window, shape)
        if self._palette is not None:
            colours = self._palette[np.minimum(pixels[0].astype(np.intp), len(self._palette) - 1)]
            pixels, valid = np.moveaxis(colours[..., :3], -1, 0), valid & (colours[..., 3] > 0)
        elif pixels.dtype.kind == "f":
            valid = valid & np.isfinite(pixels).all(axis=0)
        if not valid.all():
            pixels = np.where(valid, pixels, pixels.dtype.type(0))
        return np.repeat(pixels, self._repeat, axis=0) if self._repeat > 1 else pixels, valid

    def _stored(self, window: Window, shape: tuple[int, int] | None) -> tuple[Pixels, Valid]:
        """Return the values of the bands as they are stored, and what is there."""
        pixels = self.dataset.read(self._bands, window=window, out_shape=shape and (len(self._bands), *shape))
        return pixels, self._read_valid(window, shape)

    def _around_damage(self, window: Window, shape: tuple[int, int] | None) -> tuple[Pixels, Valid]:
        """Read block by block; what cannot be read is not there and is noted. A decimated read has no blocks."""
        size = shape or (int(window.height), int(window.width))
        pixels = np.zeros((len(self._bands), *size), self.dataset.dtypes[self._bands[0] - 1])
        valid: Valid = np.zeros(size, bool)
        side = self.dataset.block_shapes[self._bands[0] - 1]
        for block, place in [] if shape else blocks_of(window, side):
            try:
                with gdal(network=self._file.may_reach_the_network):
                    pixels[:, place[0], place[1]], valid[place] = self._stored(block, None)
            except RASTERIO_ERRORS:
                self.damage.note(int(block.row_off) // side[0] * side[0], int(block.col_off) // side[1] * side[1])
        return pixels, valid

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
