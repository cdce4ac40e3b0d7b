"""Trying thresholds on tiles whose probability is known. Needs no torch, so `tune` does it in light workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """Return what is found of a tile with each of the points."""
    return [objects_of(found, tile.truth) for found in labels_at(points, tile.building, tile.interior)]


def labels_at(
    points: Sequence[Point], building: NDArray[np.uint8], interior: NDArray[np.uint8]
) -> Iterator[NDArray[np.int32]]:
    """Yield what `label_buildings` gives with each of the points; one watershed serves all merge thresholds."""
    labels: dict[Thresholds, NDArray[np.int32]] = {}
    for point in points:
        parted = Thresholds.of(point.threshold, point.seed_threshold)
        if parted not in labels:
            labels[parted] = label_buildings(building, interior, parted)
        yield merge_parts(labels[parted], interior, point.merge_threshold)
