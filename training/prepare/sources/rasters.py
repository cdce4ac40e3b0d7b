"""Any georeferenced rasters with any vector file of footprints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from building_footprints_plugin.engine.errors import BadInput

from ..labelling import Footprints, known_ground
from ..options import SourceOptions
from ..source import Collection, Image, pictures_in, safe_name

SUFFIXES = (".tif", ".tiff", ".vrt", ".jp2", ".img", ".ecw")
IMAGE, TRUTH = "image.tif", "buildings.geojson"


def is_one(path: Path) -> bool:
    """Say whether `path` is a folder with image.tif and its buildings.geojson, which needs no --truth."""
    return (path / IMAGE).is_file() and (path / TRUTH).is_file()


def collections(paths: Sequence[Path], how: SourceOptions, missing: str) -> list[Collection]:
    """Return the one collection of all rasters among `paths`, files or folders of files.

    Raises BadInput if there is no raster, or if the footprints or the area cannot be used.
    """
    truth = Path(how.truth) if how.truth else paths[0] / TRUTH
    rasters = [file for path in paths for file in _files(path)]
    if not rasters:
        raise BadInput(f"{paths[0]} holds no raster; expected files such as {', '.join(SUFFIXES[:4])}.")
    aoi = Path(how.aoi) if how.aoi else None
    if not len(known_ground(truth, how.truth_crs).polygons):
        raise BadInput(f"{truth} holds no polygon; expected the footprints of {rasters[0].name}.")
    if aoi is not None and not len(known_ground(aoi, None).polygons):
        raise BadInput(f"{aoi} holds no polygon; expected the ground that is labelled.")
    labels = Footprints(truth, how.truth_crs, aoi, missing)
    keys = _keys(rasters)
    images = tuple(
        Image(raster, key, labels, bands=how.bands, crs=how.crs) for raster, key in zip(rasters, keys, strict=True)
    )
    root = paths[0] if paths[0].is_dir() else paths[0].parent
    name = root.resolve().name if paths[0].is_dir() else paths[0].stem
    return [Collection(safe_name(name), "raster", root, images, {})]


def _files(path: Path) -> list[Path]:
    """Return the raster files of a folder, or the path itself; whether it can be opened is seen later."""
    if is_one(path):
        return [path / IMAGE]
    return pictures_in(path, SUFFIXES) if path.is_dir() else [path]


def _keys(rasters: list[Path]) -> list[str]:
    """Return the file's name for each raster, with its folder's where that alone would not tell them apart."""
    stems = [safe_name(raster.stem) for raster in rasters]
    if len(set(stems)) == len(stems):
        return stems
    return [safe_name(f"{raster.resolve().parent.name}_{raster.stem}") for raster in rasters]
