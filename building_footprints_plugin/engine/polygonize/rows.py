"""Rows of probability that wait for those below them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..labelling import NOT_THERE, Codes


class Rows:
    """Codes `(2, rows, width)` of building and interior, kept as the strips they came in: joined, they would be double.

    `height` is the number of rows.
    """

    def __init__(self) -> None:
        self._strips: list[Codes] = []

    @property
    def height(self) -> int:
        return sum(strip.shape[1] for strip in self._strips)

    @property
    def width(self) -> int:
        """Columns, 0 as long as there is no row."""
        return self._strips[0].shape[2] if self._strips else 0

    @property
    def nbytes(self) -> int:
        """Memory that the rows take."""
        return sum(strip.nbytes for strip in self._strips)

    def add(self, codes: Codes) -> None:
        """Add `codes` below; they are changed later, and copied first if they are a view or must not be changed."""
        own = codes.flags.owndata and codes.flags.writeable
        self._strips.append(codes if own else codes.copy())

    def columns(self, which: slice) -> Codes:
        """Return some columns of all rows, as an array of its own."""
        parts = [strip[:, :, which] for strip in self._strips]
        return np.concatenate(parts, axis=1) if parts else np.zeros((2, 0, 0), np.uint8)

    def forget(self, left: int, given_out: NDArray[np.bool_]) -> None:
        """Let pixels of building be as if they were not there; `given_out` (rows, columns) begins at column `left`."""
        top = 0
        for strip in self._strips:
            rows = given_out[top : top + strip.shape[1]]
            strip[0, :, left : left + given_out.shape[1]][rows] = NOT_THERE
            top += len(rows)

    def drop(self, count: int) -> None:
        """Let go of the first `count` rows."""
        while self._strips and count >= self._strips[0].shape[1]:
            count -= self._strips.pop(0).shape[1]
        if count:
            self._strips[0] = self._strips[0][:, count:].copy()
