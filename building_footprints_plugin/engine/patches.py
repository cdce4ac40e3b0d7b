"""4-connected patches of pixels, found by runs: stretches of equal pixels of a row, of which there are far fewer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Labels = NDArray[np.int32]


def patches_of(values: NDArray[Any]) -> tuple[Labels, Ints]:
    """Return the patch of every pixel (height, width), and the first pixel, as a flat index, of every patch.

    Pixels of a patch have the same value; 0 or False is no patch, and has number 0. Patches have the numbers from 1 on,
    in the order of their first pixels.
    """
    if not values.any():
        return np.zeros(values.shape, dtype=np.int32), np.empty(0, dtype=np.int64)
    height, width = values.shape[0], values.shape[1] + 1
    flat = np.pad(values, ((0, 0), (0, 1))).ravel()  # no run goes on in the next row
    begin = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)
    end = np.append(begin[1:], flat.size)
    runs = np.flatnonzero(flat.take(begin))
    patch, first = _joined(flat.take(begin[runs]), begin[runs], end[runs], width)
    number = np.zeros(len(begin), dtype=np.int32)
    number[runs] = patch + 1
    patches = np.ascontiguousarray(np.repeat(number, end - begin).reshape(height, width)[:, :-1])
    pixel = begin[runs[first]]
    return patches, pixel - pixel // width


def _joined(value: NDArray[Any], begin: Ints, end: Ints, width: int) -> tuple[Labels, Ints]:
    """Return the patch of every run, from 0 on, and the first run of every patch; runs go from row to row."""
    low, high = np.searchsorted(end, begin + width, side="right"), np.searchsorted(begin, end + width)
    counts = high - low  # of the runs beside it in the next row: those from `low` to `high`
    above = np.repeat(np.arange(len(begin)), counts)
    below = np.arange(len(above)) + np.repeat(high - np.cumsum(counts), counts)
    joined = value[above] == value[below]
    graph = csr_array((joined.astype(np.float64), (above, below)), shape=(len(begin), len(begin)))
    graph.eliminate_zeros()
    count, patch = connected_components(graph, directed=False)
    first = np.empty(count, dtype=np.int64)
    first[patch[::-1]] = np.arange(len(patch))[::-1]  # the last to be written stays
    return patch, first
