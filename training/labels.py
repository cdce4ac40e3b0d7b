"""Instances to the three classes the networks learn: background, interior, border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .places import IGNORE_INSTANCE

CLASSES = ("background", "interior", "border")
BACKGROUND, INTERIOR, BORDER = range(3)
IGNORE_CLASS = 255
RINGS = ("inner", "straddling")  # where the border lies: inside the outline, or on both sides of it


def building_classes(ring: str) -> tuple[int, ...]:
    """Return the classes that make up a building: a border that straddles the outline is none of it."""
    return (INTERIOR, BORDER) if ring == "inner" else (INTERIOR,)


def classes_from_instances(instances: NDArray[np.uint16], border_px: float, ring: str = "inner") -> NDArray[np.uint8]:
    """Return the class of every pixel, `(height, width)`; 255 where nothing is known.

    The border is the outermost `border_px` pixels of each building, measured from the background or from the
    building it touches, so that touching buildings are parted by border. A building too small for that keeps the
    inner half of its depth as interior: none vanishes. The edge of the array, and the edge of unknown ground, are no
    outline and get no border.

    `ring` is one of RINGS. With "inner", interior and border together are exactly the building. With "straddling" the
    border also reaches `border_px` out onto the background around it, as where this method comes from (Microsoft's
    SpaceNetExploration: 2.5 px each way, which makes a ring of 5 px: 2 inside, 3 outside).
    """
    unknown = instances == IGNORE_INSTANCE
    building = (instances > 0) & ~unknown
    classes = np.where(building, INTERIOR, BACKGROUND).astype(np.uint8)
    classes[unknown] = IGNORE_CLASS
    outline = _outline(instances, unknown) & building
    if outline.any():
        away = ndimage.distance_transform_edt(~outline)  # from pixel centre to pixel centre
        numbers = np.where(building, instances, 0).astype(np.int32)
        deepest = np.zeros(int(numbers.max()) + 1)
        np.maximum.at(deepest, numbers[building], away[building] + 1.0)
        limit = np.minimum(border_px, deepest[numbers] / 2)
        classes[building & (away + 1.0 <= limit)] = BORDER
        if ring == "straddling":
            classes[(classes == BACKGROUND) & (away <= border_px + 0.5)] = BORDER
    return classes


def _outline(instances: NDArray[np.uint16], unknown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels that share a side with a pixel of another number, both being known."""
    outline = np.zeros(instances.shape, dtype=bool)
    for low, high in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        differ = (instances[low] != instances[high]) & ~unknown[low] & ~unknown[high]
        outline[low] |= differ
        outline[high] |= differ
    return outline


def between_buildings(instances: NDArray[np.uint16], reach_px: int) -> NDArray[np.bool_]:
    """Return where two buildings lie within `reach_px` (a square window): the pixels that decide if they are merged."""
    building = (instances > 0) & (instances != IGNORE_INSTANCE)
    window = 2 * reach_px + 1
    highest = ndimage.maximum_filter(np.where(building, instances, 0), window, mode="nearest")
    lowest = ndimage.minimum_filter(np.where(building, instances, IGNORE_INSTANCE), window, mode="nearest")
    return np.asarray((highest > 0) & (highest != lowest))
