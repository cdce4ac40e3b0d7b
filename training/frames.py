"""Right corners of buildings, and those that a picture's frame makes where it cuts a building: these are none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from building_footprints_plugin.engine.score.corners import RIGHT_DEG, STRAIGHT_DEG, corners_of
from building_footprints_plugin.engine.vector import reproject

from .scenes import Tile

NEAR_M = 0.6  # two pixels of 0.3 m: outlines that a picture cuts end so near to its frame
PIECES = 32  # of a side of the frame, which is hardly straight in another CRS


def frame_of(tiles: Sequence[Tile], crs: str | None) -> shapely.Geometry | None:
    """Return the border (lines, in `crs`) of the ground in a picture's tiles, None where there is no picture."""
    if not tiles:
        return None
    border = shapely.boundary(shapely.union_all([shapely.box(*tile.box) for tile in tiles]))
    long = border.length / (4 * PIECES)
    return reproject(np.array([shapely.segmentize(border, long)], dtype=object), tiles[0].crs, crs)[0]


def right_corners(geometry: NDArray[np.object_], frame: shapely.Geometry | None) -> NDArray[np.int64]:
    """Return how many corners of polygons (n,), in metres, are within 2 degrees of right, and how many there are.

    Those within two pixels of the `frame` of the picture count among neither: they are where the picture ends.
    """
    corners = corners_of(geometry)
    corner = corners.turn_deg >= STRAIGHT_DEG
    if frame is not None:
        shapely.prepare(frame)
        corner &= ~shapely.dwithin(frame, shapely.points(corners.xy), NEAR_M)
    right = corner & (np.abs(corners.turn_deg - 90.0) <= RIGHT_DEG)
    return np.array([np.count_nonzero(right), np.count_nonzero(corner)])
