"""Codes of a strip, packed: a dense town takes a third of its bytes, open country next to nothing.

Whatever is as wide as the raster is held like this: what is kept, what is on its way, what waits for its buildings.
What is used at once is open: held in the same bands, but not packed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Content = bytes | memoryview

BAND_PX = 256  # columns packed at once: what is done in columns unpacks few others
HEAD = struct.Struct("<III")  # channels, rows, bands of each channel
BAND_HEAD = struct.Struct("<IIBI")  # width, bytes, highest code, pixels that have it
FASTEST = 1  # of zlib; it looks for runs only, which is a third faster and leaves a twentieth more
WBITS, MEM_LEVEL = 15, 8  # zlib's own


class Band(NamedTuple):
    """Some columns of a channel, packed; no bytes where all codes are `highest`, which `having` pixels have.

    As many bytes as codes are the codes themselves.
    """

    width: int
    highest: int
    having: int
    packed: Content


@dataclass(frozen=True)
class Packed:
    """Codes (channels, rows, width): `rows` of them from row `top` of the `height` that are packed."""

    channels: tuple[tuple[Band, ...], ...]
    height: int
    top: int
    rows: int

    def __reduce__(self) -> tuple[Callable[..., Packed], tuple[bytes, int, int]]:
        return _rows_of, (to_bytes(self), self.top, self.rows)

    @property
    def width(self) -> int:
        return sum(band.width for band in self.channels[0])

    @property
    def nbytes(self) -> int:
        """Memory that the codes take, also those of rows that were cut off."""
        return sum(len(band.packed) for band in chain.from_iterable(self.channels))

    def cut(self, begin: int, end: int) -> Packed:
        """Return the rows from `begin` to `end`; the memory is the same."""
        return replace(self, top=self.top + begin, rows=end - begin)

    @property
    def is_open(self) -> bool:
        """Whether nothing needs unpacking."""
        return all(map(self._is_open, chain.from_iterable(self.channels)))

    def opened(self) -> Packed:
        """Return the strip with its codes themselves in place of packed ones."""
        return self._with(self._content)

    def closed(self) -> Packed:
        """Return the strip with all its codes packed."""
        return self._with(lambda band: _packed(self._content(band)) if self._is_open(band) else band.packed)

    def codes(self, which: slice = slice(None)) -> Codes:
        """Return some columns as an array (channels, rows, columns) of its own."""
        begin, end, _ = which.indices(self.width)
        result = np.empty((len(self.channels), self.rows, end - begin), np.uint8)
        for number, channel in enumerate(result):
            self._fill(channel, number, begin, Packed.unpacked)
        return result

    def channel(
        self, number: int, which: slice = slice(None), unpack: Callable[[Packed, Band], Codes] | None = None
    ) -> Codes:
        """Return some columns of one channel as an array (rows, columns) of its own.

        `unpack` may stand in for `unpacked`, to remember what was unpacked.
        """
        begin, end, _ = which.indices(self.width)
        result = np.empty((self.rows, end - begin), np.uint8)
        self._fill(result, number, begin, unpack or Packed.unpacked)
        return result

    def _fill(self, result: Codes, number: int, begin: int, unpack: Callable[[Packed, Band], Codes]) -> None:
        """Unpack the columns of a channel from `begin` on into `result` (rows, columns)."""
        end = begin + result.shape[1]
        for left, band in self._bands(number):
            low, high = max(left, begin), min(left + band.width, end)
            if low < high:
                result[:, low - begin : high - begin] = unpack(self, band)[:, low - left : high - left]

    def highest(self, number: int, which: slice = slice(None)) -> int:
        """Return a code that none in some columns of a channel exceeds, without unpacking them."""
        begin, end, _ = which.indices(self.width)
        bands = self._bands(number)
        return max((band.highest for left, band in bands if left < end and left + band.width > begin), default=0)

    def where(self, number: int, code: int, which: slice = slice(None)) -> NDArray[np.bool_]:
        """Return which pixels of some columns (rows, columns) have `code`, not 0; lower bands are not unpacked."""

        def unpack(strip: Packed, band: Band) -> Codes:
            return strip.unpacked(band) if band.highest >= code else np.zeros((strip.rows, band.width), np.uint8)

        return np.asarray(self.channel(number, which, unpack) == code, dtype=bool)

    def count_highest(self, number: int, code: int) -> int:
        """Return how many pixels of an uncut strip have `code`, if there is no higher one."""
        return sum(band.having for band in self.channels[number] if band.highest == code)

    def _bands(self, number: int) -> Iterable[tuple[int, Band]]:
        left = 0
        for band in self.channels[number]:
            yield left, band
            left += band.width

    def unpacked(self, band: Band) -> Codes:
        """Return the codes (rows, columns) of a band, not to be changed."""
        if not band.packed:
            return np.full((self.rows, band.width), band.highest, np.uint8)
        content = np.frombuffer(self._content(band), np.uint8)
        return content.reshape(self.height, band.width)[self.top : self.top + self.rows]

    def _with(self, content: Callable[[Band], Content]) -> Packed:
        channels = (
            tuple(band._replace(packed=content(band)) if band.packed else band for band in channel)
            for channel in self.channels
        )
        return replace(self, channels=tuple(channels))

    def _is_open(self, band: Band) -> bool:
        return len(band.packed) in (0, self.height * band.width)

    def _content(self, band: Band) -> Content:
        return band.packed if self._is_open(band) else zlib.decompress(band.packed, WBITS, self.height * band.width)


def pack(codes: Codes) -> Packed:
    """Return codes (channels, rows, width) packed."""
    return _strip(codes, _packed)


def in_bands(codes: Codes) -> Packed:
    """Return codes (channels, rows, width) as a strip that is open, for what is used at once."""
    return _strip(codes, lambda content: content)


def _strip(codes: Codes, packed: Callable[[Content], Content]) -> Packed:
    _, rows, width = codes.shape
    lefts = range(0, width, BAND_PX)
    channels = (tuple(_band(channel[:, left : left + BAND_PX], packed) for left in lefts) for channel in codes)
    return Packed(tuple(channels), rows, 0, rows)


def side_by_side(parts: list[Packed]) -> Packed:
    """Return uncut strips of the same rows, left to right, as one.

    Its bytes are one block of memory: hundreds that stay for seconds among the network's activations would tear the C
    library's heap into pieces in which no activation fits.
    """
    channels = (tuple(chain.from_iterable(bands)) for bands in zip(*(part.channels for part in parts), strict=True))
    return from_bytes(to_bytes(replace(parts[0], channels=tuple(channels))))


def to_bytes(strip: Packed) -> bytes:
    """Return all that `from_bytes` needs to make a strip again, as it was before it was cut."""
    heads = (
        BAND_HEAD.pack(band.width, len(band.packed), band.highest, band.having)
        for band in chain.from_iterable(strip.channels)
    )
    contents = (band.packed for band in chain.from_iterable(strip.channels))
    return b"".join([HEAD.pack(len(strip.channels), strip.height, len(strip.channels[0])), *heads, *contents])


def from_bytes(data: bytes) -> Packed:
    """Return the strip of `to_bytes`, which holds `data`; its codes are checked only as they are unpacked."""
    parts, height, bands = HEAD.unpack_from(data)
    begin, content = HEAD.size + BAND_HEAD.size * parts * bands, memoryview(data)
    found = []
    for width, size, highest, count in BAND_HEAD.iter_unpack(content[HEAD.size : begin]):
        found.append(Band(width, highest, count, content[begin : begin + size]))
        begin += size
    channels = tuple(tuple(found[first : first + bands]) for first in range(0, len(found), bands))
    return Packed(channels, height, 0, height)


def _rows_of(data: bytes, top: int, rows: int) -> Packed:
    return replace(from_bytes(data), top=top, rows=rows)


def _band(codes: Codes, packed: Callable[[Content], Content]) -> Band:
    highest = int(codes.max(initial=0))
    if int(codes.min(initial=255)) >= highest:
        return Band(codes.shape[1], highest, codes.size, b"")
    return Band(codes.shape[1], highest, int(np.count_nonzero(codes == highest)), packed(codes.tobytes()))


def _packed(content: Content) -> Content:
    packer = zlib.compressobj(FASTEST, zlib.DEFLATED, WBITS, MEM_LEVEL, zlib.Z_RLE)
    packed = packer.compress(content) + packer.flush()
    return packed if len(packed) < len(content) else content
