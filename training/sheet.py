"""The tiles of a place laid out on one flat plane, as a raster and its truth: they have no position of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import shapes

from .places import IGNORE_INSTANCE, Place

CRS = "EPSG:32631"  # any metric one
ORIGIN = (500_000.0, 5_000_000.0)
GAP_PX = 64  # ground that is not there, between tiles


@dataclass(frozen=True)
class Sheet:
    """Some tiles on one canvas: pixels `(3, height, width)`, the others `(height, width)`.

    `windows` are the (row, col, height, width) of the tiles, in the order they were given.
    """

    pixels: NDArray[np.uint8]
    instances: NDArray[np.uint16]
    there: NDArray[np.bool_]
    windows: tuple[tuple[int, int, int, int], ...]
    gsd_m: float

    @property
    def transform(self) -> Affine:
        """From pixels to metres in CRS."""
        return Affine(self.gsd_m, 0, ORIGIN[0], 0, -self.gsd_m, ORIGIN[1])

    def outlines(self) -> NDArray[np.object_]:
        """Return the buildings along their pixels, one polygon per number and connected part, in metres."""
        return _polygons(np.where(self.instances == IGNORE_INSTANCE, 0, self.instances), self.transform)

    def unknown(self) -> NDArray[np.object_]:
        """Return the unlabelled ground inside tiles as polygons, in metres."""
        hidden = (self.instances == IGNORE_INSTANCE) & self.there
        return _polygons(hidden.astype(np.uint16), self.transform)

    def box(self, window: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
        """Return the (left, bottom, right, top) of a window, in metres."""
        row, col, height, width = window
        left, top = ORIGIN[0] + col * self.gsd_m, ORIGIN[1] - row * self.gsd_m
        return left, top - height * self.gsd_m, left + width * self.gsd_m, top


def lay_out(place: Place, ids: Sequence[str]) -> Sheet:
    """Return the tiles `ids` of a place on one canvas, row by row, with instances numbered anew."""
    tiles = [place.read(tile_id) for tile_id in ids]
    cell = max(max(instances.shape) for _, instances in tiles) + GAP_PX
    across = math.ceil(math.sqrt(len(tiles)))
    height, width = cell * math.ceil(len(tiles) / across), cell * across
    corners = [((index // across) * cell, (index % across) * cell) for index in range(len(tiles))]
    sheet = Sheet(
        np.zeros((3, height, width), np.uint8),
        np.zeros((height, width), np.uint16),
        np.zeros((height, width), bool),
        tuple((*corner, *instances.shape[:2]) for corner, (_, instances) in zip(corners, tiles, strict=True)),
        place.gsd_m,
    )
    number = 0
    for (row, col, tall, wide), (image, instances) in zip(sheet.windows, tiles, strict=True):
        window = np.s_[row : row + tall, col : col + wide]
        known = (instances > 0) & (instances != IGNORE_INSTANCE)
        sheet.pixels[(slice(None), *window)] = image.transpose(2, 0, 1)
        sheet.there[window] = True
        sheet.instances[window] = np.where(known, instances + number, instances)
        number += int(instances[known].max(initial=0))
    return sheet


def write_picture(path: Path, sheet: Sheet) -> None:
    """Write the pixels of a sheet as a GeoTIFF that masks the gaps between its tiles."""
    count, height, width = sheet.pixels.shape
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=width,
            height=height,
            count=count,
            dtype="uint8",
            crs=CRS,
            transform=sheet.transform,
        ) as dataset,
    ):
        dataset.write(sheet.pixels)
        dataset.write_mask(sheet.there)


def _polygons(numbers: NDArray[np.uint16], transform: Affine) -> NDArray[np.object_]:
    found = [shape["coordinates"] for shape, _ in shapes(numbers.astype(np.int32), numbers > 0, transform=transform)]
    polygons = np.empty(len(found), dtype=object)
    polygons[:] = [shapely.Polygon(rings[0], rings[1:]) for rings in found]
    return polygons
