"""What polygonizing gives: outlines in pixels, with their probability and their neighbourhood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Outlines:
    """Polygons in pixel coordinates (x = column, y = row), their mean building probability, and their group.

    Polygons of different groups are far enough apart never to touch, whatever is done to their outlines.
    """

    polygons: NDArray[np.object_]
    confidence: NDArray[np.float64]
    group: NDArray[np.int64]

    def in_batches(self, count: int) -> Iterator[Outlines]:
        """Yield the outlines in parts of whole groups, of `count` or as many more as their last group has."""
        order = np.argsort(self.group, kind="stable")
        begins = np.flatnonzero(np.diff(self.group[order], prepend=-1))  # of a group each
        while len(begins):
            end = int(np.searchsorted(begins, begins[0] + count))
            last = begins[end] if end < len(begins) else len(order)
            part = order[begins[0] : last]
            yield Outlines(self.polygons[part], self.confidence[part], self.group[part])
            begins = begins[end:]


def concatenate(parts: list[Outlines]) -> Outlines:
    """Return all outlines in one, with the groups of different parts kept apart."""
    offset, apart = 0, []
    for part in parts:
        apart.append(replace(part, group=part.group + offset))
        offset += int(part.group.max(initial=0)) + 1
    return together(apart)


def together(parts: list[Outlines]) -> Outlines:
    """Return all outlines in one, with the groups that have the same number in different parts as one."""
    return Outlines(
        np.concatenate([np.empty(0, object), *(part.polygons for part in parts)]),
        np.concatenate([np.empty(0), *(part.confidence for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.group for part in parts)]),
    )


def in_order(parts: list[tuple[Outlines, NDArray[np.int64]]]) -> Outlines:
    """Return all outlines in one as `together`, ordered by their places, of which each part has an array (keys, n)."""
    if not parts:
        return together([])
    outlines = together([each for each, _ in parts])
    order = np.lexsort(np.concatenate([places for _, places in parts], axis=1)[::-1])
    return Outlines(outlines.polygons[order], outlines.confidence[order], outlines.group[order])


@dataclass
class Gathered:
    """Outlines that come bit by bit, in parts of whole groups of `count` or more: what is left over is `held`."""

    count: int
    held: Outlines = field(default_factory=lambda: together([]))

    def parts(self, more: Outlines, *, is_all: bool) -> list[Outlines]:
        """Return the parts that can be made of what is held and of `more`; with `is_all` nothing is held after."""
        parts = list(concatenate([self.held, more]).in_batches(self.count))
        holds = len(parts) > 0 and len(parts[-1].polygons) < self.count and not is_all
        self.held = parts.pop() if holds else together([])
        return parts
