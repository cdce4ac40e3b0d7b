"""Connected patches of pixels, found by runs: stretches of equal pixels of a row, of which there are far fewer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Labels = NDArray[np.int32]


def patches_of(values: NDArray[Any], *, diagonal: bool = False) -> tuple[Labels, tuple[Ints, Ints]]:
    """Return the patch of every pixel (height, width), and row and column of the first pixel of every patch.

    Pixels of a patch have the same value; 0 or False is no patch, and has number 0. Patches have the numbers from 1 on,
    in the order of their first pixels. They are 4-connected, with `diagonal` 8-connected.
    """
    if not values.any():
        return np.zeros(values.shape, dtype=np.int32), (np.empty(0, np.int64), np.empty(0, np.int64))
    flat, width = values.ravel(), values.shape[1]
    begins = np.append(True, flat[1:] != flat[:-1])
    begins[::width] = True  # no run goes on in the next row
    begin = np.flatnonzero(begins)
    end = np.append(begin[1:], flat.size)
    runs = np.flatnonzero(flat.take(begin))
    one, two = _beside(begin[runs], end[runs], width, int(diagonal))
    row, value = begin[runs] // width, flat[begin[runs]]
    same = np.flatnonzero((row[two] == row[one] + 1) & (value[one] == value[two]))
    patch, first = _joined(len(runs), one[same], two[same])
    number = np.zeros(len(begin), dtype=np.int32)
    number[runs] = patch + 1
    patches = np.repeat(number, end - begin).reshape(values.shape)
    return patches, (row[first], begin[runs[first]] - row[first] * width)


def _beside(begin: Ints, end: Ints, width: int, reach: int) -> tuple[Ints, Ints]:
    """Return pairs of runs: all with one in the next row that share columns, or would if longer by `reach`.

    With a reach, there are others among them, along the raster's sides.
    """
    low = np.searchsorted(end, begin + width - reach, side="right")
    high = np.searchsorted(begin, end + width + reach)
    counts = high - low
    above = np.repeat(np.arange(len(begin)), counts)
    return above, np.arange(len(above)) + np.repeat(high - np.cumsum(counts), counts)


def _joined(count: int, one: Ints, two: Ints) -> tuple[Labels, Ints]:
    """Return the patch, from 0 on, of each of `count` runs of which `one` and `two` are joined, and its first run."""
    graph = csr_array((np.ones(len(one)), (one, two)), shape=(count, count))
    patches, patch = connected_components(graph, directed=False)
    first = np.empty(patches, dtype=np.int64)
    first[patch[::-1]] = np.arange(count)[::-1]  # the last to be written stays
    return patch, first
