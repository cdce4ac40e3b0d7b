"""SpaceNet-2 folders as published: RGB-PanSharpen/RGB-PanSharpen_<id>.tif, geojson/buildings/buildings_<id>.geojson."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.vector import read_spacenet_csv

from ..labelling import Footprints, NoBuildings
from ..missing import take_missing
from ..options import SourceOptions
from ..source import Collection, Image, Labels, by_key, pictures_in, safe_name

IMAGES, TRUTH = "RGB-PanSharpen", Path("geojson", "buildings")
INFO: dict[str, Any] = {
    "licence": "CC BY-SA 4.0",
    "attribution": "SpaceNet on AWS; imagery © DigitalGlobe / Maxar",
    "source": "SpaceNet 2",
}


def is_one(folder: Path) -> bool:
    """Say whether `folder` is the folder of an area of interest, such as AOI_2_Vegas_Train, or holds some."""
    return bool(_areas(folder))


def _areas(folder: Path) -> list[Path]:
    inside = [child for child in sorted(folder.iterdir()) if child.is_dir()]
    return [area for area in (folder, *inside) if (area / IMAGES).is_dir() and (area / TRUTH).is_dir()]


def collections(folder: Path, how: SourceOptions, missing: str) -> list[Collection]:
    """Return one collection for each area of interest; raises BadInput if footprints are missing (see `missing`)."""
    return [_collection(area, how, missing) for area in _areas(folder)]


def _collection(area: Path, how: SourceOptions, missing: str) -> Collection:
    rasters = by_key(pictures_in(area / IMAGES, (".tif", ".tiff")), _id)
    truth = by_key(pictures_in(area / TRUTH, (".geojson",)), _id)
    labels: dict[str, Labels | None] = {key: None for key in rasters}
    labels.update({key: Footprints(truth[key], how.truth_crs, missing=missing) for key in rasters if key in truth})
    if None in labels.values():
        labels.update({key: NoBuildings() for key in _empty_images(area) if labels.get(key, True) is None})
    found, skipped = take_missing(labels, missing, f"footprints in {area / TRUTH}", "buildings_{}.geojson")
    images = tuple(Image(rasters[key], key, each, bands=how.bands, crs=how.crs) for key, each in found.items())
    return Collection(safe_name(area.resolve().name), "spacenet", area, images, INFO, skipped)


def _id(path: Path) -> str:
    """Return the image id: what follows RGB-PanSharpen_ or buildings_, the same in both."""
    return path.stem.removeprefix("RGB-PanSharpen_").removeprefix("buildings_")


def _empty_images(area: Path) -> set[str]:
    """Return the ids that the table of solutions lists as free of buildings; SpaceNet gives some no GeoJSON."""
    empty: set[str] = set()
    for table in sorted((area / "summaryData").glob("*.csv")):
        polygons = read_spacenet_csv(table)
        with_buildings = {polygons.images[number] for number in set(polygons.image.tolist())}
        empty |= set(polygons.images) - with_buildings
    return empty
