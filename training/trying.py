"""Trying thresholds on tiles whose probability is known: what a worker process of `tune` does. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from building_footprints_plugin.engine.merging import merge_parts
from building_footprints_plugin.engine.polygonize import Thresholds, label_buildings

from .objects import Objects, objects_of


class Point(NamedTuple):
    """Thresholds, named as in a manifest."""

    threshold: float
    seed_threshold: float
    merge_threshold: float


@dataclass(frozen=True)
class Tile:
    """Codes of building and interior `(height, width)` and the true instances, at the network's resolution."""

    building: NDArray[np.uint8]
    interior: NDArray[np.uint8]
    truth: NDArray[np.uint16]


def try_points(tile: Tile, points: Sequence[Point]) -> list[Objects]:
    """Return what is found of a tile with each of the points; one watershed serves all merge thresholds."""
    labels: dict[Thresholds, NDArray[np.int32]] = {}
    found = []
    for point in points:
        parted = Thresholds.of(point.threshold, point.seed_threshold)
        if parted not in labels:
            labels[parted] = label_buildings(tile.building, tile.interior, parted)
        found.append(objects_of(merge_parts(labels[parted], tile.interior, point.merge_threshold), tile.truth))
    return found
