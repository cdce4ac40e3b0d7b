"""`prepare`: labelled imagery to tiles at training resolution, in the folder format that `places` reads."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.features import rasterize
from rasterio.warp import reproject, transform_geom

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import open_raster

from .places import Place, read_places

JPEG_QUALITY = 92
SPACENET_GSD_M = 0.3
FLAT = CRS.from_epsg(32631)  # any metric CRS: pictures without a place of their own are resampled on a flat plane


@dataclass(frozen=True)
class Source:
    """One picture to resample: from which place, which tile, to which resolution and folder."""

    place: Place
    tile_id: str
    gsd_m: float
    target: Path


def prepare_places(source: Path, target: Path, gsd_m: float, workers: int = 2) -> int:
    """Resample every tile below `source` to `gsd_m` metres per pixel, or leave it at its own if that is coarser.

    Returns the number of tiles. Pictures are resampled bilinearly with a kernel as wide as the new pixel, as
    extraction does; of labels, each new pixel takes the most frequent. Raises BadInput if there is no place.
    """
    jobs = []
    for place in read_places(source):
        stored = max(gsd_m, place.gsd_m)
        folder = target / place.name
        for part in ("images", "instances"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        _write_info(folder, {**place.info, "gsd_m": stored})
        jobs += [Source(place, tile_id, stored, folder) for tile_id in place.ids]
    with ProcessPoolExecutor(workers) as pool:
        return sum(pool.map(_prepare_tile, jobs, chunksize=16))


def prepare_spacenet(source: Path, target: Path, images: list[str], split: str) -> int:
    """Write the SpaceNet-2 tiles called `images` as the place `target`, of one split; return their number.

    16-bit values become 8-bit by the same rule as in extraction; the degree grid becomes a metric one at 0.3 m.
    Raises BadInput if an image, its footprints or the folder's place.json is missing.
    """
    for part in ("images", "instances"):
        (target / part).mkdir(parents=True, exist_ok=True)
    for name in images:
        raster = source / "RGB-PanSharpen" / f"RGB-PanSharpen_{name}.tif"
        truth = source / "geojson" / "buildings" / f"buildings_{name}.geojson"
        image, instances = _read_spacenet(raster, truth, gsd_m=SPACENET_GSD_M)
        _write_tile(target, name, image, instances)
    info = json.loads((source / "place.json").read_text(encoding="utf-8"))
    _write_info(target, {**info, "name": target.name, "gsd_m": SPACENET_GSD_M, "split_hint": split})
    return len(images)


def _read_spacenet(raster: Path, truth: Path, gsd_m: float) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    if not truth.exists():
        raise BadInput(f"{truth} is missing; expected the footprints of {raster.name}.")
    with open_raster(raster, gsd_m=gsd_m) as reader:
        grid = reader.grid
        pixels, valid = reader.read(0, 0, grid.height, grid.width)
    shapes = [feature["geometry"] for feature in json.loads(truth.read_text(encoding="utf-8"))["features"]]
    placed = transform_geom(CRS.from_epsg(4326), grid.crs, shapes)
    numbered = [(shape, number) for number, shape in enumerate(placed, start=1)]
    size = (grid.height, grid.width)
    instances = (
        rasterize(numbered, size, transform=grid.transform, dtype="uint16") if numbered else np.zeros(size, "uint16")
    )
    return pixels.transpose(1, 2, 0), np.where(valid, instances, np.uint16(65535)).astype(np.uint16)


def _prepare_tile(job: Source) -> int:
    image, instances = job.place.read(job.tile_id)
    factor = job.place.gsd_m / job.gsd_m
    _write_tile(job.target, job.tile_id, resample_picture(image, factor), resample_labels(instances, factor))
    return 1


def resample_picture(image: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Return `(height, width, 3)` scaled by `factor` in both directions (0.5 halves the size)."""
    if abs(factor - 1) < 1e-6:
        return image
    moved = _resample(np.ascontiguousarray(image.transpose(2, 0, 1)), factor, Resampling.bilinear)
    return np.asarray(moved.transpose(1, 2, 0), dtype=np.uint8)


def resample_labels(instances: NDArray[np.uint16], factor: float) -> NDArray[np.uint16]:
    if abs(factor - 1) < 1e-6:
        return instances
    return np.asarray(_resample(instances[None], factor, Resampling.mode)[0], dtype=np.uint16)


def _resample(bands: NDArray[Any], factor: float, method: Resampling) -> NDArray[Any]:
    count, height, width = bands.shape
    size = (count, max(1, round(height * factor)), max(1, round(width * factor)))
    result = np.zeros(size, bands.dtype)
    reproject(
        bands,
        result,
        src_transform=_placed(1, 1),
        dst_transform=_placed(width / size[2], height / size[1]),
        src_crs=FLAT,
        dst_crs=FLAT,
        resampling=method,
    )
    return result


def _placed(pixel_width: float, pixel_height: float) -> Affine:
    """Return a transform that starts anywhere but at 0, which GDAL takes for "not georeferenced"."""
    return Affine(pixel_width, 0, 500_000, 0, -pixel_height, 5_000_000)


def _write_tile(folder: Path, tile_id: str, image: NDArray[np.uint8], instances: NDArray[np.uint16]) -> None:
    picture = Image.fromarray(image)
    picture.save(folder / "images" / f"{tile_id}.jpg", quality=JPEG_QUALITY, subsampling=0)
    Image.fromarray(instances).save(folder / "instances" / f"{tile_id}.png", optimize=True)


def _write_info(folder: Path, info: dict[str, Any]) -> None:
    (folder / "place.json").write_text(json.dumps(info, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
