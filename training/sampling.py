"""Which ground a crop shows: anywhere, places balanced and buildings preferred; or every chip, once an epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from .augment import View, colours_of, random_view, take_colours, take_view
from .config import TrainOptions
from .places import IGNORE_INSTANCE, Place

TRIES = 4  # crops drawn until one shows what is wanted
WITHIN = 0.35  # a building looked for lies within this share of the crop's side from the centre, so at any angle inside


@dataclass(frozen=True)
class Sample:
    """A crop before its colours are changed: `(size, size, 3)` uint8 and `(size, size)` uint16, and its place."""

    place: Place
    image: NDArray[np.uint8]
    instances: NDArray[np.uint16]


class Sampling(Protocol):
    """Crop `number` of a training; all chance comes from `rng`."""

    def __call__(self, number: int, rng: Generator) -> Sample: ...


def sampling(places: list[Place], options: TrainOptions) -> Sampling:
    """Return what `options.sampling` names, over the places that are trusted."""
    trusted = [place for place in places if place.trust > 0]
    return EveryChip(trusted, options) if options.sampling == "chips" else RandomCrops(trusted, options)


class RandomCrops:
    """Places by their ground area to the power `place_power`, so that a large one does not drown the others.

    `building_share` of the crops are taken around a building chosen at random, where the tile has one; the tile is
    chosen before that, so empty ground is still seen.
    """

    def __init__(self, places: list[Place], options: TrainOptions) -> None:
        self._places = places
        self._options = options
        chance = np.array([place.area_m2 for place in places]) ** options.place_power
        self._chance = chance / chance.sum()

    def __call__(self, number: int, rng: Generator) -> Sample:
        options = self._options
        built = rng.random() < options.building_share
        for _ in range(TRIES):
            place, image, instances = self._tile(rng)
            view = self._view(place, rng)
            if built:
                view = towards_building(view, instances, options.crop_px, rng)
            image, instances = take_view(image, instances, view, options.crop_px)
            known = instances != IGNORE_INSTANCE
            if known.mean() > 0.5 and (not built or (instances[known] > 0).any()):
                break
        if options.augment == "full" and options.colour_transfer > 0 and rng.random() < options.colour_transfer:
            _, other, labels = self._tile(rng)
            image = take_colours(image, known, colours_of(other, labels != IGNORE_INSTANCE), share=rng.random())
        return Sample(place, image, instances)

    def _tile(self, rng: Generator) -> tuple[Place, NDArray[np.uint8], NDArray[np.uint16]]:
        place = self._places[rng.choice(len(self._places), p=self._chance)]
        return place, *place.read(place.ids[rng.integers(len(place.ids))])

    def _view(self, place: Place, rng: Generator) -> View:
        scale = self._options.gsd_m / place.gsd_m
        if self._options.augment == "none":
            return View(rng.random(), rng.random(), scale, 0.0, flip=False)
        return random_view(rng, scale, self._options.scale_spread)


def towards_building(view: View, instances: NDArray[np.uint16], size_px: int, rng: Generator) -> View:
    """Return the view moved so that a building, each as likely as the others, lies in it; unmoved if there is none.

    Only in the corners of a tile may it be missed, by a crop that is turned.
    """
    numbers = np.flatnonzero(np.bincount(instances.ravel(), minlength=IGNORE_INSTANCE + 1)[1:IGNORE_INSTANCE]) + 1
    if numbers.size == 0:
        return view
    own = np.flatnonzero(instances == rng.choice(numbers))
    row, col = np.unravel_index(rng.choice(own), instances.shape)
    side = size_px * view.scale
    x, y = (at + rng.uniform(-WITHIN, WITHIN) * side for at in (col, row))
    height, width = instances.shape
    half = min(side / 2, height / 2, width / 2)
    return replace(view, centre_x=_fraction(x, half, width), centre_y=_fraction(y, half, height))


def _fraction(centre: float, half: float, length: int) -> float:
    return min(1.0, max(0.0, (centre - half) / max(length - 2 * half, 1e-6)))


class EveryChip:
    """Each tile cut into as few chips as cover it, the last ones shifted inside; each once an epoch, in a new order."""

    def __init__(self, places: list[Place], options: TrainOptions) -> None:
        self._places = places
        self._options = options
        self._chips = chips_of(places, options)
        self._order = (-1, np.arange(0))

    def __call__(self, number: int, rng: Generator) -> Sample:
        epoch, index = divmod(number, len(self._chips))
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng((self._options.seed, epoch)).permutation(len(self._chips)))
        chip = self._chips[self._order[1][index]]
        place = self._places[chip["place"]]
        image, instances = place.read(place.ids[chip["tile"]])
        view = View(float(chip["x"]), float(chip["y"]), self._options.gsd_m / place.gsd_m, 0.0, flip=False)
        return Sample(place, *take_view(image, instances, view, self._options.crop_px))


CHIP = np.dtype([("place", np.uint16), ("tile", np.uint32), ("x", np.float32), ("y", np.float32)])


def chips_of(places: list[Place], options: TrainOptions) -> NDArray[np.void]:
    """Return one row per chip: place, tile, and where its centre lies, as a View counts. 14 bytes a chip."""
    return np.fromiter(_chips(places, options), dtype=CHIP)


def _chips(places: list[Place], options: TrainOptions) -> Iterator[tuple[int, int, float, float]]:
    for number, place in enumerate(places):
        side = options.crop_px * options.gsd_m / place.gsd_m
        for tile, tile_id in enumerate(place.ids):
            with Image.open(place.folder / "instances" / f"{tile_id}.png") as picture:
                width, height = picture.size
            yield from ((number, tile, x, y) for y in _stops(height, side) for x in _stops(width, side))


def _stops(length: int, side: float) -> list[float]:
    """Return where chips of `side` begin that cover `length`, the last one shifted inside, as shares of the room."""
    room = length - side
    if room <= 0:
        return [0.5]
    count = math.ceil(length / side - 1e-6)
    return [min(round(number * side), room) / room for number in range(count)]
