"""Which polygons have corners that are no right angles, and which were squared before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .lines import dot
from .rings import Bools, Floats, Ints, Polygons

RIGHT = np.sin(np.radians(2))  # a corner within this of 90 degrees is a right one
STRAIGHT = np.cos(np.radians(5))  # what turns by less is no corner
EXACT = 1e-6
MAX_OBLIQUE = 0.8  # of an outline that was squared before: off its axis, as where a picture cut it;
MAX_OBLIQUE_UPRIGHT = 0.5  # where that is x and y, as corners on a grid of pixels may well be right ones;
MAX_SHORT = 0.12  # in edges so short that they are noise; results have up to 0.10, what networks draw 0.17 and more
MAX_SHORT_EDGES = 0.45  # of the edges: every other one of stairs


@dataclass(frozen=True)
class _Corners:
    """Of all edges the polygon, the vector, its length, and the cosine of the angle between it and the one before."""

    polygon: Ints
    edge: Floats
    length: Floats
    cosine: Floats

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
        return cls(polygon[ring], edge, length, dot(edge, edge.take(before, axis=0)) / (length * length[before]))


def oblique(polygons: Polygons) -> Bools:
    """Tell which polygons have a corner that is no right angle, in any of their rings."""
    corners = _Corners.of(polygons)
    cosine = np.abs(corners.cosine)
    result = np.zeros(len(polygons), dtype=bool)
    result[corners.polygon[(cosine > RIGHT) & (cosine < STRAIGHT)]] = True
    return result


def squared_axes(polygons: Polygons, noise_m: float) -> Floats:
    """Return the axis, in radians, of polygons that were squared before; NaN for others.

    They have right corners to the last digits, some of their outline lies along these, and hardly any of it in edges
    shorter than `noise_m`. Nothing that is traced or drawn by hand is like that, but for stairs along pixels.
    """
    corners = _Corners.of(shapely.simplify(polygons, EXACT))
    order = np.argsort(corners.length, kind="stable")
    order = order[(np.abs(corners.cosine) < EXACT)[order]]
    longest = np.full(len(polygons), -1)
    longest[corners.polygon[order]] = order  # the longest is written last
    along = (corners.edge / corners.length[:, None])[longest]
    turned = corners.edge[:, 0] * along[corners.polygon, 1] - corners.edge[:, 1] * along[corners.polygon, 0]
    run = dot(corners.edge, along.take(corners.polygon, axis=0))
    off = np.minimum(np.abs(turned), np.abs(run)) > EXACT * corners.length
    short = corners.length < noise_m

    def share(which: Bools, weight: Floats) -> Floats:
        total, part = (np.bincount(corners.polygon, values, len(polygons)) for values in (weight, weight * which))
        return np.asarray(part / np.maximum(total, EXACT), dtype=np.float64)

    limit = np.where(np.abs(along).min(axis=1) < EXACT, MAX_OBLIQUE_UPRIGHT, MAX_OBLIQUE)
    done = (longest >= 0) & (share(off, corners.length) <= limit) & (share(short, corners.length) <= MAX_SHORT)
    done &= share(short, np.ones(len(short))) <= MAX_SHORT_EDGES
    return np.where(done, np.arctan2(along[:, 1], along[:, 0]), np.nan)
