"""One-to-one matching, as the SpaceNet scorers do it: greedy over the proposals in their order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .overlap import Pairs


def match(pairs: Pairs, order: NDArray[np.intp], limit: float, strict: bool) -> NDArray[np.intp]:
    """Return, for each proposal (n,), the number of its pair, -1 where it stays without a building.

    In `order` each proposal takes the free building it overlaps most (of equals the first in the truth file) if
    their IoU reaches `limit`, or exceeds it when `strict`. A pair without overlap never matches, whatever the limit.
    Pairs that compete with no other are settled at once; only the rest are walked through one by one.
    """
    matched = np.full(len(order), -1, dtype=np.intp)
    good = np.flatnonzero((pairs.iou > limit if strict else pairs.iou >= limit) & (pairs.iou > 0))
    proposal, truth = pairs.proposal[good], pairs.truth[good]
    alone = (np.bincount(proposal)[proposal] == 1) & (np.bincount(truth)[truth] == 1) if len(good) else good > 0
    matched[proposal[alone]] = good[alone]
    _settle(pairs, good[~alone], order, matched)
    return matched


def _settle(pairs: Pairs, rivals: NDArray[np.intp], order: NDArray[np.intp], matched: NDArray[np.intp]) -> None:
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    queue = rivals[np.lexsort((pairs.truth[rivals], -pairs.iou[rivals], rank[pairs.proposal[rivals]]))]
    taken: set[int] = set()
    for number, proposal, truth in zip(
        queue.tolist(), pairs.proposal[queue].tolist(), pairs.truth[queue].tolist(), strict=True
    ):
        if matched[proposal] < 0 and truth not in taken:
            matched[proposal] = number
            taken.add(truth)
