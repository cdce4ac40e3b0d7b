"""Outlines of labelled buildings as polygons: along pixel edges, or between pixels where the threshold is crossed."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from .contour import Ground, corners_of
from .edges import NORMAL, Bools, Edges, Floats, Ints

Polygons = NDArray[np.object_]


def trace(edges: Edges, ground: Ground | None = None, origin: tuple[int, int] = (0, 0)) -> Polygons:
    """Return the outline of every polygon in pixel coordinates; the outer corner of the first pixel is `origin`.

    Without `ground`, outlines run along pixel edges; with it they run where probability crosses its threshold, which
    the labelled pixels, and only they, must reach. Neighbours share their walls to the last bit, outlines end exactly
    at the raster's edge and at what is not there, and all are valid.
    """
    xy, counts = _along_pixels(edges) if ground is None else _between_pixels(edges, ground)
    vertices = np.append(0, np.cumsum(counts))[edges.start]
    polygons = _polygons(xy + origin, vertices, edges.first_ring)
    touching = np.unique(edges.polygon_of(np.flatnonzero(edges.pinched())))
    touching = touching[~shapely.is_valid(polygons[touching])]
    polygons[touching] = [_parted(polygon) for polygon in polygons[touching]]
    return polygons


def _along_pixels(edges: Edges) -> tuple[Floats, Ints]:
    """Return the vertices of all rings, and how many of them are at the end of each edge."""
    own, across, ahead, beyond = edges.around_end
    node = ((ahead != own) & (ahead != across)) | ((beyond != own) & (beyond != across))
    corner = node | (ahead != own) | (beyond == own)
    return edges.end(np.flatnonzero(corner)), corner.astype(np.int64)


def _between_pixels(edges: Edges, ground: Ground) -> tuple[Floats, Ints]:
    """Return the vertices of all rings, and how many each edge has: its own, and that of a corner that stays."""
    shift, fixed = ground.shift(edges.pixel, edges.across)
    stays, corner = corners_of(edges, ground, fixed)
    begin = np.append(0, np.cumsum(1 + stays))
    xy, needed = np.empty((begin[-1], 2)), np.ones(begin[-1], dtype=bool)
    own, after = begin[:-1], begin[:-1][stays] + 1
    middle = edges.middle() + NORMAL.take(edges.side, axis=0) * shift[:, None]
    xy[own, 0], xy[own, 1] = middle.T  # column by column, three times as fast
    xy[after] = corner
    needed[own] = ~_in_line(xy, begin[edges.start])[own]
    return xy.compress(needed, axis=0), np.add.reduceat(needed, own).astype(np.int64)


def _in_line(xy: Floats, start: Ints) -> Bools:
    """Tell which vertices lie exactly on the line between those before and after them in their ring."""
    after, before = np.roll(xy, -1, axis=0), np.roll(xy, 1, axis=0)
    after[start[1:] - 1], before[start[:-1]] = xy[start[:-1]], xy[start[1:] - 1]
    into, out = xy - before, after - xy
    return np.asarray(into[:, 0] * out[:, 1] == into[:, 1] * out[:, 0], dtype=bool)


def _polygons(xy: Floats, vertices: Ints, first_ring: Ints) -> Polygons:
    """Return polygons of rings that have the vertices `vertices[r]` to `vertices[r + 1] - 1` and are not yet closed."""
    counts = np.diff(vertices)
    start = np.append(0, np.cumsum(counts + 1))
    place = np.arange(start[-1]) - np.repeat(np.arange(len(counts)), counts + 1)
    place[start[1:] - 1] = vertices[:-1]
    made = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy.take(place, axis=0), (start, first_ring))
    return np.asarray(made, dtype=object)


def _parted(polygon: shapely.Polygon) -> shapely.Geometry:
    """Return a polygon whose ring touches itself as one with a hole there; other polygons as they are."""
    parts = shapely.get_parts(shapely.make_valid(polygon))
    return parts[np.argmax(shapely.area(parts))]
