"""Round buildings: closed outlines that a circle fits as well as pixels can show."""

from __future__ import annotations

import numpy as np

from .coverage import Arcs
from .rings import Bools, Floats, owner_of, starts_of

TOLERANCES = 0.08  # of the tolerance: by how much, root mean square, a round building may be out of round,
PIXELS = 0.3  # and that of the pixel: stairs around a circle are off it by 0.25 to 0.3
SAGITTA = 0.2  # tolerances that the edges of the polygon may be inside the circle
MIN_VERTICES = 12


def with_circles(arcs: Arcs, raw: Arcs, closed: Bools, tolerance_m: float, pixel_m: float) -> tuple[Arcs, Bools]:
    """Return `arcs` with regular polygons of the raw outline's area where `raw` is round, and which arcs are."""
    rings, limit = raw.at(closed), TOLERANCES * tolerance_m + PIXELS * pixel_m
    centre, area, is_round = np.zeros((len(closed), 2)), np.zeros(len(closed)), closed.copy()
    centre[closed], radius, error = fitted_circles(rings)
    area[closed] = _areas(rings)
    size = np.sqrt(np.abs(area) / np.pi)
    is_round[closed] = (error <= limit) & (np.abs(radius - size[closed]) <= limit) & (size[closed] > 3 * tolerance_m)
    angle = np.arccos(1 - SAGITTA * tolerance_m / np.maximum(size, tolerance_m))
    corners = np.maximum(MIN_VERTICES, 4 * np.ceil(np.pi / angle / 4)).astype(np.int64)
    counts = np.where(is_round, corners + 1, np.diff(arcs.start))
    start = starts_of(counts)
    arc = owner_of(start)
    step = np.arange(start[-1]) - start[arc]
    turn = np.sign(area[arc]) * 2 * np.pi * (step % corners[arc]) / corners[arc]
    reach = np.sqrt(2 * np.abs(area) / (corners * np.sin(2 * np.pi / corners)))
    on_circle = centre.take(arc, axis=0) + reach[arc, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    own = arcs.xy.take(np.where(is_round[arc], 0, arcs.start[arc] + step), axis=0)
    return Arcs(np.where(is_round[arc][:, None], on_circle, own), start), is_round


def fitted_circles(arcs: Arcs) -> tuple[Floats, Floats, Floats]:
    """Return centre, radius and root mean square error of the circle through each arc (Kasa, 1976)."""
    edge = np.flatnonzero(np.diff(owner_of(arcs.start)) == 0)
    arc = owner_of(arcs.start)[edge]
    here, there = arcs.xy.take(edge, axis=0), arcs.xy.take(edge + 1, axis=0)
    weight = np.hypot(*(there - here).T)

    def mean(values: Floats) -> Floats:
        total = np.bincount(arc, weights=weight * values, minlength=len(arcs.start) - 1)
        return np.asarray(total / np.maximum(length, 1e-12), dtype=np.float64)

    length = np.bincount(arc, weights=weight, minlength=len(arcs.start) - 1)
    middle = (here + there) / 2
    origin = np.column_stack([mean(middle[:, 0]), mean(middle[:, 1])])
    x, y = (middle - origin.take(arc, axis=0)).T
    square = x**2 + y**2
    xx, yy, xy = mean(x * x), mean(y * y), mean(x * y)
    right_x, right_y = mean(x * square) / 2, mean(y * square) / 2
    determinant = np.maximum(xx * yy - xy**2, 1e-12)
    offset = np.column_stack([yy * right_x - xy * right_y, xx * right_y - xy * right_x]) / determinant[:, None]
    distance = np.hypot(x - offset[arc, 0], y - offset[arc, 1])
    radius = mean(distance)
    return origin + offset, radius, np.sqrt(mean((distance - radius[arc]) ** 2))


def _areas(arcs: Arcs) -> Floats:
    """Return the signed area of the closed arcs, counterclockwise positive."""
    arc = owner_of(arcs.start)
    edge = np.flatnonzero(np.diff(arc) == 0)
    origin = arcs.xy.take(arcs.start[arc[edge]], axis=0)
    here, there = arcs.xy.take(edge, axis=0) - origin, arcs.xy.take(edge + 1, axis=0) - origin
    twice = here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]
    return np.asarray(np.bincount(arc[edge], weights=twice, minlength=len(arcs.start) - 1) / 2, dtype=np.float64)
