"""Resample a raster onto its metric grid, block by block."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.warp import reproject

from . import gathered, separable
from .georeference import Georeference, apply_affine, shifted
from .grid import Grid, pixel_size_m
from .kept_blocks import Block, KeptBlocks, Key

Read = Callable[[int, int, int, int], Block]

BLOCK_PX = 256
SOURCE_BLOCK_PX = 1024
CACHE_BYTES = 48 * 2**20  # for 38,000 columns the last row of blocks, where the next window begins
TOLERANCE_PX = 0.02
POINTS = 5  # a side of a block, whose place in the source is looked up
WORKERS = min(max((os.cpu_count() or 1) // 2, 1), 4)  # the other half is the network's; four feed a GPU
HALF = 0.5


@dataclass(frozen=True)
class Warp:
    """What is resampled: `read(row, col, height, width)` of a raster of `shape` that lies at `place`, onto `grid`.

    `read` returns pixels (bands, height, width) and valid (height, width), also outside the raster. `finish` turns
    resampled float pixels into what is kept.
    """

    read: Read
    shape: tuple[int, int]
    place: Georeference
    grid: Grid
    finish: Callable[[NDArray[Any]], NDArray[np.uint8]]
    resampling: Resampling = Resampling.bilinear


def on_grid(warp: Warp) -> Read:
    """Return a function that reads windows inside the grid: the very pixels if it is the raster's own, else warped."""
    if not warp.grid.is_of(warp.place, warp.shape):
        return WarpedBlocks(warp).read

    def read(row: int, col: int, height: int, width: int) -> Block:
        pixels, valid = warp.read(row, col, height, width)
        finished = warp.finish(pixels)
        return finished if valid.all() else finished * valid, valid

    return read


@dataclass(frozen=True)
class Needed:
    """What a block needs of the source: a window (row, col, height, width).

    `complete` tells whether the whole block has a place in the source's CRS; `at` takes (col, row) from the block's
    corner to the source's pixels, where that is affine.
    """

    window: tuple[int, int, int, int]
    complete: bool = False
    at: Affine | None = None


class WarpedBlocks:
    """Blocks of a grid, each always resampled as a whole, so that a pixel never depends on the window asked for.

    Bilinear, with a kernel as wide as a target pixel where the raster is finer (GDAL's rule; its factor is fixed
    here for the whole raster, where GDAL would guess it per chunk). A source pixel that is not there has no weight;
    a target pixel is there if at least half of its kernel's weight is. Overviews are never used: they may have been
    made by any rule. Positions are exact to 0.02 source pixels. About 48 MB of blocks are kept.
    """

    def __init__(self, warp: Warp) -> None:
        self._warp = warp
        row_m, column_m = pixel_size_m(warp.place, *warp.shape)
        self._scale = min(1.0, row_m / warp.grid.pixel_m), min(1.0, column_m / warp.grid.pixel_m)
        widest = 1 / min(self._scale)
        self._margin = math.ceil(widest) + 2
        self._side = max(8, min(BLOCK_PX, 2 ** int(math.log2(SOURCE_BLOCK_PX / widest))))
        bilinear = warp.resampling == Resampling.bilinear
        self._aligned = bilinear and separable.is_aligned(warp.place, warp.grid)
        self._gathered = bilinear and not warp.place.gcps and gathered.is_small(self._scale)
        self._kept = KeptBlocks(CACHE_BYTES)
        self._pool = ThreadPoolExecutor(WORKERS)  # kept: PROJ looks a CRS up again in each new thread
        self._reading = Lock()  # a dataset is read by one thread at a time; resampling lets go of Python's lock

    def read(self, row: int, col: int, height: int, width: int) -> Block:
        """Return finished pixels (bands, height, width) and valid (height, width) of a window inside the grid."""
        side = self._side
        first, last = col // side, (col + width - 1) // side
        cols = slice(col - first * side, col - first * side + width)
        pixels, valid = [], []
        last_row = (row + height - 1) // side
        for block_row in range(row // side, last_row + 1):
            keys = [(block_row, block_col) for block_col in range(first, last + 1)]
            blocks, made = self._blocks(keys)
            rows = slice(max(row - block_row * side, 0), min(row + height - block_row * side, side))
            pixels.append(np.concatenate([block[:, rows] for block, _ in blocks], axis=2)[:, :, cols])
            valid.append(np.concatenate([there[rows] for _, there in blocks], axis=1)[:, cols])
            for key, block in made.items():
                self._kept.keep(key, block, last_row)
        return np.concatenate(pixels, axis=1), np.concatenate(valid)

    def _blocks(self, keys: list[Key]) -> tuple[list[Block], dict[Key, Block]]:
        """Return the blocks (row, col) of `keys`, and those that were not kept, resampled side by side in threads."""
        missing = [key for key in keys if key not in self._kept]
        made = dict(zip(missing, self._pool.map(self._resample, missing), strict=True))
        return [made[key] if key in made else self._kept.use(key) for key in keys], made

    def _resample(self, key: Key) -> Block:
        target = key[0] * self._side, key[1] * self._side
        needed = self._needed(*target)
        with self._reading:
            pixels, valid = self._warp.read(*needed.window)
        if needed.complete and valid.all():
            values = self._reproject(pixels.astype(np.float32), needed, target)
            return self._warp.finish(values), np.ones(values.shape[1:], bool)
        weighted = np.concatenate([pixels * valid, valid[np.newaxis]]).astype(np.float32)
        sums = self._reproject(weighted, needed, target)
        there = sums[-1] >= HALF
        values = np.divide(sums[:-1], sums[-1], out=np.zeros_like(sums[:-1]), where=there)
        return np.where(there, self._warp.finish(values), np.uint8(0)), there

    def _reproject(self, values: NDArray[np.float32], needed: Needed, target: tuple[int, int]) -> NDArray[np.float32]:
        """Return `values` of the window that is needed, resampled to the block at `target` (row, col)."""
        row, col = needed.window[:2]
        if self._aligned:
            rows, cols = separable.positions(self._warp.place, self._warp.grid, *target, self._side)
            return separable.resampled(values, (rows - row, cols - col), self._scale)
        if needed.at is not None:
            a, b, left, d, e, top = needed.at[:6]
            return gathered.resampled(values, Affine(a, b, left - col, d, e, top - row), self._side, self._scale)
        return self._warped(values, (row, col), target)

    def _warped(
        self, values: NDArray[np.float32], source: tuple[int, int], target: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Return `values`, whose first pixel is `source`, resampled to a block by GDAL, which knows every case."""
        place, grid = self._warp.place, self._warp.grid
        result = np.zeros((len(values), self._side, self._side), np.float32)
        where: dict[str, Any] = {"src_transform": shifted(place.transform, *source)}
        if place.gcps:
            where = {"gcps": place.gcps_from(*source)}
        reproject(
            values,
            result,
            **where,
            src_crs=place.crs,
            dst_crs=grid.crs,
            dst_transform=shifted(grid.transform, *target),
            resampling=self._warp.resampling,
            tolerance=TOLERANCE_PX,
            XSCALE=self._scale[0],
            YSCALE=self._scale[1],
        )
        return result

    def _needed(self, row: int, col: int) -> Needed:
        """Return what the block at (row, col) needs of the source."""
        along = np.linspace(0, self._side, POINTS)
        across, down = np.meshgrid(along, along)
        place, grid = self._warp.place, self._warp.grid
        xs, ys = place.from_crs(grid.crs, *apply_affine(grid.transform, (col + across).ravel(), (row + down).ravel()))
        there = np.isfinite(xs) & np.isfinite(ys)
        if not there.any():
            return Needed((0, 0, 1, 1))
        cols, rows = place.to_pixels(xs[there], ys[there])
        top, height = _span(rows, self._warp.shape[0], self._margin)
        left, width = _span(cols, self._warp.shape[1], self._margin)
        needed = Needed((top, left, height, width), bool(there.all()))
        if not (needed.complete and self._gathered):
            return needed
        meshes = cols.reshape(across.shape), rows.reshape(across.shape)
        return replace(needed, at=gathered.affine_to(*meshes, self._side, TOLERANCE_PX))


def _span(positions: NDArray[np.float64], size: int, margin: int) -> tuple[int, int]:
    low = min(max(math.floor(positions.min()), -1), size) - margin
    high = max(min(math.ceil(positions.max()), size + 1), 0) + margin
    return low, max(high - low, 1)
