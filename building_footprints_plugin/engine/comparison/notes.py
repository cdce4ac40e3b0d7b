"""Warnings of a comparison: said at once, and kept for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..progress import Reporter

SHOWN = 10  # ids named in a sentence


class Notes:
    """Collects warnings and passes them, with progress, to a reporter."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        """Say a warning and keep it."""
        self.warnings.append(text)
        self.reporter.warning(text)


def listed(values: Sequence[Any]) -> str:
    """Return the first ten values with commas, and how many more there are."""
    shown = ", ".join(str(value) for value in values[:SHOWN])
    return shown if len(values) <= SHOWN else f"{shown} and {len(values) - SHOWN} more"


def duplicates(values: NDArray[Any]) -> list[Any]:
    """Return the values that occur more than once."""
    known = values[[value is not None and value == value for value in values]] if values.dtype == object else values
    unique, counts = np.unique(known, return_counts=True)
    repeated: list[Any] = unique[counts > 1].tolist()
    return repeated
