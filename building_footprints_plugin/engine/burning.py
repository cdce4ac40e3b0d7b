"""Buildings as numbers of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import array_bounds

from .area import Area, Window
from .errors import BadInput
from .raster import RasterReader, shifted
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
        row, col, *shape = window
        transform = shifted(area.transform, row, col)
        near = self.tree.query(shapely.box(*array_bounds(*shape, transform)))
        if len(near) >= IGNORE:
            raise BadInput(f"A tile holds {len(near)} buildings; expected at most {IGNORE - 1}: choose smaller tiles.")
        if not len(near):
            return np.zeros(shape, np.uint16)
        order = near[np.argsort(-shapely.area(self.polygons[near]), kind="stable")]
        shapes = [(self.polygons[index], number) for number, index in enumerate(order, start=1)]
        burnt = rasterize(shapes, shape, transform=transform, dtype="uint16")
        numbers = np.unique(burnt[burnt > 0])
        return np.where(burnt > 0, np.searchsorted(numbers, burnt) + 1, 0).astype(np.uint16)
