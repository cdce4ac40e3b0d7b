"""Which building a pixel belongs to: seeds, a watershed that grows them, and parts of one roof joined again.

Seeds are connected patches of high interior probability; a watershed grows them to the full building, so that
touching houses stay apart and nothing shrinks by the border's width (as the winners of SpaceNet 4 and DeepGlobe did).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .flooding import flood
from .merging import merge_parts
from .patches import patches_of

Codes = NDArray[np.uint8]  # probability in steps of 1 / 250; 255 is "not there"

CODE_MAX = 250
NOT_THERE = 255


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


def label_buildings(building: Codes, interior: Codes, thresholds: Thresholds) -> NDArray[np.int32]:
    """Return the number of the building each pixel belongs to, 0 for none; numbers need not be consecutive.

    Both inputs are `(height, width)`. Seeds are 4-connected patches of interior; a connected patch of building
    without any seed is one building.
    """
    mask = (building >= thresholds.building) & (building != NOT_THERE)
    patches, first = patches_of(mask)
    seeds, first_of_seed = patches_of(mask & (interior >= thresholds.seed))
    seeds_in_patch = np.bincount(patches[first_of_seed], minlength=len(first[0]) + 1)
    whole = np.arange(len(seeds_in_patch), dtype=np.int32) + np.int32(len(first_of_seed[0]))  # after those of seeds
    whole[seeds_in_patch > 1] = whole[0] = 0
    labels = whole.take(patches)
    shared = mask & (labels == 0)
    if not shared.any():
        return labels
    labels = flood(labels + seeds * shared, shared & (seeds == 0), interior)
    return merge_parts(labels, interior, thresholds.merge) if np.isfinite(thresholds.merge) else labels
