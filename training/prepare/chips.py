"""Where an image is cut: chips that cover it, those at its far edges shifted inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Window = tuple[int, int, int, int]  # row, col, height, width


@dataclass(frozen=True)
class Chip:
    """A window, and how many of its first rows and columns an earlier chip shows already."""

    window: Window
    seen_rows: int
    seen_cols: int


def starts(length: int, side: int) -> list[int]:
    """Return where chips of `side` begin along `length` pixels; the last one is shifted back so as to end with it.

    >>> starts(650, 256)
    [0, 256, 394]
    """
    if length <= side:
        return [0]
    return [*range(0, length - side, side), length - side]


def chips_of(window: Window, side: int) -> Iterator[Chip]:
    """Yield the chips of `window`, row by row; together they cover each of its pixels, once but for shifted chips."""
    row, col, height, width = window
    for top, seen_rows in _along(height, side):
        for left, seen_cols in _along(width, side):
            place = (row + top, col + left, min(side, height), min(side, width))
            yield Chip(place, seen_rows, seen_cols)


def _along(length: int, side: int) -> list[tuple[int, int]]:
    first = starts(length, side)
    return [(start, max(0, end - start)) for start, end in zip(first, [0, *(s + side for s in first)], strict=False)]


def part_of(window: Window, low: float, high: float, gap_px: float) -> Window:
    """Return the stretch of `window` from share `low` to `high` of its longer side.

    It keeps half of `gap_px` away from its neighbours, which are the stretches that end or begin there.
    """
    row, col, height, width = window
    length = max(height, width)
    start = round(low * length + (gap_px / 2 if low > 0 else 0))
    end = max(start + 1, round(high * length - (gap_px / 2 if high < 1 else 0)))
    if height >= width:
        return row + start, col, end - start, width
    return row, col + start, height, end - start
