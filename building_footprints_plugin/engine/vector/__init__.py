"""Vector files in and out: GeoPackage, GeoJSON, FlatGeobuf, GeoParquet, Shapefile and SpaceNet's CSV."""

from .. import untrusted  # noqa: F401 - before GDAL registers its drivers
from .crs import crs_name, metric_crs, parse_crs, reproject, same_crs
from .layer import Layer, bounds_of, layer_names, read_layer
from .polygons import Polygons, polygons_of
from .spacenet_csv import CsvPolygons, SourceImage, image_id_of, read_spacenet_csv, write_spacenet_csv
from .staging import EXTENSIONS, check_target, stage, try_to_write
from .writer import FOOTPRINT_SCHEMA, FootprintWriter, write_layer, write_layers

__all__ = [
    "EXTENSIONS",
    "FOOTPRINT_SCHEMA",
    "CsvPolygons",
    "FootprintWriter",
    "Layer",
    "Polygons",
    "SourceImage",
    "bounds_of",
    "check_target",
    "crs_name",
    "image_id_of",
    "layer_names",
    "metric_crs",
    "parse_crs",
    "polygons_of",
    "read_layer",
    "read_spacenet_csv",
    "reproject",
    "same_crs",
    "stage",
    "try_to_write",
    "write_layer",
    "write_layers",
    "write_spacenet_csv",
]
