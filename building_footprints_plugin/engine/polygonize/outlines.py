"""What polygonizing gives: outlines in pixels, with their probability and their neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

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


def concatenate(parts: list[Outlines]) -> Outlines:
    """Return all outlines in one, with the groups of different parts kept apart."""
    offset = 0
    groups = []
    for part in parts:
        groups.append(part.group + offset)
        offset += int(part.group.max(initial=0)) + 1
    return Outlines(
        np.concatenate([np.empty(0, object), *(part.polygons for part in parts)]),
        np.concatenate([np.empty(0), *(part.confidence for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *groups]),
    )
