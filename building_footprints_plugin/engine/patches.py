"""Connected patches of pixels, found by runs: stretches of equal pixels of a row, of which there are far fewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Patches:
    """Connected patches of pixels (height, width), as runs of equal pixels, none beyond its row.

    Run n begins at the flat index `begin[n]` and has the number `number[n]`: of its patch from 1 on, 0 for none.
    `first` are row and column of the first pixel of every patch.
    """

    shape: tuple[int, int]
    begin: Ints
    number: Labels
    first: tuple[Ints, Ints]

    def labels(self, top: int = 0) -> Labels:
        """Return the number of every pixel from row `top` on."""
        index = int(np.searchsorted(self.begin, top * self.shape[1]))
        end = self.shape[0] * self.shape[1]
        labels = np.repeat(self.number[index:], np.diff(self.begin[index:], append=end))
        return labels.reshape(-1, self.shape[1])

    def columns(self) -> tuple[Ints, Ints]:
        """Return the first and the last column of every patch; those of 0 mean nothing."""
        count, width = len(self.first[0]) + 1, self.shape[1]
        left = self.begin % width
        right = np.append(self.begin[1:] - 1, self.shape[0] * width - 1) % width
        first, last = np.full(count, width), np.zeros(count, dtype=np.int64)
        np.minimum.at(first, self.number, left)
        np.maximum.at(last, self.number, right)
        return first, last

    def among(self, chosen: NDArray[np.bool_], left: int, right: int) -> Labels:
        """Return (height, right - left) of the numbers of the `chosen` patches, 0 elsewhere."""
        height, width = self.shape
        rows = np.arange(height) * width
        low = np.searchsorted(self.begin, rows + left, side="right") - 1
        high = np.searchsorted(self.begin, rows + right)
        runs, own = stretches(low, high), np.repeat(np.arange(height), high - low)
        begin = np.maximum(self.begin[runs] - own * width - left, 0) + own * (right - left)
        number = self.number[runs]
        labels = np.repeat(number * chosen[number], np.diff(begin, append=height * (right - left)))
        return labels.reshape(height, right - left)

    def at(self, row: Ints, column: Ints) -> Labels:
        """Return the numbers of some pixels."""
        return self.number[np.searchsorted(self.begin, row * self.shape[1] + column, side="right") - 1]


_NO_RUNS = np.empty(0, np.int64)
NONE = Patches((0, 0), _NO_RUNS, np.empty(0, np.int32), (_NO_RUNS, _NO_RUNS))


def patches_of(values: NDArray[Any], *, diagonal: bool = False) -> tuple[Labels, tuple[Ints, Ints]]:
    """Return the patch of every pixel (height, width), and row and column of the first pixel of every patch.

    Pixels of a patch have the same value; 0 or False is no patch, and has number 0. Patches have the numbers from 1 on,
    in the order of their first pixels. They are 4-connected, with `diagonal` 8-connected.
    """
    if not values.any():
        return np.zeros(values.shape, dtype=np.int32), (np.empty(0, np.int64), np.empty(0, np.int64))
    patches = runs_of(values, diagonal=diagonal)
    return patches.labels(), patches.first


def runs_of(values: NDArray[Any], *, diagonal: bool = False) -> Patches:
    """Return the patches of `patches_of` as runs, which take less memory; `values` must not be empty."""
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
    return Patches(values.shape, begin, number, (row[first], begin[runs[first]] - row[first] * width))


def joined_runs(begin: Ints, end: Ints, width: int) -> tuple[Labels, Ints]:
    """Return the 4-connected patch, from 0 on, of each run `begin[n]` to `end[n] - 1`, and the first run of each.

    Runs are stretches of flat indices, ascending and apart, that do not reach the sides of rows of `width` pixels.
    """
    return _joined(len(begin), *_beside(begin, end, width, 0))


def stretches(begin: Ints, end: Ints) -> Ints:
    """Return the indices `begin[n]` to `end[n] - 1`, one stretch after the other."""
    counts = end - begin
    return np.arange(int(counts.sum())) + np.repeat(end - np.cumsum(counts), counts)


def _beside(begin: Ints, end: Ints, width: int, reach: int) -> tuple[Ints, Ints]:
    """Return pairs of runs: all with one in the next row that share columns, or would if longer by `reach`.

    With a reach, there are others among them, along the raster's sides.
    """
    low = np.searchsorted(end, begin + width - reach, side="right")
    high = np.searchsorted(begin, end + width + reach)
    return np.repeat(np.arange(len(begin)), high - low), stretches(low, high)


def _joined(count: int, one: Ints, two: Ints) -> tuple[Labels, Ints]:
    """Return the patch, from 0 on, of each of `count` runs of which `one` and `two` are joined, and its first run.

    `one` is ascending, so nothing needs to be sorted for the graph.
    """
    begins = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.bincount(one, minlength=count), out=begins[1:])
    graph = scipy.sparse.csr_array((np.ones(len(two)), two.astype(np.int32), begins), shape=(count, count))
    patches, patch = scipy.sparse.csgraph.connected_components(graph, directed=False)
    first = np.empty(patches, dtype=np.int64)
    first[patch[::-1]] = np.arange(count)[::-1]  # the last to be written stays
    return patch, first
