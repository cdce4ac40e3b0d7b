"""Training crops; crop number n is the same on every machine and in every run with the same seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, default_collate

from building_footprints_plugin.engine.errors import FootprintsError

from .augment import recolour
from .config import TrainOptions
from .labels import between_buildings, classes_from_instances
from .places import Place
from .sampling import chips_of, sampling

CONTACT_REACH_PX = 3  # half the widest gap that counts as between two buildings


class Batch(NamedTuple):
    """Crops: `(count, bands, size, size)` uint8 pixels, `(count, size, size)` uint8 classes and float32 weights."""

    pixels: Tensor
    classes: Tensor
    weight: Tensor


class Crops(Dataset[Batch]):
    """Crop n as a Batch without its first dimension.

    A pixel weighs what its place is trusted, and `contact_weight` times that between two buildings.
    """

    def __init__(self, places: list[Place], options: TrainOptions) -> None:
        self._options = options
        self._sample = sampling(places, options)

    def __getitem__(self, number: int) -> Batch:
        options = self._options
        rng = np.random.default_rng((options.seed, number))
        sample = self._sample(number, rng)
        image = recolour(sample.image, rng) if options.augment == "full" else sample.image
        pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
        classes = classes_from_instances(sample.instances, options.border_m / options.gsd_m, options.border_ring)
        weight = np.full(classes.shape, sample.place.trust, dtype=np.float32)
        if options.contact_weight != 1:
            weight[between_buildings(sample.instances, CONTACT_REACH_PX)] *= options.contact_weight
        return Batch(pixels, torch.from_numpy(classes), torch.from_numpy(weight))

    def __getitems__(self, numbers: list[int]) -> list[Batch] | FootprintsError:
        """Return several crops, or what is wrong with one of them: torch would wrap an error raised in a worker."""
        try:
            return [self[number] for number in numbers]
        except FootprintsError as error:
            return error


def collate(crops: list[Batch] | FootprintsError) -> Batch | FootprintsError:
    """Return crops as one batch, and an error as it is."""
    return crops if isinstance(crops, FootprintsError) else default_collate(crops)


def epoch_crops(places: list[Place], options: TrainOptions) -> int:
    """Return how many crops of `crop_px` cover the trusted places once."""
    return len(chips_of([place for place in places if place.trust > 0], options))
