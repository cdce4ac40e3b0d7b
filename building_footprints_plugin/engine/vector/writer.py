"""Writing footprints batch by batch, and whole layers at once."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import ArrayLike, NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from ..errors import BadInput, FootprintsError
from .commit import commit, commit_if, signature
from .convert import convert
from .layer import Layer
from .spacenet_csv import SourceImage
from .staging import check_target, stage

FOOTPRINT_SCHEMA: Mapping[str, Any] = {
    "id": np.int64,
    "confidence": np.float64,
    "area_m2": np.float64,
    "perimeter_m": np.float64,
}
BATCH = 10_000  # features held in memory before they go to disk: 5 MB; ten times as many are no faster
STAGED_LAYER = "footprints"
GDAL_ERRORS = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)
LONGEST_REASON = 160  # characters; SQLite quotes whole statements
TRIES = 20  # to add layers to a GeoPackage that others write to as well


class FootprintWriter:
    """Context manager that writes polygons as they come; the target appears, whole, when the block ends well.

    The format follows the extension. A GeoPackage that is there already keeps its other layers, only `layer`
    (default: the file's stem) is replaced. GeoJSON is written in longitude and latitude (WGS 84) whatever `crs` is,
    as RFC 7946 demands, to 8 decimals (1 mm); the other formats keep `crs` (authority code or WKT). A shapefile's
    field names are cut to 10 characters (`perimeter_m` becomes `perim_m`). `.csv` is SpaceNet's and needs `image`,
    whose pixel grid its coordinates are in. Raises BadInput at once when the target cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        crs: str | None,
        layer: str | None = None,
        image: SourceImage | None = None,
        schema: Mapping[str, Any] = FOOTPRINT_SCHEMA,
    ) -> None:
        self.target = check_target(path)
        if self.target.suffix.lower() == ".csv" and image is None:
            raise BadInput(f"{self.target} is SpaceNet's table of one image's pixels; expected another extension here.")
        self._crs = crs
        self._layer = layer or self.target.stem
        self._image = image
        self._schema = dict(schema)
        self._waiting: list[tuple[NDArray[np.object_], dict[str, NDArray[Any]]]] = []
        self._folder: TemporaryDirectory[str] | None = None
        self.count = 0

    def __enter__(self) -> FootprintWriter:
        self._folder = stage(self.target)
        self._append(np.empty(0, dtype=object), {name: np.empty(0, kind) for name, kind in self._schema.items()})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._folder is None:
            return
        try:
            if kind is None:
                self._flush()
                self._finish()
        finally:
            self._folder.cleanup()

    def write(self, geometry: ArrayLike, fields: Mapping[str, ArrayLike]) -> None:
        """Add Polygons (n,) with one array (n,) per field of the schema; any number of times, also none."""
        if set(fields) != set(self._schema):
            raise ValueError(f"fields are {sorted(fields)}; expected {sorted(self._schema)}")
        polygons = np.asarray(geometry, dtype=object)
        values = {name: np.asarray(fields[name], dtype=kind) for name, kind in self._schema.items()}
        self._waiting.append((polygons, values))
        self.count += len(polygons)
        if sum(len(batch) for batch, _ in self._waiting) >= BATCH:
            self._flush()

    @property
    def _staged(self) -> Path:
        if self._folder is None:
            raise ValueError("FootprintWriter is used outside its with block")
        return Path(self._folder.name) / "staged.gpkg"

    def _flush(self) -> None:
        if self._waiting:
            geometry = np.concatenate([batch for batch, _ in self._waiting])
            fields = {name: np.concatenate([values[name] for _, values in self._waiting]) for name in self._schema}
            self._waiting.clear()
            self._append(geometry, fields)

    def _append(self, geometry: NDArray[np.object_], fields: dict[str, NDArray[Any]]) -> None:
        layer = Layer(geometry, fields, self._crs)
        with as_footprints_errors(self.target):
            write_geopackage(self._staged, STAGED_LAYER, layer, append=self._staged.exists())

    def _finish(self) -> None:
        with as_footprints_errors(self.target):
            _put_in_place(self._staged, self.target, self._layer, self._image)


def write_layer(path: str | Path, layer: Layer, name: str | None = None) -> None:
    """Write one polygon layer with all its fields, as `FootprintWriter` does; `name` is the file's by default."""
    target = check_target(path)
    with stage(target) as folder, as_footprints_errors(target):
        staged = Path(folder) / "staged.gpkg"
        write_geopackage(staged, STAGED_LAYER, layer)
        _put_in_place(staged, target, name or target.stem, None)


def write_layers(path: str | Path, layers: Mapping[str, Layer]) -> None:
    """Write several polygon layers into one GeoPackage, which keeps whatever other layers it has."""
    target = check_target(path, (".gpkg",))

    def add(made: Path) -> None:
        for name, layer in layers.items():
            write_geopackage(made, name, layer)

    with stage(target) as folder, as_footprints_errors(target):
        _into_geopackage(Path(folder) / target.name, target, add)


def _put_in_place(staged: Path, target: Path, name: str, image: SourceImage | None) -> None:
    """Turn a staged GeoPackage into the format of `target`, then rename it; a GeoPackage keeps its other layers."""
    made = staged.with_name(target.name)
    if target.suffix.lower() == ".gpkg":
        _into_geopackage(made, target, lambda file: convert(staged, file, name, image))
    else:
        convert(staged, made, name, image)
        commit(made, target)


def _into_geopackage(made: Path, target: Path, add: Callable[[Path], None]) -> None:
    """Let `add` write layers into a copy of `target`, if there is one, and rename that; again if it changed meanwhile.

    Layers that another run writes into the same file at the same time are kept.
    """
    for _ in range(TRIES):
        seen = signature(target)
        if seen is None:
            made.unlink(missing_ok=True)
        else:
            shutil.copyfile(target, made)
        add(made)
        if commit_if(made, target, seen):
            return
    raise FootprintsError(f"{target} keeps being changed by another program; close it there and run again.")


def write_geopackage(file: Path, name: str, layer: Layer, append: bool = False) -> None:
    """Write one layer of Polygons, or of MultiPolygons as soon as there is one."""
    multi = bool((shapely.get_type_id(layer.geometry) == 6).any())
    fields = geopackage_fields(layer.fields)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.raw.write(
            file,
            shapely.to_wkb(layer.geometry),
            [np.ma.getdata(values) for values in fields.values()],
            list(fields),
            field_mask=[np.ma.getmaskarray(v) if isinstance(v, np.ma.MaskedArray) else None for v in fields.values()],
            layer=name,
            driver="GPKG",
            geometry_type="MultiPolygon" if multi else "Polygon",
            promote_to_multi=multi,
            crs=layer.crs,
            append=append,
        )


def geopackage_fields(fields: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Rename what a GeoPackage cannot hold: names that differ only in case, and its own `fid` and `geom`."""
    taken = {"fid", "geom"}
    renamed: dict[str, NDArray[Any]] = {}
    for name, values in fields.items():
        free, number = name, 1
        while free.lower() in taken:
            free, number = f"{name}_{number}", number + 1
        taken.add(free.lower())
        renamed[free] = values
    return renamed


@contextmanager
def as_footprints_errors(target: Path) -> Iterator[None]:
    """Turn what the disk or GDAL says into one sentence."""
    try:
        yield
    except (OSError, *GDAL_ERRORS) as error:
        why = str(error).partition("\n")[0][:LONGEST_REASON]
        raise FootprintsError(
            f"{target} could not be written ({why}); nothing was changed: is the disk full?"
        ) from error
