"""Scores of a network on whole tiles while it trains: pixel IoU and object F1, quick enough for every epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from building_footprints_plugin.engine.polygonize import CODE_MAX, Thresholds, label_buildings

from .labels import BACKGROUND, INTERIOR
from .normalise import normalise
from .places import IGNORE_INSTANCE, Place
from .prepare import resample_labels, resample_picture

THRESHOLDS = Thresholds.of(0.5, 0.7)  # near the best of `tune`; at lower seeds the best checkpoint was another one
MIN_AREA_M2 = 10.0


@dataclass
class Tally:
    """Sums over tiles: pixels of overlap and union, and matched, false and missed buildings."""

    overlap_px: int = 0
    union_px: int = 0
    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def iou(self) -> float:
        return self.overlap_px / self.union_px if self.union_px else 0.0

    @property
    def f1(self) -> float:
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 0.0


@torch.no_grad()
def validate_place(network: nn.Module, place: Place, gsd_m: float) -> Tally:
    """Return the tally of `network`, in evaluation mode, on every tile of `place` resampled to `gsd_m`."""
    tally = Tally()
    factor = place.gsd_m / gsd_m
    for tile_id in place.ids:
        image, instances = place.read(tile_id)
        image, instances = resample_picture(image, factor), resample_labels(instances, factor)
        pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None]
        chance = torch.softmax(network(normalise(pixels)).float(), dim=1)[0]
        found = label_buildings(_code(1 - chance[BACKGROUND]), _code(chance[INTERIOR]), THRESHOLDS)
        add_tile(tally, found, instances, min_area_px=MIN_AREA_M2 / gsd_m**2)
    return tally


def _code(chance: Tensor) -> NDArray[np.uint8]:
    return np.asarray((chance * CODE_MAX).round().to(torch.uint8).cpu().numpy())


def add_tile(tally: Tally, found: NDArray[np.int32], truth: NDArray[np.uint16], min_area_px: float) -> None:
    """Add one tile, `(height, width)` numbers of found and true buildings, to `tally`.

    Objects match at a pixel IoU above 0.5, where a pair is unique. Found pixels on unknown ground do
    not count, and a found building that lies mostly on it is left out.
    """
    known = truth != IGNORE_INSTANCE
    tally.overlap_px += int(((found > 0) & (truth > 0) & known).sum())
    tally.union_px += int((((found > 0) | (truth > 0)) & known).sum())
    size_all = np.bincount(found.ravel())
    truth_here = np.where(known, truth, 0).astype(np.int64)
    found_here = np.where(known, found, 0).astype(np.int64)
    size_found = np.bincount(found_here.ravel(), minlength=size_all.size)
    size_truth = np.bincount(truth_here.ravel())
    counted = (size_all >= min_area_px) & (size_found * 2 > size_all)
    counted[0] = False
    pairs, overlap = np.unique(np.stack([found_here.ravel(), truth_here.ravel()]), axis=1, return_counts=True)
    inside = (pairs[0] > 0) & (pairs[1] > 0)
    f, t, overlap = pairs[0][inside], pairs[1][inside], overlap[inside]
    iou = overlap / (size_found[f] + size_truth[t] - overlap)
    tp = int(((iou > 0.5) & counted[f]).sum())
    tally.tp += tp
    tally.fp += int(counted.sum()) - tp
    tally.fn += int((size_truth[1:] > 0).sum()) - tp
