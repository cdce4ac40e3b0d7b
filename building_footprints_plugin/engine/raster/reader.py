"""Read a raster on its metric grid as 8-bit pixels with a mask of what is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from ..errors import BadInput
from .bands import choose_bands
from .georeference import Georeference, georeference
from .grid import Grid, grid_for, pixel_size_m
from .gridded import GriddedReader
from .source import RasterFile, Source, as_bad_input, as_file, open_dataset
from .stretch import Stretch, percentile_stretch
from .warp import Warp, on_grid

# Shares of the metres per pixel that the weights are for.
FINEST, FINE, COARSE, COARSEST = 1 / 256, 0.1, 2.0, 50.0
FLAT = CRS.from_epsg(32631)  # any CRS in metres will do for what has no place on the Earth


class RasterReader(GriddedReader):
    """A raster on its metric grid, made by `open_raster`.

    `band_count` is the number of bands `read` returns, `stretch` the scaling of values that are not 8-bit, or None.
    """

    def __init__(self, source: Source, place: Georeference, grid: Grid, stretch: Stretch | None) -> None:
        warp = Warp(source.read, source.shape, place, grid, partial(to_8bit, stretch=stretch))
        super().__init__(source, place, grid, on_grid(warp))
        self.band_count = source.band_count
        self.stretch = stretch

    def read(self, row: int, col: int, height: int, width: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Return uint8 pixels (bands, height, width) and valid (height, width) of a window on the grid.

        The window may leave the grid. Pixels that are not valid (outside the raster, nodata in all bands, masked,
        alpha 0, NaN, infinite) are 0. A pixel's value never depends on the window. Memory: the window, and at most
        about 260 MB of caches. Raises BadInput when the file cannot be read.
        """
        return self._read(row, col, height, width, self.band_count)


def to_8bit(pixels: NDArray[Any], stretch: Stretch | None) -> NDArray[np.uint8]:
    """Return `pixels` through `stretch`; without one they are 0..255 already, but perhaps not whole numbers."""
    if stretch is not None:
        return stretch.apply(pixels)
    return pixels if pixels.dtype == np.uint8 else np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def open_raster(
    source: str | Path | RasterFile,
    *,
    gsd_m: float | tuple[float, float],
    bands: Sequence[int] | None = None,
    bands_expected: int = 3,
    crs: str | None = None,
) -> RasterReader:
    """Open anything GDAL opens, to be read at `gsd_m` metres per pixel; of a range, at the nearest to its own pixels.

    `bands` are counted from 1; without them the first `bands_expected` that are not alpha. A single band is repeated,
    a palette becomes colours. Types other than uint8 are scaled per band from the 1st..99th percentile over the whole
    raster. `crs` (EPSG:n or WKT) stands in for the raster's own. A RasterFile says how far it is trusted.
    Raises BadInput if the raster cannot be used.
    """
    return _open(source, lambda dataset: georeference(dataset, crs), gsd_m, bands, bands_expected)


def open_picture(
    source: str | Path | RasterFile, *, pixel_m: tuple[float, float], gsd_m: float, bands: Sequence[int] | None = None
) -> RasterReader:
    """Open a picture as `open_raster` does, but as if it lay on a plane with pixels `pixel_m` (width, height) metres.

    Whatever georeference it has is not looked at.
    """
    flat = Georeference(FLAT, Affine(pixel_m[0], 0, 500_000, 0, -pixel_m[1], 5_000_000))
    return _open(source, lambda _: flat, gsd_m, bands, bands_expected=3)


def _open(
    source: str | Path | RasterFile,
    place_of: Callable[[Any], Georeference],
    gsd_m: float | tuple[float, float],
    bands: Sequence[int] | None,
    bands_expected: int,
) -> RasterReader:
    dataset = open_dataset(source)
    try:
        with as_bad_input(as_file(source)):
            pixels = Source(as_file(source), dataset, choose_bands(dataset, bands, bands_expected), bands_expected)
            return _reader(pixels, place_of(dataset), gsd_m)
    except BaseException:
        dataset.close()
        raise


def _reader(source: Source, place: Georeference, gsd_m: float | tuple[float, float]) -> RasterReader:
    source.check_readable()
    sides_m = pixel_size_m(place, *source.shape)
    finest, coarsest = gsd_m if isinstance(gsd_m, tuple) else (gsd_m, gsd_m)
    chosen = min(max(*sides_m, finest), coarsest)
    grid = grid_for(place, *source.shape, chosen)
    said = _about_pixels(source.name, sides_m, chosen)
    reader = RasterReader(source, place, grid, _stretch(source))
    reader.warnings += [*said, *source.warnings]
    return reader


def _about_pixels(name: str, sides_m: tuple[float, float], gsd_m: float) -> list[str]:
    """Return what the user should know about the size of pixels, as weights are for one size; raises BadInput."""
    pixel_m = max(sides_m)
    says = f"{name} has {pixel_m:.3g} m per pixel; the weights expect about {gsd_m:.2g} m"
    if pixel_m > COARSEST * gsd_m:
        raise BadInput(f"{says}: too coarse.")
    if not min(sides_m) >= FINEST * gsd_m:  # also NaN; a block of the grid would be made of too many of its pixels
        raise BadInput(f"{name} has pixels of {min(sides_m):.2g} m; expected at least 1 mm: check its pixel size.")
    if pixel_m > COARSE * gsd_m:
        return [f"{says}: footprints will be poor."]
    return [f"{says}, and it is read at that."] if pixel_m < FINE * gsd_m else []


def _stretch(source: Source) -> Stretch | None:
    """Return the scaling found on a sample of the whole raster; raises BadInput if nothing there is valid."""
    if source.is_8bit and (not source.may_be_invalid or source.is_there_in_the_middle()):
        return None
    sample, valid = source.sample()
    if not valid.any():
        raise BadInput(f"{source.name} holds no valid pixel: all are nodata, masked or transparent.")
    return None if source.is_8bit else percentile_stretch(sample, valid)
