"""Pictures as a coarser sensor would have taken them, to see over which resolutions weights hold."""

from __future__ import annotations

from pathlib import Path

import rasterio
from rasterio import Affine
from rasterio.enums import Resampling

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster.georeference import georeference
from building_footprints_plugin.engine.raster.grid import pixel_size_m
from building_footprints_plugin.engine.raster.source import open_dataset

SLACK = 0.05  # a picture of 0.3 m is asked for at 0.3 m, whatever its last digits


def coarsen(picture: Path, gsd_m: float, target: Path) -> Path:
    """Write the means of `picture` over pixels of `gsd_m` metres as a GeoTIFF on the same ground; return `target`.

    What is not there stays so. Raises BadInput if the picture is coarser than that itself, or cannot be read.
    """
    with open_dataset(picture) as source:
        sides_m = pixel_size_m(georeference(source), source.height, source.width)
        if gsd_m < (1 - SLACK) * max(sides_m):
            raise BadInput(
                f"{picture.name} has {max(sides_m):.2f} m per pixel and cannot be seen at {gsd_m:g} m; "
                "expected as much or more."
            )
        width, height = (
            max(1, round(length * side_m / gsd_m))
            for length, side_m in zip((source.width, source.height), sides_m, strict=True)
        )
        pixels = source.read(out_shape=(source.count, height, width), resampling=Resampling.average)
        there = source.dataset_mask(out_shape=(height, width), resampling=Resampling.nearest)
        transform = source.transform @ Affine.scale(source.width / width, source.height / height)
        profile = {"width": width, "height": height, "count": source.count, "dtype": source.dtypes[0]}
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
            rasterio.open(target, "w", driver="GTiff", crs=source.crs, transform=transform, **profile) as made,
        ):
            made.write(pixels)
            made.write_mask(there)
    return target
