"""`tune`: the thresholds and the smallest area that are worth most, by object F1 and pixel IoU, on validation places.

The network runs once; its probabilities are kept as codes. The search goes over a coarse grid of 3 x 3 x 3 building,
seed and merge thresholds, then over finer ones around the best so far; the smallest area costs nothing. What the best
one finds says how far its confidences can be believed, and from which one on a footprint is worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import product, repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from building_footprints_plugin.engine.confidence import Calibration
from building_footprints_plugin.engine.footprints import DEFAULTS
from building_footprints_plugin.engine.inference import Predictor, choose_device, choose_precision
from building_footprints_plugin.engine.polygonize import CODE_MAX
from building_footprints_plugin.engine.weights import load_network

from .confidences import UNCHANGED, Found, calibrate, find
from .export import as_weights, keep_thresholds, rewrite_manifest
from .objects import Objects, Score, scores
from .places import Place
from .trying import Point, Tile, try_points

CENTRE, STEPS = Point(0.45, 0.7, 0.9), Point(0.15, 0.2, 0.1)
LOWEST, HIGHEST = Point(0.05, 0.05, 0.5), Point(0.95, 0.95, 1.2)
ROUNDS = 3  # the last one looks in steps of 0.0375, 0.05 and 0.025
AREAS_M2 = np.arange(0.0, 31.0)  # more would make up for false alarms by throwing small houses away

CONFIDENCES = np.arange(0.0, 0.51, 0.05).round(2)

AS_GOOD = 0.005  # of what a setting is worth: small houses are not thrown away for less, which may be chance

Floats = NDArray[np.float64]
Codes = dict[str, list[Tile]]  # by place
Try = Callable[[Sequence[Tile], Sequence[Point]], Iterable[list[Objects]]]  # what each tile gives at each point


@dataclass(frozen=True)
class Setting:
    """Thresholds and smallest area, with the score of each place."""

    point: Point
    min_area_m2: float
    scores: dict[str, Score]
    min_confidence: float = 0.0
    calibration: Calibration = UNCHANGED

    @property
    def mean(self) -> Score:
        """Places count alike, however many buildings they have: the next place is one that was never seen."""
        f1, iou = zip(*self.scores.values(), strict=True)
        return Score(sum(f1) / len(f1), sum(iou) / len(iou))

    @property
    def worth(self) -> float:
        """Return the sum of both: by F1 alone, blocks are left out whose houses cannot be told apart."""
        return sum(self.mean)

    @property
    def thresholds(self) -> dict[str, float]:
        """Return the setting as a manifest holds it."""
        return {
            **self.point._asdict(),
            "min_area_m2": self.min_area_m2,
            "min_confidence": self.min_confidence,
            "confidence_slope": self.calibration.slope,
            "confidence_offset": self.calibration.offset,
        }


@dataclass
class Search:
    """The best setting at each point tried so far on the tiles of each place, of `gsd_m` metres per pixel."""

    tiles: Mapping[str, Sequence[Tile]]
    gsd_m: Mapping[str, float]
    try_all: Try
    tried: dict[Point, Setting] = field(default_factory=dict)

    @property
    def ranked(self) -> list[Setting]:
        """Return the settings, what is worth most first."""
        return sorted(self.tried.values(), key=lambda setting: -setting.worth)

    def look(self, points: Iterable[Point]) -> None:
        """Try the points that were not tried yet, each with the smallest area that is as good as the best."""
        new = [point for point in dict.fromkeys(points) if point not in self.tried]
        found = self.scores(new, AREAS_M2)
        worth = np.mean(list(found.values()), axis=0).sum(axis=0)
        for index, point in enumerate(new):
            best = int(np.argmax(worth[index] >= worth[index].max() - AS_GOOD))
            at_best = {name: Score(*each[:, index, best].tolist()) for name, each in found.items()}
            self.tried[point] = Setting(point, float(AREAS_M2[best]), at_best)

    def scores(self, points: Sequence[Point], areas_m2: Floats) -> dict[str, Floats]:
        """Return F1 and IoU `(2, points, areas)` of each place."""
        return {
            name: scores_of(self.try_all(tiles, points), areas_m2 / self.gsd_m[name] ** 2)
            for name, tiles in self.tiles.items()
        }


def tune(weights: Path, places: list[Place], workers: int = 1) -> tuple[Setting, list[Setting]]:
    """Return the thresholds as they are now, with their scores, and all that were tried, what is worth most first.

    `weights` may be a checkpoint. Memory: four bytes a pixel of the places, at the network's resolution.
    """
    with as_weights(weights) as file:
        tiles, gsd_m, now = _codes(file, places)
    pool = ProcessPoolExecutor(workers, get_context("spawn")) if workers > 1 else None
    with pool or nullcontext():
        run = pool.map if pool else map
        search = Search(tiles, gsd_m, lambda own, points: run(try_points, own, repeat(points)))
        search.look([now.point])
        centre, steps = CENTRE, STEPS
        for _ in tqdm(range(ROUNDS), unit="round", desc="searching", disable=None):
            search.look(around(centre, steps))
            centre, steps = search.ranked[0].point, Point(*(step / 2 for step in steps))
    first, *others = search.ranked
    return judged(now, tiles, gsd_m), [with_confidence(first, tiles, gsd_m), *others]


def judged(setting: Setting, tiles: Codes, gsd_m: Mapping[str, float]) -> Setting:
    """Return the setting with its scores on the tiles of each place, of `gsd_m` metres per pixel."""
    found = {name: find(own, setting.point, setting.min_area_m2 / gsd_m[name] ** 2) for name, own in tiles.items()}
    return _kept(setting, found, setting.min_confidence)


def with_confidence(setting: Setting, tiles: Codes, gsd_m: Mapping[str, float]) -> Setting:
    """Return the setting with confidences calibrated, and with the lowest one that is as good as the best."""
    found = {name: find(own, setting.point, setting.min_area_m2 / gsd_m[name] ** 2) for name, own in tiles.items()}
    line = replace(setting, calibration=calibrate(found))
    tried = [_kept(line, found, float(lowest)) for lowest in CONFIDENCES]
    best = max(one.worth for one in tried)
    return next(one for one in tried if one.worth >= best - AS_GOOD)


def _kept(setting: Setting, found: Mapping[str, Found], lowest: float) -> Setting:
    found_scores = {name: own.score(setting.calibration(own.mean) >= lowest) for name, own in found.items()}
    return replace(setting, min_confidence=lowest, scores=found_scores)


def write_thresholds(weights: Path, best: Setting) -> None:
    """Write the setting into a weights file's manifest, or into a checkpoint; the tensors stay as they are."""
    if weights.suffix == ".pt":
        keep_thresholds(weights, best.thresholds)
    else:
        rewrite_manifest(weights, thresholds=best.thresholds)


def around(centre: Point, steps: Point) -> list[Point]:
    """Return the 27 points that are a step up, down or none away in each threshold, within the limits."""
    spans = zip(centre, steps, LOWEST, HIGHEST, strict=True)
    axes = [
        [round(min(max(middle + way * step, low), high), 4) for way in (-1, 0, 1)] for middle, step, low, high in spans
    ]
    return [Point(*values) for values in product(*axes)]


def scores_of(found: Iterable[list[Objects]], areas_px: Floats) -> Floats:
    """Return F1 and IoU `(2, points, areas)` of all tiles together, smaller found buildings being left out."""
    each = [[one.sums(one.size_px >= areas_px[:, None]) for one in tile] for tile in found]
    return scores(np.sum(each, axis=0))


def _codes(weights: Path, places: list[Place]) -> tuple[Codes, dict[str, float], Setting]:
    """Return the tiles of each place as the network sees them, their metres per pixel, and its setting."""
    network, manifest = load_network(weights)
    device = choose_device("auto")
    predictor = Predictor(network, manifest, device, choose_precision("auto", device), batch_size=1)
    bar = tqdm(total=sum(len(place.ids) for place in places), unit="tile", desc="network", disable=None)
    finest, coarsest = manifest.gsd_range_m
    gsd_m = {place.name: min(max(place.gsd_m, finest), coarsest) for place in places}
    codes: Codes = {}
    for place in places:
        codes[place.name] = []
        for name in place.ids:
            codes[place.name].append(_tile(place, name, predictor, gsd_m[place.name]))
            bar.update()
    bar.close()
    return codes, gsd_m, _setting({**DEFAULTS, **manifest.thresholds})


def _setting(values: Mapping[str, float]) -> Setting:
    """Return the setting that a manifest holds; its scores are not known."""
    point = Point(*(values[name] for name in Point._fields))
    return Setting(point, values["min_area_m2"], {}, values["min_confidence"], Calibration.of(values))


def _tile(place: Place, tile_id: str, predictor: Predictor, gsd_m: float) -> Tile:
    image, instances = place.read_at(tile_id, gsd_m)
    chance = predictor.probabilities(np.ascontiguousarray(image.transpose(2, 0, 1))[None])[0]
    building, interior = np.rint(chance * CODE_MAX).astype(np.uint8)
    return Tile(building, interior, instances)
