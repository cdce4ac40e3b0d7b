"""A tile of a place as the files that `extract` and `score` read. It has no position of its own, so it is given one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import shapes

from building_footprints_plugin.engine.vector import Layer, write_layers

from .places import IGNORE_INSTANCE

CRS = "EPSG:32631"  # any metric one
LEFT, TOP = 500_000.0, 5_000_000.0


def placed(gsd_m: float) -> Affine:
    """Return the transform that tiles of `gsd_m` metres per pixel are given."""
    return Affine(gsd_m, 0, LEFT, 0, -gsd_m, TOP)


def write_picture(path: Path, pixels: NDArray[np.uint8], transform: Affine) -> None:
    """Write pixels `(height, width, bands)` as a GeoTIFF."""
    height, width, count = pixels.shape
    size = {"width": width, "height": height, "count": count}
    with rasterio.open(path, "w", driver="GTiff", dtype="uint8", crs=CRS, transform=transform, **size) as dataset:
        dataset.write(pixels.transpose(2, 0, 1))


def write_truth(path: Path, instances: NDArray[np.uint16], transform: Affine) -> None:
    """Write the buildings of `(height, width)` numbers along their pixels, a polygon per number and connected part."""
    path.unlink(missing_ok=True)
    known = np.where(instances == IGNORE_INSTANCE, 0, instances)
    write_layers(path, {"truth": Layer(_polygons(known, transform), {}, CRS)})


def unknown_ground(instances: NDArray[np.uint16], transform: Affine) -> NDArray[np.object_]:
    """Return the ground that is not labelled as polygons, in metres."""
    return _polygons((instances == IGNORE_INSTANCE).astype(np.uint16), transform)


def _polygons(numbers: NDArray[np.uint16], transform: Affine) -> NDArray[np.object_]:
    found = [shape["coordinates"] for shape, _ in shapes(numbers.astype(np.int32), numbers > 0, transform=transform)]
    polygons = np.empty(len(found), dtype=object)
    polygons[:] = [shapely.Polygon(rings[0], rings[1:]) for rings in found]
    return polygons
