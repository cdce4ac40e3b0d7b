"""Which part of a raster is worked on: all of it, an extent, or polygons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from .errors import BadInput
from .raster import Bounds, GriddedReader, apply_affine, shifted
from .vector import bounds_of, polygons_of, read_layer, reproject

Window = tuple[int, int, int, int]  # row, col, height, width on the reader's grid

MARGIN_PX = 96  # ground around an extent that is looked at, so that buildings on its edge are seen whole


@dataclass(frozen=True)
class Area:
    """A part of a grid: the `window` that holds it, the larger one to `look` at, and its exact shape.

    `region` is in the grid's CRS, None for the whole raster. A building belongs to the area if its centroid lies in
    the region: it is then kept whole, so that areas side by side share out the buildings without doubles or cuts.
    """

    window: Window
    look: Window
    transform: Affine
    region: shapely.Geometry | None

    def for_another_thread(self) -> Area:
        """Return the same area with a geometry of its own: two threads must not share what GEOS has prepared."""
        if self.region is None:
            return self
        region = shapely.from_wkb(shapely.to_wkb(self.region))
        shapely.prepare(region)
        return replace(self, region=region)

    def keep(self, polygons: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Return which polygons, in the grid's CRS, belong to the area."""
        if self.region is None:
            return np.ones(len(polygons), dtype=bool)
        return np.asarray(shapely.intersects(self.region, shapely.centroid(polygons)))

    def touches(self, window: Window) -> bool:
        """Return whether a building of the area could reach into `window`."""
        if self.region is None:
            return True
        margin = MARGIN_PX * self.transform.a
        return bool(shapely.dwithin(self.region, self._rectangle(window), margin))

    def outside(self, window: Window) -> NDArray[np.bool_]:
        """Return `(height, width)`, True where a pixel of `window` has its centre outside the region."""
        row, col, height, width = window
        if self.region is None:
            return np.zeros((height, width), dtype=bool)
        return np.asarray(geometry_mask([self.region], (height, width), shifted(self.transform, row, col)), dtype=bool)

    def _rectangle(self, window: Window) -> shapely.Geometry:
        row, col, height, width = window
        xs, ys = apply_affine(self.transform, np.array([col, col + width]), np.array([row, row + height]))
        return shapely.box(xs[0], ys[1], xs[1], ys[0])


def area_of(reader: GriddedReader, bounds: Bounds | None, aoi: str | Path | None) -> Area:
    """Return the part of the raster inside `bounds`, in its layer's CRS, and inside the polygons of the file `aoi`.

    Raises BadInput if there is nothing in both, or if the polygons cannot be read.
    """
    whole = (0, 0, reader.grid.height, reader.grid.width)
    region = _region(reader, bounds, aoi)
    if region is None:
        return Area(whole, whole, reader.grid.transform, None)
    prepared = shapely.union_all([region])
    shapely.prepare(prepared)
    window = reader.window(_outer_bounds(bounds, reader, prepared))
    return Area(window, _grown(window, whole), reader.grid.transform, prepared)


def _region(reader: GriddedReader, bounds: Bounds | None, aoi: str | Path | None) -> shapely.Geometry | None:
    layer_crs, grid_crs = reader.crs.to_wkt(), reader.grid.crs.to_wkt()
    region = None
    if bounds is not None:
        reader.window(bounds)  # says so if the extent is empty or misses the raster
        side = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
        box = shapely.segmentize(shapely.box(*bounds), side / 64)  # its sides may be bent in the grid's CRS
        region = reproject(np.array([box], dtype=object), layer_crs, grid_crs)[0]
    if aoi is not None:
        layer = read_layer(aoi)
        if layer.crs is None:
            raise BadInput(f"The area {aoi} has no coordinate reference system; give it one, e.g. with ogr2ogr -a_srs.")
        polygons = reproject(polygons_of(layer).geometry, layer.crs, grid_crs)
        if not len(polygons):
            raise BadInput(f"The area {aoi} holds no polygon; expected at least one.")
        wanted = shapely.union_all(polygons)
        region = wanted if region is None else shapely.intersection(region, wanted)
        if region.is_empty:
            raise BadInput(f"The extent and the polygons of {aoi} have no ground in common.")
    return region


def _outer_bounds(bounds: Bounds | None, reader: GriddedReader, region: shapely.Geometry) -> Bounds:
    edge = reader.footprint_to_layer(np.array([shapely.box(*region.bounds)], dtype=object))
    found = bounds_of(edge)
    if found is None:
        raise BadInput("The area to work on is empty; choose a larger one.")
    return found


def _grown(window: Window, whole: Window) -> Window:
    row, col, height, width = window
    top, left = max(0, row - MARGIN_PX), max(0, col - MARGIN_PX)
    bottom, right = min(whole[2], row + height + MARGIN_PX), min(whole[3], col + width + MARGIN_PX)
    return top, left, bottom - top, right - left
