"""From the staged GeoPackage to the format that was asked for, in a stream."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely

from ..errors import BadInput
from .parquet import GEOMETRY_COLUMN, write_parquet
from .spacenet_csv import SourceImage, write_image_rows
from .staging import DRIVERS

LAYER_OPTIONS = {
    "GPKG": {},
    "GeoJSON": {"RFC7946": "YES", "COORDINATE_PRECISION": "8"},
    "FlatGeobuf": {},
    "ESRI Shapefile": {"ENCODING": "UTF-8"},
}
SHORT_NAMES = {"perimeter_m": "perim_m"}
SHAPEFILE_NAME_LENGTH = 10


def convert(staged: Path, target: Path, layer: str, image: SourceImage | None = None) -> None:
    """Write the only layer of GeoPackage `staged` as `layer` of `target`, in the format of its extension."""
    with pyogrio.raw.open_arrow(staged, use_pyarrow=True) as (meta, reader):
        driver = DRIVERS[target.suffix.lower()]
        names = [GEOMETRY_COLUMN if name == meta["geometry_name"] else name for name in reader.schema.names]
        if driver == "ESRI Shapefile":
            names = shapefile_names(names)
        schema = pa.schema([item.with_name(name) for item, name in zip(reader.schema, names, strict=True)])
        batches = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in reader)
        if driver == "Parquet":
            write_parquet(batches, schema, target, meta["crs"], meta["geometry_type"])
        elif driver == "SpaceNet CSV":
            _write_csv(batches, target, image, meta["crs"])
        else:
            _write_with_gdal(pa.RecordBatchReader.from_batches(schema, batches), target, layer, meta)


def shapefile_names(names: list[str]) -> list[str]:
    """Cut field names to the 10 characters a shapefile has, numbering those that would be equal."""
    short: list[str] = []
    for name in names:
        cut = SHORT_NAMES.get(name, name)[:SHAPEFILE_NAME_LENGTH]
        number = 1
        while cut.lower() in [other.lower() for other in short]:
            cut = f"{name[: SHAPEFILE_NAME_LENGTH - 2]}_{number}"
            number += 1
        short.append(cut)
    return short


def _write_with_gdal(reader: pa.RecordBatchReader, target: Path, layer: str, meta: dict[str, Any]) -> None:
    driver = DRIVERS[target.suffix.lower()]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.raw.write_arrow(
            reader,
            target,
            layer=layer,
            driver=driver,
            geometry_name=GEOMETRY_COLUMN,
            geometry_type=meta["geometry_type"],
            crs=meta["crs"],
            layer_options=LAYER_OPTIONS[driver],
        )


def _write_csv(batches: Any, target: Path, image: SourceImage | None, crs: str | None) -> None:
    if image is None:
        raise BadInput(f"{target} is SpaceNet's table in pixels of one image; expected another extension here.")
    polygons, confidence = [np.empty(0, dtype=object)], [np.empty(0)]
    for batch in batches:
        polygons.append(shapely.from_wkb(batch.column(GEOMETRY_COLUMN).to_numpy(zero_copy_only=False)))
        confidence.append(batch.column("confidence").to_numpy(zero_copy_only=False))
    write_image_rows(target, image, np.concatenate(polygons), np.concatenate(confidence), crs)
