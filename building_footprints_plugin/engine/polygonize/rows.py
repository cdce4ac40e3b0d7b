"""Rows of probability that wait for those below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..labelling import NOT_THERE, Codes
from ..packed import Band, Packed, in_bands

Bools = NDArray[np.bool_]
PIECE_PX = 2048  # columns that are looked at together
OPEN_BYTES = 12 * 2**20  # of the last strips, which are looked at most: three of a raster 4,000 px wide
BUILDING, INTERIOR = 0, 1


@dataclass
class _Waiting:
    """A strip, open as long as it is one of the last, and a bit a pixel: whether it is building that waits.

    `packed` is the same strip as long as it is open, if it came packed.
    """

    strip: Packed
    bits: NDArray[np.uint8]
    open: bool
    packed: Packed | None = None

    @property
    def open_bytes(self) -> int:
        return self.strip.nbytes if self.open else 0

    def close(self) -> None:
        self.strip = self.strip.closed() if self.packed is None else self.packed
        self.open, self.packed = False, None

    def mask(self, which: slice) -> Bools:
        first, end = which.start // 8, -(-which.stop // 8)
        mask = np.unpackbits(self.bits[:, first:end], axis=1).view(bool)
        return np.asarray(mask[:, which.start - 8 * first : which.stop - 8 * first], dtype=bool)

    def forget(self, left: int, given_out: Bools) -> None:
        gone = np.packbits(np.pad(given_out, ((0, 0), (left % 8, 0))), axis=1)
        self.bits[:, left // 8 : left // 8 + gone.shape[1]] &= ~gone

    def below(self, row: int) -> _Waiting:
        rows = row, self.strip.rows
        strip, packed = self.strip.cut(*rows), None if self.packed is None else self.packed.cut(*rows)
        strip = in_bands(strip.codes()) if self.open else strip  # so that what is above takes no memory
        return _Waiting(strip, self.bits[row:].copy(), self.open, packed)


class Rows:
    """Codes (2, rows, width) of building and interior, kept as the strips they came in, packed but for the last ones.

    A pixel is building from the code `building` on. `height` is the number of rows.
    """

    def __init__(self, building: int) -> None:
        self._building = building
        self._strips: list[_Waiting] = []
        self._unpacked: dict[tuple[int, int], Codes] = {}  # what was last asked for: columns beside it share some

    @property
    def height(self) -> int:
        return sum(waiting.strip.rows for waiting in self._strips)

    @property
    def width(self) -> int:
        """Columns, 0 as long as there is no row."""
        return self._strips[0].strip.width if self._strips else 0

    @property
    def nbytes(self) -> int:
        """Memory that the rows take but for the last strips, as long as these are unpacked."""
        return sum(waiting.strip.nbytes + waiting.bits.nbytes for waiting in self._strips)

    def add(self, strip: Packed) -> None:
        """Add a strip below."""
        is_open = len(strip.channels) * strip.rows * strip.width <= OPEN_BYTES
        now = strip.opened() if is_open else strip.closed()
        self._strips.append(_Waiting(now, self._bits(now), is_open, None if strip.is_open else strip))
        room = OPEN_BYTES
        for waiting in reversed(self._strips):
            room -= waiting.open_bytes
            if waiting.open and room < 0:
                waiting.close()

    def _bits(self, strip: Packed) -> NDArray[np.uint8]:
        bits = np.zeros((strip.rows, -(-strip.width // 8)), np.uint8)
        for left in range(0, strip.width, PIECE_PX):
            part = strip.channel(BUILDING, slice(left, left + PIECE_PX))
            packed = np.packbits((part >= self._building) & (part != NOT_THERE), axis=1)
            bits[:, left // 8 : left // 8 + packed.shape[1]] = packed
        return bits

    def mask(self, which: slice) -> Bools:
        """Return in some columns (rows, columns) of all rows what is building and was not given out."""
        return np.concatenate([waiting.mask(which) for waiting in self._strips])

    def framed(self, rows: slice, columns: slice) -> Codes:
        """Return codes (2, rows + 2, columns + 2) in some rows and columns as an array, framed by what is not there."""
        before, self._unpacked = self._unpacked, {}

        def unpack(strip: Packed, band: Band) -> Codes:
            key = id(strip), id(band)  # strips cut in two share their bands
            found = before.get(key)
            codes = self._unpacked[key] = strip.unpacked(band) if found is None else found
            return codes

        found = list(self._among(rows))
        height, width = sum(own.stop - own.start for _, own in found), columns.stop - columns.start
        result = np.full((2, height + 2, width + 2), NOT_THERE, np.uint8)
        top = 1
        for waiting, own in found:
            bottom = top + own.stop - own.start
            for number in (BUILDING, INTERIOR):
                result[number, top:bottom, 1:-1] = waiting.strip.channel(number, columns, unpack)[own]
            top = bottom
        return result

    def _among(self, rows: slice) -> Iterator[tuple[_Waiting, slice]]:
        """Yield the strips that have some of the rows, and which of their own those are."""
        top = 0
        for waiting in self._strips:
            begin, end = max(rows.start - top, 0), min(rows.stop - top, waiting.strip.rows)
            if begin < end:
                yield waiting, slice(begin, end)
            top += waiting.strip.rows

    def forget(self, left: int, given_out: Bools) -> None:
        """Let pixels of building no longer wait; `given_out` (rows, columns) begins at column `left`."""
        top = 0
        for waiting in self._strips:
            rows = given_out[top : top + waiting.strip.rows]
            if rows.any():
                waiting.forget(left, rows)
            top += len(rows)

    def drop(self, count: int) -> None:
        """Let go of the first `count` rows."""
        self._unpacked.clear()
        while self._strips and count >= self._strips[0].strip.rows:
            count -= self._strips.pop(0).strip.rows
        if count:
            self._strips[0] = self._strips[0].below(count)
