"""The corners and walls of many polygons at once, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STRAIGHT_DEG = 5.0  # a vertex that turns less than this lies on a wall and is no corner
RIGHT_DEG = 2.0  # a corner within this of 90 degrees is a right one


@dataclass(frozen=True)
class Corners:
    """Vertices (k,) of all rings, exterior and interior, of n polygons; the one that closes a ring is not repeated.

    `wall` (k, 2) is the vector from each vertex to the next on its ring, `turn_deg` (k,) by how much the outline turns
    there, 0 to 180, and `polygon` (k,), ascending, the polygon's number.
    """

    xy: Floats
    wall: Floats
    turn_deg: Floats
    polygon: NDArray[np.intp]
    polygons: int

    @property
    def count(self) -> NDArray[np.intp]:
        """Return how many vertices each polygon (n,) has."""
        return np.bincount(self.polygon, minlength=self.polygons)


def corners_of(geometry: NDArray[np.object_]) -> Corners:
    """Return the vertices of Polygons and MultiPolygons (n,); a vertex repeated at the same place counts once."""
    parts, polygon = shapely.get_parts(shapely.remove_repeated_points(geometry), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    opens = np.flatnonzero(ring[1:] == ring[:-1])  # every vertex of a ring but the closing one
    wall = xy[opens + 1] - xy[opens]
    length = np.bincount(ring[opens], minlength=len(rings))
    first = np.cumsum(length) - length
    before = np.arange(len(opens)) - 1
    before[first[length > 0]] += length[length > 0]
    a, b = wall[before], wall
    turn = np.abs(np.arctan2(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a * b).sum(axis=1)))
    return Corners(xy[opens], wall, np.degrees(turn), polygon[part[ring[opens]]], len(geometry))


def right_angle_share(corners: Corners) -> float | None:
    """Return the share of corners that turn by 90 degrees, give or take 2; None where there is no corner.

    Every vertex of exterior and interior rings is a corner unless it turns by less than 5 degrees.
    """
    turn = corners.turn_deg[corners.turn_deg >= STRAIGHT_DEG]
    return float((np.abs(turn - 90.0) <= RIGHT_DEG).mean()) if len(turn) else None


def direction_of(corners: Corners) -> tuple[Floats, Floats]:
    """Return the dominant direction of each polygon (n,), in degrees modulo 90, and how far its walls agree, 0 to 1.

    The mean of the walls' directions with their lengths as weights, four times each angle being averaged so that
    parallel and perpendicular walls say the same. Walls of a rectangle agree by 1, of a circle by 0.
    """
    length = np.hypot(corners.wall[:, 0], corners.wall[:, 1])
    angle = 4.0 * np.arctan2(corners.wall[:, 1], corners.wall[:, 0])
    east, north, total = (
        np.bincount(corners.polygon, length * weight, corners.polygons)
        for weight in (np.cos(angle), np.sin(angle), np.ones(len(angle)))
    )
    agreement = np.divide(np.hypot(east, north), total, out=np.zeros(corners.polygons), where=total > 0)
    return np.degrees(np.arctan2(north, east)) / 4.0 % 90.0, agreement
