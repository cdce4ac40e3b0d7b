"""Reading a vector layer into arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from ..errors import BadInput
from .formats import parquet

UNDEFINED = '["Undefined '  # how a GeoPackage, read by GDAL before 3.9, says that it has no CRS
LAYER_SEPARATOR = "|layername="  # how QGIS names a layer inside a file
# The last two: text in another encoding; what pyogrio 0.13 gives for a coordinate system that GDAL cannot write down.
UNREADABLE = (DataSourceError, DataLayerError, FeatureError, UnicodeDecodeError, UnboundLocalError)
VIRTUAL = "/vsi"  # how GDAL's own file systems begin: /vsizip/, /vsicurl/, ...


@dataclass(frozen=True)
class Layer:
    """Features of one layer: `geometry` (n,) of shapely geometries (None where a feature has none), 2-D.

    `fields` holds one array (n,) per attribute, masked where nulls must survive in a number; `crs` is an authority
    code or WKT, None when the file states none; `fids` (n,) are the file's own feature numbers.
    """

    geometry: NDArray[np.object_]
    fields: dict[str, NDArray[Any]] = field(default_factory=dict)
    crs: str | None = None
    name: str = ""
    fids: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.geometry)

    def ids(self) -> NDArray[Any]:
        """Return what names a feature to its user: field `id` where there is one, else the file's feature numbers."""
        if "id" in self.fields:
            return self.fields["id"]
        return np.arange(len(self)) if self.fids is None else self.fids


def bounds_of(geometry: NDArray[np.object_]) -> tuple[float, float, float, float] | None:
    """Return (min x, min y, max x, max y) of all geometries, None when there is none."""
    boxes = shapely.bounds(geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))])
    if not len(boxes):
        return None
    box = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def split_layer_name(path: str | Path) -> tuple[str, str | None]:
    """Split QGIS's `file.gpkg|layername=name` into the file and the layer."""
    file, _, layer = str(path).partition(LAYER_SEPARATOR)
    return file, layer.partition("|")[0] or None


def layer_names(path: str | Path) -> list[str]:
    """Return the names of the layers with geometry in `path`; raise BadInput when it is no vector file."""
    return [name for name, kind in _layers(str(path)) if kind is not None]


def read_layer(path: str | Path, layer: str | None = None, columns: list[str] | None = None) -> Layer:
    """Read the whole of one layer; curves become line segments and heights are dropped.

    `path` may carry QGIS's `|layername=…`, or lie in one of GDAL's file systems (`/vsizip/…`). Without `layer` the
    file's only polygon layer is read. `columns` limits the attributes (None reads all; names the file lacks are passed
    over). Memory is the whole layer, about 0.5 kB a footprint. Raises BadInput when the file or the layer is missing,
    ambiguous or unreadable.
    """
    file, named = split_layer_name(path)
    on_disk = not file.startswith(VIRTUAL)
    if on_disk and not Path(file).exists():
        raise BadInput(f"There is no file {file}; check the path.")
    if on_disk and Path(file).suffix.lower() == ".parquet":
        geometry, fields, crs = parquet().read_parquet(Path(file), columns)
        return Layer(geometry, fields, crs, name=Path(file).stem)
    return _read_with_gdal(file, _choose_layer(file, layer or named), columns)


def _read_with_gdal(file: str, name: str, columns: list[str] | None) -> Layer:
    try:
        meta, fids, geometry, values = pyogrio.raw.read(
            file, layer=name, columns=columns, force_2d=True, return_fids=True
        )
    except UNREADABLE as error:
        raise BadInput(f"{file} could not be read as a vector file ({error}); repair it or choose another.") from error
    if geometry is None:
        raise BadInput(f"Layer {name} of {file} has no geometry; expected polygons.")
    fields = dict(zip([str(field_name) for field_name in meta["fields"]], values, strict=True))
    crs = meta["crs"]
    if crs is not None and UNDEFINED in crs:
        crs = None
    return Layer(from_wkb(geometry, file), fields, crs, name, fids)


def from_wkb(wkb: NDArray[np.object_], source: str) -> NDArray[np.object_]:
    """Turn well-known binary into geometries; raise BadInput naming `source` when it is malformed."""
    try:
        return np.asarray(shapely.from_wkb(wkb), dtype=object)
    except shapely.GEOSException as error:
        raise BadInput(f"{source} holds a geometry that cannot be read ({error}); repair the file.") from error


def _layers(file: str) -> list[tuple[str, str | None]]:
    try:
        return [(str(name), kind) for name, kind in pyogrio.list_layers(file)]
    except UNREADABLE as error:
        raise BadInput(
            f"{file} is not a vector file that can be read; expected .gpkg, .geojson, .fgb, .parquet or .shp."
        ) from error


def _choose_layer(file: str, wanted: str | None) -> str:
    layers = [(name, kind) for name, kind in _layers(file) if kind is not None]
    names = [name for name, _ in layers]
    if wanted is not None:
        if wanted in names:
            return wanted
        raise BadInput(f"{file} has no layer {wanted!r}; it has {_listed(names)}.")
    polygon_names = [name for name, kind in layers if "Polygon" in str(kind) or "Surface" in str(kind)]
    candidates = polygon_names if len(polygon_names) == 1 else names
    if not candidates:
        raise BadInput(f"{file} has no layer with geometry; expected polygons.")
    if len(candidates) > 1:
        example = f"{file}{LAYER_SEPARATOR}{names[0]}"
        raise BadInput(f"{file} has several layers ({_listed(names)}); name the one to read, as in {example}.")
    return candidates[0]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:10]) or "none with geometry"
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
