"""GeoParquet: reading and writing through pyarrow (the GDAL that ships with pyogrio has no Parquet driver).

Imported only by `formats.parquet`: everything else works without pyarrow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import CRSError

from ..errors import BadInput
from .layer import from_wkb

GEOMETRY_COLUMN = "geometry"
VERSION = "1.0.0"


def read_parquet(
    file: Path, columns: list[str] | None
) -> tuple[NDArray[np.object_], dict[str, NDArray[Any]], str | None]:
    """Return (geometry, fields, crs) of a GeoParquet file of any version with WKB geometry.

    A file whose metadata names no CRS is in longitude and latitude (OGC:CRS84), as the format says.
    Raises BadInput when it is not Parquet, has no `geo` metadata, or another encoding.
    """
    try:
        with pq.ParquetFile(file) as source:
            column, about = _geometry_column(file, source.schema_arrow.metadata or {})
            names = [name for name in source.schema_arrow.names if name != column]
            wanted = names if columns is None else [name for name in names if name in columns]
            table = source.read([*wanted, column])
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{file} is not a Parquet file that can be read ({error}).") from error
    wkb = np.asarray(table.column(column).to_numpy(zero_copy_only=False), dtype=object)
    fields = {name: _to_numpy(table.column(name)) for name in wanted if _is_plain(table.schema.field(name).type)}
    return np.asarray(shapely.force_2d(from_wkb(wkb, str(file))), dtype=object), fields, _crs_of(file, about)


def write_parquet(batches: pa.RecordBatchReader, target: Path, meta: Mapping[str, Any]) -> None:
    """Write Arrow batches as GeoParquet 1.0, compressed with zstd; the WKB column becomes `geometry`.

    `meta` names that column, the geometry type and the CRS, as pyogrio does. A CRS of None is written as an unknown
    one (null), as the format demands.
    """
    about = {
        "encoding": "WKB",
        "geometry_types": [meta["geometry_type"]],
        "crs": None if meta["crs"] is None else CRS.from_user_input(meta["crs"]).to_dict(projjson=True),
    }
    geo = {"version": VERSION, "primary_column": GEOMETRY_COLUMN, "columns": {GEOMETRY_COLUMN: about}}
    names = [GEOMETRY_COLUMN if name == meta["geometry_name"] else name for name in batches.schema.names]
    items = [pa.field(name, item.type) for name, item in zip(names, batches.schema, strict=True)]
    schema = pa.schema(items, {b"geo": json.dumps(geo).encode()})
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def _geometry_column(file: Path, metadata: dict[bytes, bytes]) -> tuple[str, dict[str, Any]]:
    if b"geo" not in metadata:
        raise BadInput(f'{file} has no "geo" metadata; expected GeoParquet, plain Parquet holds no geometry.')
    try:
        geo = json.loads(metadata[b"geo"])
        column = str(geo["primary_column"])
        about: dict[str, Any] = geo["columns"][column]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f'{file} has "geo" metadata that is not valid ({error}); write the file again.') from error
    if about.get("encoding") != "WKB":
        raise BadInput(f"{file} stores geometry as {about.get('encoding')!r}; expected WKB, write it again as such.")
    return column, about


def _crs_of(file: Path, about: dict[str, Any]) -> str | None:
    if "crs" not in about:
        return "OGC:CRS84"
    if about["crs"] is None:
        return None
    try:
        crs = CRS.from_user_input(json.dumps(about["crs"]))
    except CRSError as error:
        raise BadInput(f"{file} has a coordinate reference system that cannot be read ({error}).") from error
    authority = crs.to_authority(confidence_threshold=100)
    return ":".join(authority) if authority else str(crs.to_wkt())


def _is_plain(kind: pa.DataType) -> bool:
    nested = pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return not nested


def _to_numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    if pa.types.is_boolean(column.type) and not column.null_count:
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    return np.asarray(column.to_numpy(zero_copy_only=False))
