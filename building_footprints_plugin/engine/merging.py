"""Parts of one roof put together again: neighbouring labels without a clear line of border between them.

Hierarchical region merging (Haris et al., Hybrid image segmentation using watersheds and fast region merging, 1998):
the pair with the least of a border goes first, and what it becomes is judged anew, until every border left is clear.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

FULL_SIZE_PX = 1024  # pixels of the smaller part at which a line is as strong as it looks
SIZE_POWER = 0.2  # tried on four places: 0.12 to 0.25 part houses equally well, 0 clearly worse


def merge_parts(labels: NDArray[np.int32], interior: NDArray[np.uint8], least: float) -> NDArray[np.int32]:
    """Return `labels`, `(height, width)` 0 for none, with parts joined whose common line is `least` or stronger.

    The strength of a line is the mean interior probability along it (of each pair of pixels the lower), divided by
    that of the weaker part: 1 where nothing parts them, near 0 along a border the network is sure of. It is more for
    parts smaller than `FULL_SIZE_PX`, and less for larger ones: what looks like a tiny house is often a piece of one.
    """
    if not labels.size:
        return labels
    flat = labels.ravel()
    begin = np.append(0, np.flatnonzero(flat[1:] != flat[:-1]) + 1)  # of runs of one label
    parts = _Parts(flat, interior.ravel(), begin, labels.shape[1])
    waiting = [(-strength, a, b) for a, b, strength in parts.pairs() if strength >= least]  # others wait for a join
    heapq.heapify(waiting)
    while waiting:
        strength, a, b = heapq.heappop(waiting)
        if -strength < least:
            break
        if b not in parts.lines.get(a, {}) or parts.strength(a, b) != -strength:
            continue  # one of the two has changed since; the pair as it is now waits elsewhere
        parts.join(a, b)
        for c in parts.lines[a]:
            pair = min(a, c), max(a, c)
            heapq.heappush(waiting, (-parts.strength(*pair), *pair))
    return parts.owner().take(flat.take(begin)).repeat(np.diff(begin, append=labels.size)).reshape(labels.shape)


class _Parts:
    """Sums over parts and over the lines between them. All are whole numbers, so their order does not matter."""

    def __init__(self, labels: NDArray[np.int32], interior: NDArray[np.uint8], begin: Ints, width: int) -> None:
        number, sums = labels[begin], np.add.reduceat(interior, begin, dtype=np.int64)
        pixels = np.bincount(number, np.diff(begin, append=labels.size), minlength=1)
        self._pixels = pixels.tolist()
        self._sum = np.bincount(number, sums, minlength=1).tolist()
        self._into = list(range(len(pixels)))
        self.lines: dict[int, dict[int, tuple[float, float]]] = defaultdict(dict)  # to each neighbour: sum, length
        for a, b, total, length in _lines(labels, interior, (begin, width), len(pixels)):
            self.lines[a][b] = self.lines[b][a] = (total, length)

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """Yield all neighbours, the lower number first, and how strong the line between them is."""
        for a, lines in self.lines.items():
            yield from ((a, b, self.strength(a, b)) for b in lines if a < b)

    def strength(self, a: int, b: int) -> float:
        total, length = self.lines[a][b]
        weaker = min(self._sum[a] / self._pixels[a], self._sum[b] / self._pixels[b])
        size = min(self._pixels[a], self._pixels[b])
        return float(total / length / weaker * (FULL_SIZE_PX / size) ** SIZE_POWER) if weaker else 1.0

    def join(self, a: int, b: int) -> None:
        """Make `b` a part of `a`."""
        self._into[b] = a
        self._pixels[a] += self._pixels[b]
        self._sum[a] += self._sum[b]
        for c, (total, length) in self.lines.pop(b).items():
            del self.lines[c][b]
            if c != a:
                more = self.lines[a].get(c, (0.0, 0.0))
                self.lines[a][c] = self.lines[c][a] = (total + more[0], length + more[1])

    def owner(self) -> NDArray[np.int32]:
        """Return the number each label has now; a part only ever joins one that lives longer."""
        owner = np.array(self._into, dtype=np.int32)
        while not np.array_equal(owner[owner], owner):
            owner = owner[owner]
        return owner


def _lines(
    labels: NDArray[np.int32], interior: NDArray[np.uint8], rows: tuple[Ints, int], count: int
) -> list[tuple[int, int, float, float]]:
    """Return for every two labels that share pixel sides: both, sum of the interior along the line, its length.

    `rows` are where runs of one label begin, and the width of a row.
    """
    begin, width = rows
    beside, above = begin[begin % width > 0] - 1, np.flatnonzero(labels[:-width] != labels[width:])
    keys, values = [], []
    for step, here in ((1, beside), (width, above)):
        one, two = labels.take(here), labels.take(here + step)
        both = np.flatnonzero((one > 0) & (two > 0))
        here, one, two = here.take(both), one.take(both).astype(np.int64), two.take(both)
        keys.append(np.minimum(one, two) * count + np.maximum(one, two))
        values.append(np.minimum(interior.take(here), interior.take(here + step)))
    pairs, line, length = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    total = np.bincount(line, np.concatenate(values), minlength=len(pairs))
    return list(zip((pairs // count).tolist(), (pairs % count).tolist(), total.tolist(), length.tolist(), strict=True))
