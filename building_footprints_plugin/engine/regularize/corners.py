"""Which polygons have corners that are no right angles, and which were squared before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .lines import dot
from .rings import Bools, Floats, Ints, Polygons
from .walls import cross

RIGHT = np.sin(np.radians(2))  # a corner within this of 90 degrees is a right one
STRAIGHT = np.cos(np.radians(5))  # what turns by less is no corner
EXACT = 1e-6
ROUNDED = 1.5  # steps of rounding that a corner may be off another one
MAX_OBLIQUE = 0.9  # of an outline that was squared before: off its axis, as where a picture cut it;
MAX_OBLIQUE_ON_GRID = 0.5  # where that is x and y, or at 45 degrees, as corners on a grid of pixels may be right ones;
MAX_OBLIQUE_ROUNDED = 0.1  # where coordinates were rounded so coarsely that any corner may be a right one by chance,
FINE_M = 2e-3  # which is in steps of more than this: of GeoJSON's eight digits of degrees they are a millimetre;
LEAST_ROUNDED = 3  # edges along the axis where they were rounded at all, as two may be so by chance even then
MAX_SHORT = 0.12  # in edges so short that they are noise; results have up to 0.10, what networks draw 0.17 and more
MAX_SHORT_EDGES = 0.6  # of the edges;
MAX_SHORT_EDGES_ON_GRID = 0.45  # where pixels may have made them: every other one of stairs


@dataclass(frozen=True)
class _Corners:
    """Of all edges of `count` polygons the polygon, the edge `before`, the vector, its length, the cosine to that."""

    polygon: Ints
    before: Ints
    edge: Floats
    length: Floats
    cosine: Floats
    count: int

    @classmethod
    def of(cls, polygons: Polygons) -> _Corners:
        rings, polygon = shapely.get_rings(polygons, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        here = np.flatnonzero(ring[1:] == ring[:-1])
        ring, edge = ring[here], xy.take(here + 1, axis=0) - xy.take(here, axis=0)
        first = np.flatnonzero(np.diff(ring, prepend=-1))
        before = np.arange(len(edge)) - 1
        before[first] = np.append(first[1:], len(edge))[: len(first)] - 1
        length = np.maximum(np.hypot(*edge.T), 1e-12)
        cosine = dot(edge, edge.take(before, axis=0)) / (length * length[before])
        return cls(polygon[ring], before, edge, length, cosine, len(polygons))

    def share(self, which: Bools, weight: Floats) -> Floats:
        """Return the share (polygons,) that edges `which` have in the `weight` of all."""
        total, part = (np.bincount(self.polygon, values, self.count) for values in (weight, weight * which))
        return np.asarray(part / np.maximum(total, EXACT), dtype=np.float64)

    def axes_of(self, which: Bools, grain_m: float = 0.0) -> tuple[Floats, Floats]:
        """Return the axis of the longest edge (of `which`) that ends an exact corner, and the share that is off it.

        Exact is what may be so before coordinates were rounded in steps of `grain_m`. Of polygons that have none, both
        are NaN.
        """
        order = np.argsort(self.length, kind="stable")
        off = EXACT + ROUNDED * grain_m * (1 / self.length + 1 / self.length[self.before])
        order = order[(which & (np.abs(self.cosine) < off))[order]]
        longest = np.full(self.count, -1)
        longest[self.polygon[order]] = order  # the longest is written last
        along = (self.edge / self.length[:, None])[longest]
        own = along.take(self.polygon, axis=0)
        turned, run = cross(self.edge, own), dot(self.edge, own)
        give = EXACT * self.length + ROUNDED * grain_m * (1 + self.length / self.length[longest].take(self.polygon))
        off = np.minimum(np.abs(turned), np.abs(run)) > give
        share = self.share(off, self.length)
        has = longest >= 0
        if grain_m > 0:
            has &= np.bincount(self.polygon, ~off, self.count) >= LEAST_ROUNDED
        return np.where(has, np.arctan2(along[:, 1], along[:, 0]), np.nan), np.where(has, share, np.nan)


def oblique(polygons: Polygons) -> Bools:
    """Tell which polygons have a corner that is no right angle, in any of their rings."""
    corners = _Corners.of(polygons)
    cosine = np.abs(corners.cosine)
    result = np.zeros(len(polygons), dtype=bool)
    result[corners.polygon[(cosine > RIGHT) & (cosine < STRAIGHT)]] = True
    return result


def squared_axes(polygons: Polygons, noise_m: float, grain_m: float = 0.0) -> Floats:
    """Return the axis, in radians, of polygons that were squared before; NaN for others.

    They have right corners to the last digits, some of their outline lies along these, and hardly any of it in edges
    shorter than `noise_m`. Nothing that is traced or drawn by hand is like that, but for stairs along pixels: of
    corners that lie as on a grid more is asked. A polygon that a picture cut may have those at the picture's corner
    and its own. Where coordinates were rounded, in steps of `grain_m`, the last digits say less: more edges, or nearly
    all of the outline, must lie along the axis.
    """
    give_m = ROUNDED * grain_m
    corners = _Corners.of(shapely.simplify(polygons, max(EXACT, give_m)))
    short = corners.length < noise_m
    few = corners.share(short, np.ones(len(short)))
    calm = corners.share(short, corners.length) <= MAX_SHORT
    x, y = np.abs(corners.edge).T
    slanted = np.minimum(np.minimum(x, y), np.abs(x - y)) > EXACT * corners.length + give_m
    grid, off_grid = corners.axes_of(~slanted, grain_m)
    axis, off = corners.axes_of(slanted, grain_m)
    most = 1.0 if grain_m <= FINE_M else MAX_OBLIQUE_ROUNDED
    on_grid = (off_grid <= min(most, MAX_OBLIQUE_ON_GRID)) & (few <= MAX_SHORT_EDGES_ON_GRID)
    own = (off <= min(most, MAX_OBLIQUE)) & (few <= MAX_SHORT_EDGES)
    own &= ~(on_grid & (off_grid < off))
    return np.where(calm & own, axis, np.where(calm & on_grid, grid, np.nan))
