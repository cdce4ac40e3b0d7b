"""Building probability of a raster, strip by strip: read ahead, run the network on tiles, blend."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from .errors import FootprintsError
from .tiling import Axis, blend_weights, tile_axis

CODE_MAX = 250
NOT_THERE = 255
READ_AHEAD = 2  # strips read while the network runs
CHANNELS = 2  # building, interior

T = TypeVar("T")
Window = tuple[int, int, int, int]
Strip = tuple[NDArray[np.uint8], NDArray[np.bool_]]


class Reader(Protocol):
    """What is read from: 8-bit pixels `(bands, height, width)` and what is there `(height, width)`."""

    def read(self, row: int, col: int, height: int, width: int) -> Strip: ...


class Network(Protocol):
    """What is run: `(count, bands, size, size)` tiles to `(count, 2, size, size)` probabilities."""

    def probabilities(self, tiles: NDArray[np.uint8], *, tta: bool = False) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Layout:
    """How a window is cut: tiles along its rows and columns, and which of them matter."""

    window: Window
    rows: Axis
    cols: Axis
    wanted: Callable[[Window], bool] = lambda window: True

    @classmethod
    def of(
        cls, window: Window, tile_px: int, overlap_px: int, wanted: Callable[[Window], bool] = lambda window: True
    ) -> Layout:
        """Cut `window` into equal tiles; tiles for which `wanted` is False are not run and have probability 0."""
        rows, cols = (tile_axis(length, tile_px, overlap_px) for length in window[2:])
        return cls(window, rows, cols, wanted)

    @property
    def width(self) -> int:
        """Columns of all tiles together; the last tile may reach past the window."""
        return self.cols.starts[-1] + self.cols.size

    def tile(self, row_index: int, col_index: int) -> Window:
        """Return the window of one tile on the reader's grid."""
        row, col = self.window[:2]
        return row + self.rows.starts[row_index], col + self.cols.starts[col_index], self.rows.size, self.cols.size


@dataclass(frozen=True)
class Segmenter:
    """Runs `network` over a window of what `reader` reads, tile by tile.

    `progress` is told the finished share before each batch; what it raises ends the run.
    """

    reader: Reader
    network: Network
    layout: Layout
    batch_size: int = 4
    tta: bool = False
    progress: Callable[[float], None] = lambda fraction: None

    def strips(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the window's probability top to bottom as codes `(2, rows, width)` of building and interior.

        Codes are probability in steps of 1/250; 255 where the raster has no pixel. Memory: a few strips, each a tile
        high and the window wide. An exception in the reading thread reaches the caller.
        """
        height, width = self.layout.window[2:]
        rows = self.layout.rows
        carried = np.zeros((CHANNELS, rows.overlap, self.layout.width), np.float32)
        for index, (pixels, valid) in enumerate(_read_ahead(self._read, len(rows.starts))):
            blended = np.zeros((CHANNELS, rows.size, self.layout.width), np.float32)
            blended[:, : rows.overlap] = carried
            self._add_tiles(blended, pixels, valid, index)
            last = index == len(rows.starts) - 1
            done = height - rows.starts[index] if last else rows.size - rows.overlap
            carried = blended[:, done:].copy()
            yield _codes(blended[:, :done, :width], valid[:done, :width])

    def _read(self, row_index: int) -> Strip:
        row, col, height, _ = self.layout.tile(row_index, 0)
        return self.reader.read(row, col, height, self.layout.width)

    def _add_tiles(
        self, blended: NDArray[np.float32], pixels: NDArray[np.uint8], valid: NDArray[np.bool_], row_index: int
    ) -> None:
        """Add the weighted probability of one row of tiles to `blended` (2, rows, width)."""
        rows, cols = self.layout.rows, self.layout.cols
        places = [slice(start, start + cols.size) for start in cols.starts]
        needed = [
            index
            for index, place in enumerate(places)
            if valid[:, place].any() and self.layout.wanted(self.layout.tile(row_index, index))
        ]
        down = blend_weights(rows, row_index)[:, None]
        for begin in range(0, len(needed), self.batch_size):
            self.progress((row_index + begin / len(needed)) / len(rows.starts))
            batch = needed[begin : begin + self.batch_size]
            tiles = np.stack([mirrored(pixels[:, :, places[index]], valid[:, places[index]]) for index in batch])
            for index, chance in zip(batch, self.network.probabilities(tiles, tta=self.tta), strict=True):
                blended[:, :, places[index]] += chance * (down * blend_weights(cols, index))


def mirrored(pixels: NDArray[np.uint8], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return `(bands, height, width)` with pixels that are not there replaced by the picture mirrored at its edge.

    Black would look like something to the network; in training, too, crops go on mirrored beyond a picture. Where the
    mirror image is not there either, the nearest pixel stands in.
    """
    if valid.all():
        return pixels
    nearest = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    limits = np.array(valid.shape)[:, None, None] - 1
    mirror = np.clip(2 * nearest - np.indices(valid.shape), 0, limits)
    rows, cols = np.where(valid[tuple(mirror)], mirror, nearest)
    return np.asarray(pixels[:, rows, cols])


def _codes(blended: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    if not np.isfinite(blended).all():
        raise FootprintsError("The network gave values that are no numbers; try precision fp32, or other weights.")
    return np.where(valid, np.rint(blended * CODE_MAX), NOT_THERE).astype(np.uint8)


def _read_ahead(read: Callable[[int], T], count: int) -> Iterator[T]:
    """Yield `read(0)` … `read(count - 1)`, each read in a thread before it is asked for."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        waiting: deque[Future[T]] = deque(thread.submit(read, index) for index in range(min(READ_AHEAD, count)))
        try:
            for index in range(count):
                result = waiting.popleft().result()
                if index + READ_AHEAD < count:
                    waiting.append(thread.submit(read, index + READ_AHEAD))
                yield result
        finally:
            for future in waiting:
                future.cancel()
