"""Rasters on a metric grid: images in, as 8-bit pixels and what is there; building probability in and out."""

from .. import untrusted  # noqa: F401 - before GDAL registers its drivers
from .georeference import apply_affine, shifted
from .grid import Grid, metric_grid
from .gridded import Bounds, GriddedReader
from .probability import NODATA, ProbabilityWriter
from .probability_reader import ProbabilityReader, open_probability
from .reader import RasterReader, open_picture, open_raster
from .source import RasterFile, pixel_count
from .stretch import Stretch, percentile_stretch

__all__ = [
    "NODATA",
    "Bounds",
    "Grid",
    "GriddedReader",
    "ProbabilityReader",
    "ProbabilityWriter",
    "RasterFile",
    "RasterReader",
    "Stretch",
    "apply_affine",
    "metric_grid",
    "open_picture",
    "open_probability",
    "open_raster",
    "percentile_stretch",
    "pixel_count",
    "shifted",
]
