"""Found and true buildings matched by their pixels: quick enough to be asked hundreds of times. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .places import IGNORE_INSTANCE

Floats = NDArray[np.float64]


class Score(NamedTuple):
    """Object F1 at IoU 0.5, and the IoU of pixels."""

    f1: float
    iou: float


@dataclass(frozen=True)
class Objects:
    """The found buildings (n,) that count: their size, and which match one of the `buildings` of the truth.

    `number` is what they have in the labels. Of their size `known_px` lie on known ground, and `right_px` of these on
    one of the truth's `truth_px` pixels.
    """

    size_px: NDArray[np.int64]
    matched: NDArray[np.bool_]
    number: NDArray[np.intp]
    known_px: NDArray[np.int64]
    right_px: NDArray[np.int64]
    buildings: int
    truth_px: int

    def sums(self, kept: NDArray[np.bool_]) -> Floats:
        """Return what `scores` takes, `(..., 6)`, of the found buildings that are `kept` (..., n)."""
        each = np.column_stack([np.ones(len(self.size_px)), self.matched, self.known_px, self.right_px])
        of_all = np.broadcast_to((self.buildings, self.truth_px), (*kept.shape[:-1], 2))
        sums: Floats = np.concatenate([kept @ each, of_all], axis=-1)
        return sums


def scores(sums: Floats) -> Floats:
    """Return F1 and IoU `(2, ...)` of sums `(..., 6)` over any number of tiles; 0 where there is nothing."""
    found, matched, known_px, right_px, buildings, truth_px = np.moveaxis(sums, -1, 0)
    part = np.stack([2 * matched, right_px])
    whole = np.stack([found + buildings, known_px + truth_px - right_px])
    done: Floats = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    return done


def together(parts: Sequence[Objects]) -> Objects:
    """Return the objects of several tiles, at least one, as those of one; numbers mean nothing then."""
    return Objects(
        np.concatenate([part.size_px for part in parts]),
        np.concatenate([part.matched for part in parts]),
        np.concatenate([part.number for part in parts]),
        np.concatenate([part.known_px for part in parts]),
        np.concatenate([part.right_px for part in parts]),
        buildings=sum(part.buildings for part in parts),
        truth_px=sum(part.truth_px for part in parts),
    )


def objects_of(found: NDArray[np.int32], truth: NDArray[np.uint16]) -> Objects:
    """Match numbers `(height, width)` of found and true buildings, 65535 in the truth being unknown ground.

    Objects match at a pixel IoU above 0.5, where a pair is unique. Found pixels on unknown ground do not count, and a
    found building that lies mostly on it is left out.
    """
    known = truth != IGNORE_INSTANCE
    size = np.bincount(found.ravel(), minlength=1)
    found_here = np.where(known, found, 0)
    size_here = np.bincount(found_here.ravel(), minlength=len(size))
    size_truth = np.bincount(np.where(known, truth, 0).ravel(), minlength=1)
    both = (found_here > 0) & known & (truth > 0)
    keys, overlap = np.unique(found_here[both].astype(np.int64) * len(size_truth) + truth[both], return_counts=True)
    f, t = np.divmod(keys, len(size_truth))
    hit = overlap * 3 > size_here[f] + size_truth[t]  # overlap / (a + b - overlap) > 1/2
    matched = np.zeros(len(size), dtype=bool)
    matched[f[hit]] = True
    counted = size_here * 2 > size
    counted[0] = False
    right = np.bincount(found_here[truth > 0], minlength=len(size))
    return Objects(
        size[counted],
        matched[counted],
        np.flatnonzero(counted),
        size_here[counted],
        right[counted],
        buildings=int((size_truth[1:] > 0).sum()),
        truth_px=int(size_truth[1:].sum()),
    )
