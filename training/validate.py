"""Scores of a network on whole tiles while it trains: pixel IoU and object F1, quick enough for every epoch."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from building_footprints_plugin.engine.polygonize import CODE_MAX, Thresholds

from .config import TrainOptions
from .labels import INTERIOR, building_classes
from .normalise import normalise
from .objects import objects_of
from .parallel import add_up
from .places import IGNORE_INSTANCE, Place
from .trying import Point, labels_at

# Where `tune` ends up moves while a network learns: judged at one setting, a later and better checkpoint looks worse.
SETTINGS = tuple(Point(0.5, seed, merge) for seed in (0.5, 0.7) for merge in (0.75, 0.9))
SHOWN = Thresholds.of(0.5, 0.7, 0.75)
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
        """Ground that both cover over ground that either covers, in pixels; 0 where there is none."""
        return self.overlap_px / self.union_px if self.union_px else 0.0

    @property
    def f1(self) -> float:
        """The object F1; 0 where there is no building and none was found."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else 0.0


Scores = dict[str, Tally]  # by place


def mean_f1(scores: Scores) -> float:
    """Return the mean object F1 over the places: what the best checkpoint is chosen by."""
    return sum(tally.f1 for tally in scores.values()) / len(scores)


def mean_iou(scores: Scores) -> float:
    """Return the mean pixel IoU over the places."""
    return sum(tally.iou for tally in scores.values()) / len(scores)


def validate(network: nn.Module, places: list[Place], options: TrainOptions, fabric: Fabric) -> Scores:
    """Return the tally of `network`, in evaluation mode, on every tile of each place; processes share the tiles.

    Of a few settings of the thresholds it is the one with the best mean object F1.
    """
    tallies = {place.name: _tally(network, place, options, fabric) for place in places}
    return max(({name: each[n] for name, each in tallies.items()} for n in range(len(SETTINGS))), key=mean_f1)


def _tally(network: nn.Module, place: Place, options: TrainOptions, fabric: Fabric) -> list[Tally]:
    """Return the tally of one place for each of the settings."""
    tallies = [Tally() for _ in SETTINGS]
    for tile_id in place.ids[fabric.global_rank :: fabric.world_size]:
        image, instances = place.read_at(tile_id, options.gsd_m)
        with fabric.autocast():
            building, interior = look_at(network, image, options)
        for tally, found in zip(tallies, labels_at(SETTINGS, building, interior), strict=True):
            add_tile(tally, found, instances, min_area_px=MIN_AREA_M2 / options.gsd_m**2)
    counts = torch.tensor([astuple(tally) for tally in tallies], device=fabric.device)
    return [Tally(*map(int, row)) for row in add_up(counts, fabric).tolist()]


@torch.no_grad()
def look_at(
    network: nn.Module, image: NDArray[np.uint8], options: TrainOptions
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return building and interior probability of `(height, width, 3)`, in steps of 1/250."""
    pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].to(_device(network))
    chance = torch.softmax(network(normalise(pixels, options.input_scaling)).float(), dim=1)[0]
    building = chance[list(building_classes(options.border_ring))].sum(dim=0)
    return _code(building), _code(chance[INTERIOR])


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device


def _code(chance: Tensor) -> NDArray[np.uint8]:
    return np.asarray((chance * CODE_MAX).round().clamp(max=CODE_MAX).to(torch.uint8).cpu().numpy())


def add_tile(tally: Tally, found: NDArray[np.int32], truth: NDArray[np.uint16], min_area_px: float) -> None:
    """Add one tile, `(height, width)` numbers of found and true buildings, to `tally`.

    Objects match as `objects_of` says; those found smaller than `min_area_px` are left out.
    """
    known = truth != IGNORE_INSTANCE
    tally.overlap_px += int(((found > 0) & (truth > 0) & known).sum())
    tally.union_px += int((((found > 0) | (truth > 0)) & known).sum())
    objects = objects_of(found, truth)
    large = objects.size_px >= min_area_px
    tp = int((objects.matched & large).sum())
    tally.tp += tp
    tally.fp += int(large.sum()) - tp
    tally.fn += objects.buildings - tp
