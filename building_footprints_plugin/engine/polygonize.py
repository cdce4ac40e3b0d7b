"""Building probability to outlines: seeds, watershed, polygons. Pure functions on arrays; strip by strip.

Seeds are connected patches of high interior probability; a watershed grows them to the full building, so that
touching houses stay apart and nothing shrinks by the border's width (the way of the SpaceNet-4 and DeepGlobe winners).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

Codes = NDArray[np.uint8]  # probability in steps of 1 / 250; 255 is "not there"


def label_buildings(building: Codes, interior: Codes, threshold: int, seed_threshold: int) -> NDArray[np.int32]:
    """Return the number of the building each pixel belongs to, 0 for none; numbers need not be consecutive.

    Both inputs are `(height, width)` probabilities in steps of 1/250, 255 where the image has no pixel. A pixel is
    building from `threshold` on. Seeds are 4-connected patches from `seed_threshold` of interior probability on;
    a connected patch of building without any seed is one building.
    """
    there = building != 255
    mask = (building >= threshold) & there
    seeds, count = ndimage.label(mask & (interior >= seed_threshold))
    patches, _ = ndimage.label(mask)
    seeded = np.zeros(int(patches.max()) + 1, dtype=bool)
    seeded[patches[seeds > 0]] = True
    bare = mask & ~seeded[patches]
    markers = np.where(bare, patches + count, seeds).astype(np.int32)
    return np.asarray(watershed(-interior.astype(np.int16), markers, mask=mask), dtype=np.int32)
