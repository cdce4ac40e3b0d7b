"""Pictures to look at while a network learns: image, truth and prediction of a few tiles side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from building_footprints_plugin.engine.polygonize import label_buildings

from .config import TrainOptions
from .places import IGNORE_INSTANCE, Place
from .validate import SHOWN, look_at

SHOWN_PX = 256
TRUTH, FOUND = (40, 200, 80), (255, 130, 20)


class Tile(NamedTuple):
    """A picture to be judged, `(height, width, 3)` uint8, and its buildings, `(height, width)`."""

    image: NDArray[np.uint8]
    instances: NDArray[np.uint16]


def choose_tiles(places: list[Place], gsd_m: float, count: int = 4) -> list[Tile]:
    """Return the middle of up to `count` tiles, the same each time: from as many places as there are."""
    nth = -(-count // len(places))
    names = [
        (place, tile_id) for number in range(nth) for place in places for tile_id in place.ids[number : number + 1]
    ]
    return [_middle(*place.read_at(tile_id, gsd_m)) for place, tile_id in names[:count]]


def draw_panels(network: nn.Module, tiles: list[Tile], options: TrainOptions) -> NDArray[np.uint8]:
    """Return one row per tile: image, truth in green, what `network` finds in orange; `(height, width, 3)`."""
    side = max(max(tile.instances.shape) for tile in tiles)
    rows = []
    for image, instances in tiles:
        found = label_buildings(*look_at(network, image, options), SHOWN)
        row = (image, _painted(image, instances, TRUTH), _painted(image, found, FOUND))
        room = ((0, side - image.shape[0]), (0, side - image.shape[1]), (0, 0))
        rows.append(np.concatenate([np.pad(picture, room) for picture in row], axis=1))
    return np.concatenate(rows)


def _middle(image: NDArray[np.uint8], instances: NDArray[np.uint16]) -> Tile:
    top, left = (max(0, (length - SHOWN_PX) // 2) for length in instances.shape)
    part = np.s_[top : top + SHOWN_PX, left : left + SHOWN_PX]
    return Tile(image[part], instances[part])


def _painted(
    image: NDArray[np.uint8], numbers: NDArray[np.uint16] | NDArray[np.int32], colour: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Return the image with buildings half covered by a colour, and their outlines wholly."""
    inside = (numbers > 0) & (numbers != IGNORE_INSTANCE)
    edge = np.zeros_like(inside)
    edge[1:] |= numbers[1:] != numbers[:-1]
    edge[:, 1:] |= numbers[:, 1:] != numbers[:, :-1]
    share = np.where(edge & inside, 1.0, np.where(inside, 0.4, 0.0))[..., None]
    return np.asarray(np.rint(image * (1 - share) + np.array(colour) * share), dtype=np.uint8)
