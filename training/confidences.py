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

from .objects import Objects, Score, objects_of, scores, together
from .trying import Point, Tile, labels_at

Floats = NDArray[np.float64]
UNCHANGED = Calibration()
HOLD = 1.0  # how strongly the line is held where it was, in footprints: a few that are all right say little


@dataclass(frozen=True)
class Found:
    """The footprints (n,) of some tiles, and the mean building probability of each."""

    mean: Floats
    objects: Objects

    def score(self, kept: NDArray[np.bool_]) -> Score:
        """Return the score of the footprints that are `kept` (n,)."""
        return Score(*scores(self.objects.sums(kept)).tolist())


def find(tiles: Sequence[Tile], point: Point, min_area_px: float) -> Found:
    """Return what is found of some tiles with the thresholds `point`."""
    means, each = [], []
    for tile in tiles:
        [labels] = labels_at([point], tile.building, tile.interior)
        size_px = np.bincount(labels.ravel())
        mean = np.bincount(labels.ravel(), tile.building.ravel()) / np.maximum(size_px, 1)
        objects = objects_of(np.where(size_px[labels] < min_area_px, 0, labels), tile.truth)
        means.append(mean[objects.number] / CODE_MAX)
        each.append(objects)
    return Found(np.concatenate(means), together(each))


def calibrate(found: Mapping[str, Found]) -> Calibration:
    """Return the line that makes what became of the footprints likeliest; each counts alike."""
    mean = np.concatenate([np.empty(0), *(place.mean for place in found.values())])
    right = np.concatenate([np.empty(0, dtype=bool), *(place.objects.matched for place in found.values())])
    sides = np.column_stack([log_odds(mean), np.ones(len(right))])
    start = np.array([1.0, 0.0])

    def unlikeliness(line: Floats) -> tuple[float, Floats]:
        """Return minus the log-likelihood, and its gradient; a wide normal prior holds the line where it was."""
        odds, moved = sides @ line, line - start
        gradient = sides.T @ (expit(odds) - right) + HOLD * moved
        return float(np.logaddexp(0, odds).sum() - odds[right].sum() + HOLD * moved @ moved / 2), gradient

    slope, offset = minimize(unlikeliness, start, jac=True, method="L-BFGS-B").x
    return Calibration(float(slope), float(offset)) if slope > 0 else UNCHANGED
