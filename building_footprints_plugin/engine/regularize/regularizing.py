"""Straightening the outlines of whole neighbourhoods, with guards that keep every footprint true to its outline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from ..errors import BadInput
from ..options import REGULARIZE_METHODS
from .circles import with_circles
from .coverage import Coverage, coverage_of
from .guards import Guards
from .neighbours import reach_m
from .noding import node_rings
from .rings import Bools, Ints, Polygons, rings_of
from .sections import sections_of
from .settling import settled
from .sifting import Lengths
from .simplify import arcs_through, simplified_arcs
from .squaring import squared_arcs

MIN_TOLERANCE_PX = 1.1  # stairs leave the line they stand for by a pixel at most; less would keep them

BATCH = 4096  # polygons straightened at once: some 150 MB, and fastest
MIN_CONTACT = 3  # tolerances of wall that two polygons share at least; less is a touch


@dataclass(frozen=True)
class Regularized:
    """Outlines in the order of the input; `regularized` tells which follow the method that was asked for."""

    polygons: Polygons
    regularized: Bools


def regularize(
    polygons: Polygons, groups: Ints, *, method: str, tolerance_m: float, pixel_m: float = 0.0
) -> Regularized:
    """Straighten valid polygons whose coordinates are metres.

    `groups` (n,) numbers neighbourhoods: polygons of different groups are further apart than twice `reach_m`, those
    of one group may share walls. `pixel_m` is the pixel along whose edges they were traced, 0 if they
    were not. A polygon that would become invalid, lose its likeness (`Guards`) or overlap another keeps a simpler
    outline and is marked False. Memory is that of the largest group, or of `BATCH` polygons. Raises BadInput on an
    unknown method.
    """
    if method not in REGULARIZE_METHODS:
        raise BadInput(f"The method is {method!r}; expected one of {', '.join(REGULARIZE_METHODS)}.")
    if method == "none" or len(polygons) == 0:
        return Regularized(polygons, np.full(len(polygons), method == "none"))
    result, regularized = polygons.copy(), np.zeros(len(polygons), dtype=bool)
    for rows in batches(groups):
        settings = method == "rectangular", tolerance_m, pixel_m
        result[rows], regularized[rows] = _straightened(polygons[rows], groups[rows], *settings)
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


def _straightened(
    polygons: Polygons, groups: Ints, square: bool, tolerance_m: float, pixel_m: float
) -> tuple[Polygons, Bools]:
    reach = reach_m(tolerance_m, pixel_m)
    tolerance_m = max(tolerance_m, MIN_TOLERANCE_PX * pixel_m)
    raw = np.asarray(shapely.normalize(polygons), dtype=object)
    coverage = _coverage(raw, groups, pixel_m, MIN_CONTACT * tolerance_m)
    sections = sections_of(coverage, tolerance_m)
    wanted = [simplified_arcs(sections, reach)]
    fallback = [arcs_through(sections, sections.corner_xy), coverage.arcs]
    if square:
        fallback = wanted + fallback
        wanted = squared_arcs(sections, coverage, groups, Lengths.of(tolerance_m, reach))
        wanted[0] = with_circles(wanted[0], coverage.arcs, coverage.closed, tolerance_m, pixel_m)
    result, level = settled(coverage, wanted + fallback, Guards(raw, groups, reach))
    return result, level < len(wanted)


def _coverage(raw: Polygons, groups: Ints, pixel_m: float, min_contact_m: float) -> Coverage:
    rings = rings_of(raw)
    _, group, members = np.unique(groups, return_inverse=True, return_counts=True)
    crowded = (members[group] > 1)[rings.polygon_of_ring()]
    return coverage_of(node_rings(rings, crowded, pixel_m, min_contact_m))
