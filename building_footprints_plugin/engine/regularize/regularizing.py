"""Straightening the outlines of whole neighbourhoods, with guards that keep every footprint true to its outline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely

from ..errors import BadInput
from ..options import REGULARIZE_METHODS
from .guards import Guards
from .lengths import Demands
from .neighbours import reach_m
from .once import straightened_once
from .repeating import until_still
from .rings import Bools, Ints, Polygons
from .unseen import straight_ground

BATCH = 4096  # polygons straightened at once: some 150 MB, and fastest


@dataclass(frozen=True)
class Regularized:
    """Outlines in the order of the input; `regularized` tells which follow the method that was asked for."""

    polygons: Polygons
    regularized: Bools


def regularize(polygons: Polygons, groups: Ints, demands: Demands, seen: Polygons | None = None) -> Regularized:
    """Straighten valid polygons whose coordinates are metres.

    `groups` (n,) numbers neighbourhoods: polygons of different groups are further apart than twice `reach_m`, those
    of one group may share walls. `seen` (n,) is the ground around each of which anything is known, None for all of it:
    an outline that ends where this does keeps that edge, as a straight line, and stays within to the pixel. A polygon
    that would become invalid, lose its likeness (`Guards`) or overlap another keeps a simpler outline and is marked
    False. What `rectangular` gives is given back as it is when straightened again, as an outline that was drawn
    (`pixel_m` 0). Memory is that of the largest group, or of `BATCH` polygons. Raises BadInput on an unknown method.
    """
    if demands.method not in REGULARIZE_METHODS:
        raise BadInput(f"The method is {demands.method!r}; expected one of {', '.join(REGULARIZE_METHODS)}.")
    if demands.method == "none" or len(polygons) == 0:
        return Regularized(polygons, np.full(len(polygons), demands.method == "none"))
    seen = np.full(len(polygons), None, dtype=object) if seen is None else straight_ground(seen, demands.pixel_m)
    result, regularized = polygons.copy(), np.zeros(len(polygons), dtype=bool)
    for rows in batches(groups):
        result[rows], regularized[rows] = _straightened(polygons[rows], groups[rows], demands, seen[rows])
    return Regularized(result, regularized)


def batches(groups: Ints) -> Iterator[Ints]:
    """Yield the rows of whole groups, about `BATCH` at a time."""
    order = np.argsort(groups, kind="stable").astype(np.int64)
    begins = np.flatnonzero(np.diff(groups[order], prepend=groups[order[:1]] - 1))
    cut = 0
    while cut < len(order):
        place = np.searchsorted(begins, cut + BATCH)
        end = int(begins[place]) if place < len(begins) else len(order)
        yield order[cut:end]
        cut = end


def _straightened(polygons: Polygons, groups: Ints, demands: Demands, seen: Polygons) -> tuple[Polygons, Bools]:
    raw = np.asarray(shapely.normalize(shapely.remove_repeated_points(polygons)), dtype=object)
    reach = reach_m(demands.tolerance_m, demands.pixel_m)
    guards = Guards(raw, groups, seen, reach, demands.pixel_m > 0, demands.min_iou)
    made = straightened_once(guards, demands, np.zeros(len(raw), dtype=bool))
    if demands.method != "rectangular":
        return made
    drawn = replace(demands, pixel_m=0.0)

    def again(outlines: Polygons, groups: Ints, still: Bools) -> tuple[Polygons, Bools]:
        anywhere = np.full(len(outlines), None, dtype=object)
        outlines = np.asarray(shapely.normalize(outlines), dtype=object)
        new = Guards(outlines, groups, anywhere, reach_m(drawn.tolerance_m), False, drawn.min_iou)
        return straightened_once(new, drawn, still)

    return until_still(made, guards, drawn, again)
