"""Buildings as numbers of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import array_bounds

from .area import Area, Window
from .errors import BadInput
from .raster import RasterReader, apply_affine, shifted
from .vector import polygons_of, read_layer, reproject

IGNORE = 65535  # neither building nor ground, for training


@dataclass(frozen=True)
class Buildings:
    """The buildings of a vector file as polygons in the CRS of an image's grid."""

    polygons: NDArray[np.object_]
    tree: shapely.STRtree

    @classmethod
    def over(cls, reader: RasterReader, truth: str) -> Buildings:
        """Read the vector file `truth`; raises BadInput if it is none, or does not say where it lies."""
        layer = read_layer(truth, columns=[])
        if layer.crs is None:
            raise BadInput(f"{truth} has no coordinate reference system; give it one, e.g. with ogr2ogr -a_srs.")
        polygons = reproject(polygons_of(layer).geometry, layer.crs, reader.grid.crs.to_wkt())
        return cls(polygons, shapely.STRtree(polygons))

    def burn(self, area: Area, window: Window) -> NDArray[np.uint16]:
        """Return `(height, width)`: 0 ground, 1..N one number per building whose pixels (their centres) these are.

        Where buildings overlap, the smaller one is on top. Raises BadInput if a tile has more than 65,534.
        """
        row, col, height, width = window
        transform = shifted(area.transform, row, col)
        near = np.sort(self.tree.query(shapely.box(*array_bounds(height, width, transform))))
        return renumbered(burn(self.polygons[near], transform, (height, width)))


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
    if len(found) >= IGNORE:
        raise BadInput(f"A tile holds {len(found)} buildings; expected at most {IGNORE - 1}: choose smaller tiles.")
    instances = (np.searchsorted(found, numbers) + 1).astype(np.uint16)
    return np.where(numbers > 0, instances, np.where(numbers < 0, np.uint16(IGNORE), np.uint16(0)))
