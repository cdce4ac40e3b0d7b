"""Where a raster cannot be read, and whether it is still the file that was opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from rasterio.windows import Window

FILES = 1000  # of a mosaic, whose dates are kept
NOT_PIXELS = (".aux.xml", ".ovr")  # other programs write these beside a raster they only look at

Place = tuple[slice, slice]


class Damage:
    """Blocks that could not be read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._blocks: set[tuple[int, int]] = set()

    def note(self, row: int, col: int) -> None:
        """Remember that the block at this pixel could not be read."""
        self._blocks.add((row, col))

    def sentences(self) -> list[str]:
        """Return what the user should know: how many blocks, and where the first ones begin."""
        if not self._blocks:
            return []
        first = "; ".join(f"row {row}, column {col}" for row, col in sorted(self._blocks)[:5])
        more = "" if len(self._blocks) <= 5 else " and others"
        return [f"{self._name} is damaged: {len(self._blocks)} of its blocks were left out, at {first}{more}."]


def blocks_of(window: Window, block: tuple[int, int]) -> Iterator[tuple[Window, Place]]:
    """Yield the parts of `window` that blocks of (height, width) px cover, with their place in the window."""
    top, left = int(window.row_off), int(window.col_off)
    for row, height in _cuts(top, int(window.height), block[0]):
        for col, width in _cuts(left, int(window.width), block[1]):
            place = slice(row - top, row - top + height), slice(col - left, col - left + width)
            yield Window(col, row, width, height), place


def _cuts(start: int, length: int, step: int) -> Iterator[tuple[int, int]]:
    at = start
    while at < start + length:
        end = min((at // step + 1) * step, start + length)
        yield at, end - at
        at = end


def signature(dataset: Any) -> dict[str, tuple[int, int]]:
    """Return size and date of the files on this machine that an open rasterio dataset reads pixels from."""
    found: dict[str, tuple[int, int]] = {}
    for file in dataset.files[:FILES]:
        if os.path.isfile(file) and not file.lower().endswith(NOT_PIXELS):
            about = os.stat(file)
            found[file] = about.st_size, about.st_mtime_ns
    return found


def changed(before: dict[str, tuple[int, int]]) -> str | None:
    """Return the first file that is no longer the one it was, None if all are."""
    for file, was in before.items():
        try:
            about = os.stat(file)
        except OSError:
            return file
        if (about.st_size, about.st_mtime_ns) != was:
            return file
    return None
