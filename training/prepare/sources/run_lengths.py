"""COCO's run lengths to masks. Read here: pycocotools returns uninitialised memory where runs end too early."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FIRST, LAST = ord("0"), ord("0") + 63


def decoded(counts: str | Sequence[int], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask `(height, width)` of runs of 0, 1, 0, … counted down the columns, from the first one on.

    `counts` is a list, or COCO's text. Raises ValueError if they are no runs, or do not sum up to the pixels.
    """
    runs = np.asarray(uncompressed(counts) if isinstance(counts, str) else counts)
    if runs.ndim != 1 or not np.issubdtype(runs.dtype, np.integer) or (runs < 0).any():
        raise ValueError("its run lengths are not whole numbers of at least 0")
    if runs.sum() != shape[0] * shape[1]:
        raise ValueError(f"its run lengths sum up to {runs.sum()} and the image has {shape[0] * shape[1]} pixels")
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return np.asarray(flat.reshape(shape[::-1]).T)


def uncompressed(text: str) -> list[int]:
    """Return the run lengths in COCO's text: 5 bits a character, lowest first, bit 6 where more follow; the highest
    bit is a sign; from the fourth on, each is the difference from the one before the last.

    Source: maskApi.c of the COCO API, `rleFrString`. Raises ValueError.
    """
    runs: list[int] = []
    value = shift = 0
    for code in text.encode():
        if not FIRST <= code <= LAST:
            raise ValueError(f"its run lengths hold the character {chr(code)!r}")
        bits = code - FIRST
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("its run lengths end in the middle of a number")
    return runs
