"""Footprints to instance numbers."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import apply_affine

from ..places import IGNORE_INSTANCE


def burn(polygons: NDArray[np.object_], transform: Affine, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Return `(height, width)`: 0, or the number, from 1 in the order given, of the polygon the pixel's centre is in.

    Where polygons overlap the smaller one is on top. A polygon between pixel centres, small or thin, gets the pixel
    that a point inside it falls into, unless another has it: no building vanishes. `polygons` are valid and in the CRS
    of `transform`.
    """
    numbers = np.zeros(shape, np.int32)
    if not len(polygons):
        return numbers
    order = np.argsort(-shapely.area(polygons), kind="stable")
    rasterize([(polygons[i], int(i) + 1) for i in order], out=numbers, transform=transform)
    lost = np.setdiff1d(np.arange(1, len(polygons) + 1), numbers) - 1
    points = shapely.get_coordinates(shapely.point_on_surface(polygons[lost]))
    cols, rows = (np.floor(axis).astype(int) for axis in apply_affine(~transform, points[:, 0], points[:, 1]))
    inside = _wholly_inside(polygons[lost], transform, shape)
    inside &= (rows >= 0) & (rows < shape[0]) & (cols >= 0) & (cols < shape[1])
    for i, row, col in zip(lost[inside], rows[inside], cols[inside], strict=True):
        if numbers[row, col] == 0:
            numbers[row, col] = i + 1
    return numbers


def _wholly_inside(polygons: NDArray[np.object_], transform: Affine, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which polygons do not leave the array: what is cut off at its edge may well cover no pixel of it."""
    xs, ys = apply_affine(transform, np.array([0, shape[1]]), np.array([0, shape[0]]))
    bounds = shapely.bounds(polygons)
    low, high = (min(xs), min(ys)), (max(xs), max(ys))
    return np.asarray((bounds[:, :2] >= low).all(axis=1) & (bounds[:, 2:] <= high).all(axis=1))


def renumbered(numbers: NDArray[np.int32]) -> NDArray[np.uint16]:
    """Return instances 1..N without gaps, in the order of their old numbers; what was below 0 is 65535, unknown.

    Raises BadInput if there are more than 65,534.
    """
    found = np.unique(numbers[numbers > 0])
    if len(found) >= IGNORE_INSTANCE:
        raise BadInput(f"A chip holds {len(found)} buildings; expected at most 65534: choose a smaller --chip.")
    instances = (np.searchsorted(found, numbers) + 1).astype(np.uint16)
    return np.where(numbers > 0, instances, np.where(numbers < 0, np.uint16(IGNORE_INSTANCE), np.uint16(0)))
