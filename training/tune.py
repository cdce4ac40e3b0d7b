"""`tune`: the thresholds and the smallest area that give the best object F1 on the validation places."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from building_footprints_plugin.engine.inference import Predictor, choose_device, choose_precision
from building_footprints_plugin.engine.polygonize import CODE_MAX, Thresholds, label_buildings
from building_footprints_plugin.engine.weights import load_network

from .export import rewrite_manifest
from .places import Place
from .prepare import resample_labels, resample_picture
from .validate import Tally, add_tile

THRESHOLDS = (0.4, 0.5)
SEED_THRESHOLDS = (0.7, 0.8, 0.9)
MERGE_THRESHOLDS = (0.8, 0.85, 0.9, 0.95)
MIN_AREAS_M2 = (10.0, 15.0)


@dataclass(frozen=True)
class Tile:
    """Codes of building and interior `(height, width)` and the true instances, at the network's resolution."""

    building: NDArray[np.uint8]
    interior: NDArray[np.uint8]
    truth: NDArray[np.uint16]


@dataclass(frozen=True)
class Setting:
    """One point of the grid, with the object F1 of each place."""

    threshold: float
    seed_threshold: float
    merge_threshold: float
    min_area_m2: float
    f1: dict[str, float]

    @property
    def mean_f1(self) -> float:
        """Places count alike, however many buildings they have: the next place is one that was never seen."""
        return sum(self.f1.values()) / len(self.f1)


def tune(weights: Path, places: list[Place]) -> list[Setting]:
    """Return every setting of the grid, the best mean F1 first; the network runs once over every tile."""
    network, manifest = load_network(weights)
    device = choose_device("auto")
    predictor = Predictor(network, manifest, device, choose_precision("auto", device), batch_size=1)
    tiles = {place.name: [_tile(place, name, predictor, manifest.gsd_m) for name in place.ids] for place in places}
    points = list(itertools.product(THRESHOLDS, SEED_THRESHOLDS, MERGE_THRESHOLDS))
    settings = [
        setting for point in tqdm(points, unit="setting") for setting in _settings(point, tiles, manifest.gsd_m)
    ]
    return sorted(settings, key=lambda setting: -setting.mean_f1)


def write_thresholds(weights: Path, best: Setting) -> None:
    """Write the setting into the manifest of a weights file; the tensors stay as they are."""
    thresholds = {
        "threshold": best.threshold,
        "seed_threshold": best.seed_threshold,
        "merge_threshold": best.merge_threshold,
        "min_area_m2": best.min_area_m2,
    }
    rewrite_manifest(weights, thresholds=thresholds)


def _tile(place: Place, tile_id: str, predictor: Predictor, gsd_m: float) -> Tile:
    image, instances = place.read(tile_id)
    factor = place.gsd_m / gsd_m
    pixels = resample_picture(image, factor).transpose(2, 0, 1)
    chance = predictor.probabilities(np.ascontiguousarray(pixels)[None])[0]
    building, interior = np.rint(chance * CODE_MAX).astype(np.uint8)
    return Tile(building, interior, resample_labels(instances, factor))


def _settings(point: tuple[float, float, float], tiles: dict[str, list[Tile]], gsd_m: float) -> Iterable[Setting]:
    tallies = {area: {name: Tally() for name in tiles} for area in MIN_AREAS_M2}
    for name, own in tiles.items():
        for tile in own:
            found = label_buildings(tile.building, tile.interior, Thresholds.of(*point))
            for area, by_place in tallies.items():
                add_tile(by_place[name], found, tile.truth, min_area_px=area / gsd_m**2)
    for area, by_place in tallies.items():
        yield Setting(*point, area, {name: tally.f1 for name, tally in by_place.items()})
