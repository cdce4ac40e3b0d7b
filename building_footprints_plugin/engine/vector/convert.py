"""From the staged GeoPackage to the format that was asked for, in a stream."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from ..errors import BadInput
from .formats import parquet
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
    driver = DRIVERS[target.suffix.lower()]
    if driver == "Parquet":
        _write_parquet(staged, target)
    elif driver == "SpaceNet CSV":
        _write_csv(staged, target, image)
    else:
        _write_with_gdal(staged, target, layer)


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


def _write_with_gdal(staged: Path, target: Path, layer: str) -> None:
    """Let GDAL hand its batches to GDAL: no package looks at them on the way."""
    driver = DRIVERS[target.suffix.lower()]
    about = pyogrio.read_info(staged)
    query = _renaming(about) if driver == "ESRI Shapefile" else None
    with warnings.catch_warnings(), pyogrio.raw.open_arrow(staged, sql=query) as (_, batches):
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.raw.write_arrow(
            batches,
            target,
            layer=layer,
            driver=driver,
            geometry_name=about["geometry_name"],
            geometry_type=about["geometry_type"],
            crs=about["crs"],
            layer_options=LAYER_OPTIONS[driver],
        )
    if driver != "GPKG":  # SQLite says so itself
        _check_whole(target, driver, about["features"])


def _check_whole(made: Path, driver: str, count: int) -> None:
    """Look at the end of a file: GDAL does not say that the disk was full when the file was closed. Raises OSError."""
    if driver == "GeoJSON":
        with made.open("rb") as file:
            file.seek(-min(16, made.stat().st_size), os.SEEK_END)
            whole = b"".join(file.read().split()).endswith(b"]}")
    else:
        whole = not count or _has(made, count - 1)
    if not whole:
        raise OSError("what was written is not whole")


def _has(file: Path, feature: int) -> bool:
    """Return whether a feature, counted from 0, can be read; those before it are passed over one by one."""
    try:
        return len(pyogrio.raw.read(file, skip_features=feature, max_features=1)[2]) == 1
    except ValueError:  # so pyogrio says that one of those before it is broken
        return False


def _renaming(about: dict[str, Any]) -> str:
    names = [str(name) for name in about["fields"]]
    pairs = (f'"{name}" AS "{short}"' for name, short in zip(names, shapefile_names(names), strict=True))
    columns = ", ".join([f'"{about["geometry_name"]}"', *pairs])
    return f'SELECT {columns} FROM "{about["layer_name"]}"'  # nosec B608 - a file of our own making


def _write_parquet(staged: Path, target: Path) -> None:
    with pyogrio.raw.open_arrow(staged, use_pyarrow=True) as (meta, batches):
        parquet().write_parquet(batches, target, meta)


def _write_csv(staged: Path, target: Path, image: SourceImage | None) -> None:
    if image is None:
        raise BadInput(f"{target} is SpaceNet's table in pixels of one image; expected another extension here.")
    meta, _, wkb, (confidence,) = pyogrio.raw.read(staged, columns=["confidence"])
    write_image_rows(target, image, shapely.from_wkb(wkb), confidence, meta["crs"])
