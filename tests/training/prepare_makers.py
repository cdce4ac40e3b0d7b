"""Tiny made-up sources for `prepare`: SpaceNet-2 folders, rasters with footprints, masks, COCO files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from PIL import Image
from rasterio.warp import transform as warp_points

from training.__main__ import main
from training.places import Place, read_places

STEP = 0.3 / 111_320  # degrees of 0.3 m near the equator, where a degree is the same both ways
NEAR_ZERO = Affine(STEP, 0, -115.0, 0, -STEP, 0.01)
UTM = Affine(0.5, 0, 500_000, 0, -0.5, 4_000_000)


def run(*words: object) -> int:
    """Run `python -m training prepare …` in this process; return the exit code."""
    return main(["prepare", *map(str, words), "--workers", "1"])


def prepared(target: Path) -> dict[str, Place]:
    """Return the places of a prepared folder by name."""
    return {place.name: place for place in read_places(target)}


def manifest(target: Path) -> dict[str, Any]:
    return dict(json.loads((target / "manifest.json").read_text(encoding="utf-8")))


def everything(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below `folder`, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def square(transform: Affine, col: float, row: float, side: float) -> list[list[float]]:
    """Return the ring of a square of `side` pixels with its upper left corner at (col, row)."""
    corners = [(col, row), (col + side, row), (col + side, row + side), (col, row + side), (col, row)]
    return [list(transform @ corner if hasattr(transform, "__matmul__") else transform * corner) for corner in corners]


def write_geojson(path: Path, rings: list[list[list[float]]], epsg: int | None = None) -> Path:
    """Write polygons; `epsg` as the old "crs" member, which GDAL reads."""
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}} for ring in rings
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if epsg:
        collection["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}
    path.write_text(json.dumps(collection))
    return path


def write_raster(path: Path, pixels: np.ndarray, transform: Affine, crs: str, **more: Any) -> Path:
    """Write pixels (bands, height, width) as GeoTIFF."""
    count, height, width = pixels.shape
    profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": pixels.dtype.name}
    with rasterio.open(path, "w", **profile, crs=crs, transform=transform, **more) as dataset:
        dataset.write(pixels)
    return path


def make_spacenet(folder: Path, numbers: range, *, aoi: str = "AOI_2_Vegas", size: int = 100) -> Path:
    """Write dark 16-bit tiles in degrees; tile N has one bright house of 20 x 20 px whose left side is at 20 + N."""
    (folder / "RGB-PanSharpen").mkdir(parents=True)
    (folder / "geojson" / "buildings").mkdir(parents=True)
    for number in numbers:
        pixels = np.random.default_rng(number).integers(100, 400, (3, size, size)).astype(np.uint16)
        pixels[:, 40:60, 20 + number : 40 + number] = 2000
        name = f"{aoi}_img{number}"
        write_raster(folder / "RGB-PanSharpen" / f"RGB-PanSharpen_{name}.tif", pixels, NEAR_ZERO, "EPSG:4326")
        rings = [square(NEAR_ZERO, 20 + number, 40, 20)]
        write_geojson(folder / "geojson" / "buildings" / f"buildings_{name}.geojson", rings)
    return folder


def make_town(folder: Path, *, height: int = 60, width: int = 100) -> tuple[Path, Path]:
    """Write a grey 8-bit raster of 0.5 m in UTM; its footprints, squares of 10 px at (10, 10), (60, 30), in degrees."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.full((3, height, width), 90, np.uint8)
    pixels[:, 10:20, 10:20] = pixels[:, 30:40, 60:70] = 200
    raster = write_raster(folder / "town.tif", pixels, UTM, "EPSG:32631")
    rings = [square(UTM, 10, 10, 10), square(UTM, 60, 30, 10)]
    moved = [
        list(zip(*warp_points("EPSG:32631", "EPSG:4326", *zip(*ring, strict=True)), strict=True)) for ring in rings
    ]
    return raster, write_geojson(folder / "houses.geojson", moved)


def write_picture(path: Path, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)
    return path


def make_coco(folder: Path, annotations: list[dict[str, Any]], **changes: Any) -> Path:
    """Write one picture of 40 x 60 (height x width) px and a COCO file with these annotations of it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_picture(folder / "one.png", np.full((40, 60, 3), 120, np.uint8))
    data: dict[str, Any] = {
        "images": [{"id": 7, "file_name": "one.png", "height": 40, "width": 60}],
        "annotations": [{"id": n, "image_id": 7, "category_id": 1, **each} for n, each in enumerate(annotations)],
        "categories": [{"id": 0, "name": "things"}, {"id": 1, "name": "building"}],
    }
    file = folder / "_annotations.coco.json"
    file.write_text(json.dumps({**data, **changes}))
    return file
