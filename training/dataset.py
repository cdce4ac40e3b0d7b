"""Random training crops; crop number n is the same on every machine and in every run with the same seed."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .augment import random_view, recolour, take_view
from .config import TrainOptions
from .labels import between_buildings, classes_from_instances
from .places import IGNORE_INSTANCE, Place

CONTACT_REACH_PX = 3  # half the widest gap that counts as between two buildings
TRIES = 4  # crops drawn until one shows enough known ground


class Crops(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Crop n as `(bands, size, size)` uint8 image, `(size, size)` uint8 classes and float32 weights.

    A pixel weighs what its place is trusted, and `contact_weight` times that between two buildings.

    Places are drawn by their ground area to the power `place_power`, so that a large one does not drown the others.
    """

    def __init__(self, places: list[Place], options: TrainOptions) -> None:
        self._places = [place for place in places if place.trust > 0]
        self._options = options
        area = np.array([place.area_m2 for place in self._places])
        chance = area**options.place_power
        self._chance = chance / chance.sum()

    def __len__(self) -> int:
        return self._options.steps * self._options.batch_size

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        options = self._options
        rng = np.random.default_rng((options.seed, number))
        for _ in range(TRIES):
            place = self._places[rng.choice(len(self._places), p=self._chance)]
            image, instances = place.read(place.ids[rng.integers(len(place.ids))])
            view = random_view(rng, options.gsd_m / place.gsd_m, options.scale_spread)
            image, instances = take_view(image, instances, view, options.crop_px)
            if (instances == IGNORE_INSTANCE).mean() < 0.5:
                break
        classes = classes_from_instances(instances, options.border_m / options.gsd_m)
        image = recolour(image, rng)
        pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
        near = between_buildings(instances, CONTACT_REACH_PX)
        weight = np.float32(place.trust) * np.where(near, np.float32(options.contact_weight), np.float32(1))
        return pixels, torch.from_numpy(classes), torch.from_numpy(weight)
