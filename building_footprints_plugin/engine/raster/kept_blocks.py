"""Blocks of a grid that were resampled, kept in the same memory all the time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Key = tuple[int, int]
Block = tuple[NDArray[Any], NDArray[np.bool_]]

TOGETHER = 16  # blocks whose memory is asked for at once


class KeptBlocks:
    """Blocks (row, col) of pixels (bands, side, side) and what is there of them, in at most `most_bytes`.

    They are copied to places that are used again and again: blocks that come and go among the network's activations
    would tear the C library's heap into pieces in which no activation fits.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._free: list[Block] = []
        self._kept: dict[Key, Block] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._kept

    def use(self, key: Key) -> Block:
        """Return a block, as the last one used; the next call of `keep` may change it."""
        self._kept[key] = self._kept.pop(key)
        return self._kept[key]

    def keep(self, key: Key, block: Block, last_row: int) -> None:
        """Remember `block`, which is not kept; if that is too much, forget the one farthest from row `last_row`.

        Windows come top to bottom, and each begins in the last row of blocks of the one above.
        """
        pixels, valid = block
        if (len(self._kept) + 1) * (pixels.nbytes + valid.nbytes) > self._most_bytes:
            farthest = max((*self._kept, key), key=lambda kept: abs(kept[0] - last_row))
            if farthest == key:
                return
            self._free.append(self._kept.pop(farthest))
        if not self._free:
            places = (np.empty((TOGETHER, *values.shape), values.dtype) for values in block)
            self._free = list(zip(*places, strict=True))
        self._kept[key] = self._free.pop()
        for place, values in zip(self._kept[key], block, strict=True):
            place[:] = values
