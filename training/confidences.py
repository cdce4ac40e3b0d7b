"""How far a mean probability can be believed, found on labelled tiles: for `tune`. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from building_footprints_plugin.engine.confidence import Calibration, log_odds
from building_footprints_plugin.engine.polygonize import CODE_MAX

from .objects import objects_of
from .trying import Point, Tile, labels_at

Floats = NDArray[np.float64]
UNCHANGED = Calibration()
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
    """Return the line that makes what became of the footprints likeliest; each counts alike."""
    mean = np.concatenate([np.empty(0), *(place.mean for place in found.values())])
    right = np.concatenate([np.empty(0, dtype=bool), *(place.right for place in found.values())])
    sides = np.column_stack([log_odds(mean), np.ones(len(right))])
    start = np.array([1.0, 0.0])

    def unlikeliness(line: Floats) -> tuple[float, Floats]:
        """Return minus the log-likelihood, and its gradient; a wide normal prior holds the line where it was."""
        odds, moved = sides @ line, line - start
        gradient = sides.T @ (expit(odds) - right) + HOLD * moved
        return float(np.logaddexp(0, odds).sum() - odds[right].sum() + HOLD * moved @ moved / 2), gradient

    slope, offset = minimize(unlikeliness, start, jac=True, method="L-BFGS-B").x
    return Calibration(float(slope), float(offset)) if slope > 0 else UNCHANGED
