"""Small polygons, tables and files for the tests of scoring and of vector files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

UTM = "EPSG:32633"
EAST, NORTH = 500_000.0, 5_000_000.0  # on the central meridian of UTM zone 33
PROPOSAL_HEADER = "ImageId,BuildingId,PolygonWKT_Pix,Confidence"
TRUTH_HEADER = "ImageId,BuildingId,PolygonWKT_Pix,PolygonWKT_Geo"


def boxes(*corners: tuple[float, float, float, float]) -> NDArray[np.object_]:
    """Return rectangles from (min x, min y, max x, max y)."""
    return np.array([shapely.box(*each) for each in corners], dtype=object)


def wkt(min_x: float, min_y: float, max_x: float, max_y: float) -> str:
    """Return a rectangle as SpaceNet writes it, with a third coordinate."""
    ring = [(min_x, min_y), (max_x, min_y), (max_x, max_y), (min_x, max_y), (min_x, min_y)]
    return f"POLYGON (({','.join(f'{x:g} {y:g} 0' for x, y in ring)}))"


def proposal_csv(path: Path, rows: Sequence[tuple[str, str, float]]) -> str:
    """Write proposals (image, WKT, confidence) numbered from 1; return the path as text."""
    lines = [f'{image},{i},"{shape}",{score}' for i, (image, shape, score) in enumerate(rows, start=1)]
    return write_text(path, [PROPOSAL_HEADER, *lines])


def truth_csv(path: Path, rows: Sequence[tuple[str, str]]) -> str:
    """Write a truth table (image, WKT) numbered from 0; return the path as text."""
    lines = [f'{image},{i},"{shape}","{shape}"' for i, (image, shape) in enumerate(rows)]
    return write_text(path, [TRUTH_HEADER, *lines])


def write_text(path: Path, lines: Sequence[str]) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def write_file(
    path: Path, geometry: Sequence[Any] | NDArray[np.object_], fields: dict[str, Any] | None = None, **options: Any
) -> str:
    """Write a vector file with pyogrio alone, so that what the engine writes is not what tests its reading."""
    drivers = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf", ".shp": "ESRI Shapefile"}
    values = {name: np.asarray(column) for name, column in (fields or {"id": np.arange(len(geometry)) + 1}).items()}
    settings: dict[str, Any] = {"crs": UTM, "geometry_type": "Unknown", "driver": drivers[path.suffix], **options}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.raw.write(
            path, shapely.to_wkb(np.asarray(geometry, dtype=object)), list(values.values()), list(values), **settings
        )
    return str(path)


def on_ground(*corners: tuple[float, float, float, float]) -> NDArray[np.object_]:
    """Return rectangles in metres from a corner in UTM zone 33."""
    return boxes(*[(EAST + a, NORTH + b, EAST + c, NORTH + d) for a, b, c, d in corners])
