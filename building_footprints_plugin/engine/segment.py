"""Building probability of a raster, strip by strip: read ahead, run the network on tiles, blend."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple, Protocol

import numpy as np
import scipy
from numpy.typing import NDArray

from .beside import Workers, ahead
from .clock import Clock
from .errors import FootprintsError
from .packed import Packed, pack, side_by_side
from .tiling import Axis, blend_weights, tile_axis

CODE_MAX = 250
NOT_THERE = 255
READ_AHEAD = 1  # pieces read while the network runs
STARTED_AHEAD = 2  # batches for each worker that wait or are done already, so that none waits for blending
PIECE_PX = 2048  # columns that are read and blended at once, or a tile's if that is wider
CHANNELS = 2  # building, interior

Codes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Window = tuple[int, int, int, int]
Pixels = tuple[NDArray[np.uint8], NDArray[np.bool_]]


class Reader(Protocol):
    """What is read from: 8-bit pixels `(bands, height, width)` and what is there `(height, width)`."""

    def read(self, row: int, col: int, height: int, width: int) -> Pixels: ...


class Network(Protocol):
    """What is run: `(count, bands, size, size)` tiles to `(count, 2, size, size)` probabilities, the caller's own.

    It is called in as many threads at once as the segmenter has workers.
    """

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
        """Cut `window` into tiles; those for which `wanted` is False are not run and have probability 0."""
        rows, cols = (tile_axis(length, tile_px, overlap_px) for length in window[2:])
        return cls(window, rows, cols, wanted)

    @property
    def width(self) -> int:
        """Columns of all tiles together; the last tile may reach past the window."""
        return self.cols.end

    def tile(self, row_index: int, col_index: int) -> Window:
        """Return the window of one tile on the reader's grid."""
        row, col = self.window[:2]
        rows, cols = self.rows, self.cols
        return row + rows.starts[row_index], col + cols.starts[col_index], rows.sizes[row_index], cols.sizes[col_index]

    def done(self, row_index: int) -> int:
        """Return how many rows of the window are finished with a row of tiles."""
        last = row_index == len(self.rows.starts) - 1
        return self.window[2] - self.rows.starts[row_index] if last else self.rows.sizes[row_index] - self.rows.overlap

    def pieces(self) -> list[range]:
        """Return the columns of tiles that are read and blended at once, left to right."""
        step = max(1, (PIECE_PX - self.cols.overlap) // (self.cols.sizes[0] - self.cols.overlap))
        count = len(self.cols.starts)
        return [range(begin, min(begin + step, count)) for begin in range(0, count, step)]

    def columns(self, piece: range) -> tuple[int, int]:
        """Return (begin, end) of the columns that the tiles of a piece cover, from the left of the window."""
        return self.cols.starts[piece[0]], self.cols.starts[piece[-1]] + self.cols.sizes[piece[-1]]


class Batch(NamedTuple):
    """Tiles of a piece that the network runs or will run, perhaps none."""

    tiles: list[int]
    running: Future[tuple[Floats, float]]  # their probabilities, and the seconds that took
    valid: NDArray[np.bool_]  # what is there of the piece
    ends: bool  # the last one of its piece


@dataclass(frozen=True)
class Segmenter:
    """Runs `network` over a window of what `reader` reads, tile by tile.

    `progress` is told the finished share before each batch is waited for; what it raises ends the run. `clock` counts
    the seconds of the stages reading, network (the mean of its `workers`) and blending.
    """

    reader: Reader
    network: Network
    layout: Layout
    batch_size: int = 4
    tta: bool = False
    progress: Callable[[float], None] = lambda fraction: None
    clock: Clock = field(default_factory=Clock)
    workers: Workers = field(default_factory=Workers)

    def strips(self, first: int = 0) -> Generator[Packed, None, None]:
        """Yield the window's probability top to bottom as packed codes (2, rows, width) of building and interior.

        Codes are probability in steps of 1/250; 255 where the raster has no pixel. Begins at row of tiles `first`,
        with the very values as if it had begun at the top. Memory: a few pieces of a row of tiles, and of the whole
        row its packed codes and the floats of its overlap. An exception in the reading thread reaches the caller.
        """
        count = len(self.layout.rows.starts)
        begin = max(first - 1, 0) if first < count else count  # the row above has a part in the first one
        carried = np.zeros((CHANNELS, self.layout.rows.overlap, self.layout.width), np.float32)
        with self.workers.pool() as pool, closing(ahead(self._read(begin), READ_AHEAD)) as pixels:
            batches = _early(self._started(begin, pixels, pool), STARTED_AHEAD * self.workers.count)
            for row_index in range(begin, count):
                strip = self._row(row_index, carried, batches)
                if row_index >= first:
                    yield strip
                del strip  # else it would be held until the next strip is there

    def _read(self, first: int) -> Generator[Pixels, None, None]:
        for row_index in range(first, len(self.layout.rows.starts)):
            for piece in self.layout.pieces():
                row, col, height, _ = self.layout.tile(row_index, piece[0])
                begin, end = self.layout.columns(piece)
                with self.clock.at("reading"):
                    read = self.reader.read(row, col, height, end - begin)
                yield read
                del read

    def _started(self, first: int, pixels: Iterator[Pixels], pool: Executor) -> Iterator[Batch]:
        """Yield batches that were handed to the network, at least one of each piece."""
        for row_index in range(first, len(self.layout.rows.starts)):
            for piece in self.layout.pieces():
                read, valid = next(pixels)
                where = self._columns(piece)
                needed = [
                    index
                    for index in piece
                    if valid[:, where[index]].any() and self.layout.wanted(self.layout.tile(row_index, index))
                ]
                batches = self._batches(needed)
                for number, tiles in enumerate(batches, 1):
                    parts = [(read[:, :, where[index]], valid[:, where[index]]) for index in tiles]
                    yield Batch(tiles, pool.submit(self._run, parts), valid, number == len(batches))

    def _batches(self, tiles: list[int]) -> list[list[int]]:
        """Return tiles of a piece in batches, at least one; those of a batch have one size."""
        alike = [list(same) for _, same in groupby(tiles, key=self.layout.cols.sizes.__getitem__)]
        size = self.batch_size
        return [same[begin : begin + size] for same in alike for begin in range(0, len(same), size)] or [[]]

    def _run(self, tiles: list[Pixels]) -> tuple[Floats, float]:
        """Return the probabilities of tiles, and the seconds that took; runs in a worker."""
        if not tiles:
            return np.zeros((0, CHANNELS, 0, 0), np.float32), 0.0
        begin = time.perf_counter()
        chances = self.network.probabilities(np.stack([mirrored(*tile) for tile in tiles]), tta=self.tta)
        return chances, time.perf_counter() - begin

    def _row(self, row_index: int, carried: Floats, batches: Iterator[Batch]) -> Packed:
        """Return the codes of a row of tiles; `carried` is what the row above adds to it, then what it adds below."""
        layout, done = self.layout, self.layout.done(row_index)
        height = layout.rows.sizes[row_index]
        strip = []
        from_left = np.zeros((CHANNELS, height, 0), np.float32)
        for piece in layout.pieces():
            begin, end = layout.columns(piece)
            blended = np.zeros((CHANNELS, height, end - begin), np.float32)
            blended[:, :, : from_left.shape[2]] = from_left
            valid = self._add_piece(blended, (row_index, piece), batches)
            own = end - begin if end == layout.width else end - begin - layout.cols.overlap
            above = carried[:, :, begin : begin + own]
            blended[:, : above.shape[1], :own] += above
            above[:] = blended[:, height - above.shape[1] :, :own]
            within = min(own, layout.window[3] - begin)
            strip.append(pack(_codes(blended[:, :done, :within], valid[:done, :within])))
            from_left = blended[:, :, own:].copy()
        return side_by_side(strip)

    def _add_piece(self, blended: Floats, place: tuple[int, range], batches: Iterator[Batch]) -> NDArray[np.bool_]:
        """Add the weighted probability of a piece's tiles to `blended` (2, rows, columns); return what is there."""
        row_index, piece = place
        rows, cols = self.layout.rows, self.layout.cols
        where, down = self._columns(piece), blend_weights(rows, row_index)[:, None]
        while True:
            batch = next(batches)
            first = batch.tiles[0] if batch.tiles else piece[0]
            self.progress((row_index + first / len(cols.starts)) / len(rows.starts))
            chances, seconds = batch.running.result()
            self.clock.add("network", seconds / self.workers.count)
            with self.clock.at("blending"):
                for index, chance in zip(batch.tiles, chances, strict=True):
                    chance *= down * blend_weights(cols, index)
                    blended[:, :, where[index]] += chance
            if batch.ends:
                return batch.valid

    def _columns(self, piece: range) -> dict[int, slice]:
        """Return the columns of each tile of a piece, from the left of the piece."""
        begins = {index: self.layout.cols.starts[index] - self.layout.columns(piece)[0] for index in piece}
        return {index: slice(begin, begin + self.layout.cols.sizes[index]) for index, begin in begins.items()}


def _early(batches: Iterator[Batch], count: int) -> Iterator[Batch]:
    """Yield `batches`, each when `count` more were begun."""
    waiting: deque[Batch] = deque()
    for batch in batches:
        waiting.append(batch)
        if len(waiting) > count:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


def mirrored(pixels: NDArray[np.uint8], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return `(bands, height, width)` with pixels that are not there replaced by the picture mirrored at its edge.

    Black would look like something to the network; in training, too, crops go on mirrored beyond a picture. Where the
    mirror image is not there either, the nearest pixel stands in.
    """
    if valid.all():
        return pixels
    missing = np.array(np.nonzero(~valid))
    # The pixels nearest to them lie in the rectangle around them, one pixel larger on each side.
    first, last = np.maximum(missing.min(axis=1) - 1, 0), missing.max(axis=1) + 2
    around = valid[first[0] : last[0], first[1] : last[1]]
    indices = scipy.ndimage.distance_transform_edt(~around, return_distances=False, return_indices=True)
    nearest = indices[:, ~around] + first[:, None]
    mirror = np.clip(2 * nearest - missing, 0, np.array(valid.shape)[:, None] - 1)
    rows, cols = np.where(valid[tuple(mirror)], mirror, nearest)
    result = pixels.copy()
    result[:, ~valid] = pixels[:, rows, cols]
    return result


def _codes(blended: Floats, valid: NDArray[np.bool_]) -> Codes:
    if not np.isfinite(blended.sum()):
        raise FootprintsError("The network gave values that are no numbers; try precision fp32, or other weights.")
    codes = np.rint(blended * CODE_MAX).astype(np.uint8)
    codes[:, ~valid] = NOT_THERE
    return codes
