"""Which building a pixel belongs to: seeds, a watershed that grows them, and parts of one roof joined again.

Seeds are connected patches of high interior probability; a watershed grows them to the full building, so that
touching houses stay apart and nothing shrinks by the border's width (as the winners of SpaceNet 4 and DeepGlobe did).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .flooding import HIGHEST, flood
from .merging import merge_parts
from .patches import Ints, Labels, joined_runs, stretches

Codes = NDArray[np.uint8]  # probability in steps of 1 / 250; 255 is "not there"

CODE_MAX = 250
NOT_THERE = 255
ROOM, SEED = 1, 2  # kinds of pixels of building


@dataclass(frozen=True)
class Thresholds:
    """Codes (1/250) from which a pixel is building, and from which it is a seed; and the line that parts two houses.

    `merge`: touching parts are one building if the line between them is at least so strong (`merging.merge_parts`).
    """

    building: int
    seed: int
    merge: float = np.inf

    @classmethod
    def of(cls, threshold: float, seed_threshold: float, merge_threshold: float = np.inf) -> Thresholds:
        """Return the thresholds for probabilities 0..1; at least one step, as nothing is building at probability 0."""
        return cls(max(1, round(threshold * CODE_MAX)), max(1, round(seed_threshold * CODE_MAX)), merge_threshold)


def label_buildings(building: Codes, interior: Codes, thresholds: Thresholds) -> Labels:
    """Return the number of the building each pixel belongs to, 0 for none; numbers need not be consecutive.

    Both inputs are `(height, width)`. Seeds are 4-connected patches of interior; a connected patch of building
    without any seed is one building.
    """
    framed = np.pad(building, 1, constant_values=NOT_THERE), np.pad(interior, 1)
    return label_framed(*framed, thresholds)[1:-1, 1:-1]


def label_framed(building: Codes, interior: Codes, thresholds: Thresholds) -> Labels:
    """Do as `label_buildings` does, for codes with a frame in which nothing is building."""
    mask = (building >= thresholds.building) & (building != NOT_THERE)
    kind = (mask.view(np.uint8) << (mask & (interior >= thresholds.seed)).view(np.uint8)).ravel()
    begin = np.flatnonzero(kind[1:] != kind[:-1]) + 1  # of runs of one kind; none is at the end of a row
    if not len(begin):
        return np.zeros(mask.shape, dtype=np.int32)
    kinds = kind.take(begin)
    number = _numbers(begin, kinds, mask.shape[1])
    lengths = np.diff(begin, prepend=0, append=kind.size)
    labels = np.append(np.int32(0), number).repeat(lengths).reshape(mask.shape)
    room = np.flatnonzero((number == 0) & (kinds == ROOM))
    if not len(room):
        return labels
    height = np.minimum(interior, np.uint8(HIGHEST - 1))
    height += np.uint8(1)
    height *= mask.view(np.uint8)
    flood(labels, stretches(begin[room], begin[room + 1]), height)
    return merge_parts(labels, interior, thresholds.merge) if np.isfinite(thresholds.merge) else labels


def _numbers(begin: Ints, kinds: Codes, width: int) -> Labels:
    """Return the number of each run: that of its seed, or of its patch where that has no other; 0 if that is open."""
    none, seeds = np.flatnonzero(kinds == 0), np.flatnonzero(kinds == SEED)
    is_first = np.append(True, kinds[:-1] == 0)  # of the runs that follow one another without a gap
    patch, _ = joined_runs(begin[is_first], begin[none], width)
    seed, first_of_seed = joined_runs(begin[seeds], begin[seeds + 1], width)
    patch = patch.take(np.cumsum(is_first) - 1)
    seeds_in_patch = np.bincount(patch[seeds[first_of_seed]], minlength=int(patch.max()) + 1)
    number = patch + np.int32(len(first_of_seed) + 1)  # after those of seeds
    number[seeds_in_patch.take(patch) > 1] = 0
    number[seeds] = np.where(number[seeds] == 0, seed + np.int32(1), number[seeds])
    number[none] = 0
    return number
