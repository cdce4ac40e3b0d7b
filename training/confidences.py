"""How far a mean probability can be believed, found on labelled tiles: for `tune`. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from building_footprints_plugin.engine.confidence import Calibration, log_odds
from building_footprints_plugin.engine.polygonize import CODE_MAX

from .objects import objects_of
from .trying import Point, Tile, labels_at

Floats = NDArray[np.float64]
UNCHANGED = Calibration()
STEPS = 25
HOLD = 1.0  # how strongly the line is held where it was, in footprints: a few that are all right say little


@dataclass(frozen=True)
class Found:
    """The footprints (n,) of some tiles: mean building probability, and which are right; `buildings` there are."""

    mean: Floats
    right: NDArray[np.bool_]
    buildings: int

    def f1(self, kept: NDArray[np.bool_]) -> float:
        """Return the object F1 of the footprints that are `kept` (n,)."""
        total = int(kept.sum()) + self.buildings
        return 2.0 * int((self.right & kept).sum()) / total if total else 0.0


def find(tiles: Sequence[Tile], point: Point, min_area_px: float) -> Found:
    """Return what is found of some tiles with the thresholds `point`."""
    means, rights, buildings = [np.empty(0)], [np.empty(0, dtype=bool)], 0
    for tile in tiles:
        [labels] = labels_at([point], tile.building, tile.interior)
        objects = objects_of(labels, tile.truth)
        large = objects.size_px >= min_area_px
        mean = np.bincount(labels.ravel(), tile.building.ravel()) / np.maximum(np.bincount(labels.ravel()), 1)
        means.append(mean[objects.number[large]] / CODE_MAX)
        rights.append(objects.matched[large])
        buildings += objects.buildings
    return Found(np.concatenate(means), np.concatenate(rights), buildings)


def calibrate(found: Mapping[str, Found]) -> Calibration:
    """Return the line that makes what became of the footprints likeliest (Newton's method); each counts alike."""
    mean = np.concatenate([np.empty(0), *(place.mean for place in found.values())])
    right = np.concatenate([np.empty(0, dtype=bool), *(place.right for place in found.values())])
    sides = np.column_stack([log_odds(mean), np.ones(len(right))])
    start = np.array([1.0, 0.0])
    line = start.copy()
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-sides @ line))
        slope = sides.T @ (chance - right) + HOLD * (line - start)
        bend = (sides * (chance * (1 - chance))[:, None]).T @ sides + HOLD * np.eye(2)
        line -= np.linalg.solve(bend, slope)
    return Calibration(float(line[0]), float(line[1])) if line[0] > 0 else UNCHANGED
