"""Which unit (a source image or a place) is for training, validation or the final test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from ..places import SPLITS


def draw(units: Iterable[str], shares: Sequence[int], seed: int) -> dict[str, str]:
    """Return the split of every unit, drawn with `seed` and the same on every machine and in every order of units.

    Units are put in the order of the SHA-256 of seed and name; the first go to val, the next to test, the rest to
    train. `shares` of val and test are rounded down, but not below one unit where there are three or more; of two,
    one is for validation.
    """
    ordered = sorted(set(units), key=lambda unit: hashlib.sha256(f"{seed}:{unit}".encode()).digest())
    sizes = _sizes(len(ordered), shares)
    names = [split for split, size in zip(("val", "test", "train"), sizes, strict=True) for _ in range(size)]
    return dict(zip(ordered, names, strict=True))


def _sizes(count: int, shares: Sequence[int]) -> tuple[int, int, int]:
    """Return how many units val, test and train get."""
    _, val, test = shares
    total = sum(shares)
    least_val, least_test = int(count >= 2 and val > 0), int(count >= 3 and test > 0)
    to_val = max(count * val // total, least_val)
    to_test = max(count * test // total, least_test)
    return to_val, to_test, count - to_val - to_test


def stretches(name: str, shares: Sequence[int], seed: int) -> dict[str, tuple[float, float]]:
    """Return for each split its stretch (from, to) of a single image's length, in an order drawn with `seed`."""
    order = sorted(SPLITS, key=lambda split: hashlib.sha256(f"{seed}:{name}:{split}".encode()).digest())
    share = dict(zip(SPLITS, shares, strict=True))
    found, start = {}, 0
    for split in order:
        found[split] = (start / sum(shares), (start + share[split]) / sum(shares))
        start += share[split]
    return {split: found[split] for split in SPLITS if share[split]}
