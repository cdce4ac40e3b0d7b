"""Whole files of every kind that is read, small, as what damage starts from."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.shutil import copy
from safetensors.numpy import save_file

from building_footprints_plugin.engine.manifest import Manifest
from building_footprints_plugin.engine.vector import Layer, SourceImage, write_layer
from building_footprints_plugin.engine.vector.writer import FootprintWriter

UTM = "EPSG:32633"
EAST, NORTH = 500_000.0, 5_000_000.0


@dataclass(frozen=True)
class Seed:
    """A folder of files; `victim` is the one that is damaged, `opened` the one that is read."""

    kind: str
    folder: Path
    victim: str
    opened: str
    text: bool = False


def make_seeds(folder: Path) -> dict[str, list[Seed]]:
    """Write all seeds under `folder`; return them by kind."""
    warnings.simplefilter("ignore")
    made: dict[str, list[Seed]] = {}
    for kind, make in KINDS.items():
        made[kind] = make(folder / kind)
    return made


def _pixels(count: int = 3, dtype: str = "uint8") -> np.ndarray:
    return np.random.default_rng(0).integers(1, 250, (count, 45, 70)).astype(dtype)


def _raster(path: Path, pixels: np.ndarray, **profile: Any) -> None:
    path.parent.mkdir(parents=True)
    shape = {"count": len(pixels), "height": pixels.shape[1], "width": pixels.shape[2], "dtype": pixels.dtype}
    place = {"crs": UTM, "transform": Affine(0.3, 0, EAST, 0, -0.3, NORTH)}
    with rasterio.open(path, "w", **{"driver": "GTiff", **place, **profile, **shape}) as dataset:
        dataset.write(pixels)


def _rasters(folder: Path) -> list[Seed]:
    tiled = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    profiles: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "plain": (_pixels(), {}),
        "deflate": (_pixels(), {**tiled, "compress": "deflate", "predictor": 2}),
        "lzw16": (_pixels(4, "uint16"), {**tiled, "compress": "lzw", "nodata": 7}),
        "jpeg": (_pixels(), {**tiled, "compress": "jpeg", "photometric": "ycbcr"}),
        "float": (_pixels(1, "float32"), {"compress": "deflate", "predictor": 3, "nodata": -9999}),
        "big": (_pixels(), {"bigtiff": "YES", "interleave": "band"}),
        "palette": (_pixels(1), {"photometric": "palette"}),
        "degrees": (_pixels(), {"crs": "EPSG:4326", "transform": Affine(3e-6, 0, 15, 0, -3e-6, 45)}),
    }
    for name, (pixels, profile) in profiles.items():
        _raster(folder / name / "in.tif", pixels, **profile)
    with rasterio.open(folder / "big" / "in.tif", "r+") as dataset:
        dataset.build_overviews([2, 4])
    _raster(folder / "gcps" / "in.tif", _pixels(), crs=None, transform=Affine.identity())
    with rasterio.open(folder / "gcps" / "in.tif", "r+") as dataset:
        points = [GroundControlPoint(r, c, EAST + c * 0.3, NORTH - r * 0.3) for r in (0, 45) for c in (0, 70)]
        dataset.gcps = (points, rasterio.crs.CRS.from_user_input(UTM))
    return [Seed("raster", each, "in.tif", "in.tif") for each in sorted(folder.iterdir())]


def _pictures(folder: Path) -> list[Seed]:
    """PNG and JPEG with a world file, which is damaged as well, and mosaics as XML."""
    _raster(folder / "base" / "base.tif", _pixels())
    base, seeds = folder / "base" / "base.tif", []
    for driver, name in (("PNG", "in.png"), ("JPEG", "in.jpg"), ("VRT", "in.vrt")):
        place = folder / driver
        place.mkdir()
        shutil.copy(base, place / "base.tif")
        copy(place / "base.tif", place / name, driver=driver, worldfile="YES")
        seeds.append(Seed("picture", place, name, name, text=driver == "VRT"))
    world = next(path for path in (folder / "PNG").iterdir() if path.suffix in (".wld", ".pgw"))
    seeds.append(Seed("picture", folder / "PNG", world.name, "in.png", text=True))
    warped = folder / "warped"
    shutil.copytree(folder / "VRT", warped)
    with rasterio.open(warped / "base.tif") as dataset, rasterio.vrt.WarpedVRT(dataset, crs="EPSG:3857") as vrt:
        copy(vrt, warped / "in.vrt", driver="VRT")
    return [*seeds, Seed("picture", warped, "in.vrt", "in.vrt", text=True)]


def _houses() -> Layer:
    boxes = [shapely.box(EAST + 20 * i, NORTH, EAST + 20 * i + 12, NORTH + 9) for i in range(12)]
    yard = shapely.difference(shapely.box(EAST, NORTH + 50, EAST + 40, NORTH + 90), shapely.box(*_inner()))
    numbers = np.arange(13)
    fields = {"id": numbers, "confidence": numbers / 13, "name": np.array(["é"] * 13, dtype=object)}
    return Layer(np.array([*boxes, yard], dtype=object), fields, UTM)


def _inner() -> tuple[float, float, float, float]:
    return EAST + 10, NORTH + 60, EAST + 30, NORTH + 80


def _vectors(folder: Path) -> list[Seed]:
    seeds = []
    for suffix in (".gpkg", ".geojson", ".fgb", ".parquet"):
        place = folder / suffix[1:]
        place.mkdir(parents=True)
        write_layer(place / f"in{suffix}", _houses())
        seeds.append(Seed("vector", place, f"in{suffix}", f"in{suffix}", text=suffix == ".geojson"))
    (folder / "shp").mkdir()
    write_layer(folder / "shp" / "in.shp", _houses())
    parts = [Seed("vector", folder / "shp", f"in.{part}", "in.shp") for part in ("shp", "shx", "dbf", "prj")]
    return [*seeds, *parts]


def _tables(folder: Path) -> list[Seed]:
    folder.mkdir(parents=True)
    layer, ones = _houses(), np.ones(13)
    image = SourceImage("AOI_1", Affine(0.3, 0, EAST, 0, -0.3, NORTH + 90), UTM)
    with FootprintWriter(folder / "in.csv", UTM, image=image) as writer:
        writer.write(layer.geometry, {"id": ones, "confidence": ones, "area_m2": ones, "perimeter_m": ones})
    return [Seed("table", folder, "in.csv", "in.csv", text=True)]


MANIFEST = Manifest(
    architecture="unet_efficientnet_lite0",
    bands=("red", "green", "blue"),
    gsd_m=0.3,
    mean=(127.0,) * 3,
    std=(128.0,) * 3,
    classes=("background", "interior", "border"),
    building_classes=("interior", "border"),
    seed_class="interior",
    thresholds={"threshold": 0.4, "seed_threshold": 0.6, "min_area_m2": 12.0, "merge_threshold": 0.9},
    training={"places": ["a", "b"]},
    scores={"f1": 0.5},
)


def _weights(folder: Path) -> list[Seed]:
    """A small file, and the header of the real network with a body of zeros (a file with a hole)."""
    from building_footprints_plugin.engine.networks import build_network

    seeds = []
    real = {name: tensor.numpy() for name, tensor in build_network(MANIFEST.architecture).state_dict().items()}
    for name, tensors in (("small", {"a": np.zeros((2, 3), np.float32)}), ("real", real)):
        (folder / name).mkdir(parents=True)
        path = folder / name / "in.safetensors"
        save_file(tensors, path, metadata={"manifest": MANIFEST.to_json()})
        seeds.append(Seed("weights", folder / name, path.name, path.name))
    return seeds


def _manifests(folder: Path) -> list[Seed]:
    seeds = []
    for architecture in ("unet_efficientnet_lite0", "unet_baseline"):
        (folder / architecture).mkdir(parents=True)
        text = replace(MANIFEST, architecture=architecture).to_json()
        (folder / architecture / "in.json").write_text(text)
        seeds.append(Seed("manifest", folder / architecture, "in.json", "in.json", text=True))
    return seeds


def _lines(folder: Path) -> list[Seed]:
    folder.mkdir(parents=True)
    said: list[dict[str, Any]] = [
        {"type": "progress", "fraction": 0.25},
        {"type": "message", "level": "warning", "text": "a doubt"},
        {"type": "progress", "fraction": 1.0},
        {"type": "result", "count": 3, "device": "cpu", "curve": [[0.1, 0.2]] * 5},
    ]
    (folder / "in.txt").write_text("".join(json.dumps(line) + "\n" for line in said))
    return [Seed("lines", folder, "in.txt", "in.txt", text=True)]


def _answers(folder: Path) -> list[Seed]:
    """What an engine that is kept says during a run."""
    (seed,) = _lines(folder)
    said = (folder / "in.txt").read_text()
    (folder / "in.txt").write_text(f'{{"type": "begin", "id": 1}}\n{said}{{"type": "end", "id": 1, "code": 0}}\n')
    return [replace(seed, kind="answers")]


PLACE = "{place}"  # in orders: the folder of the case


def _orders(folder: Path) -> list[Seed]:
    """What an engine that is kept is asked for: footprints of a mask and straight outlines, a score, a cancel."""
    _raster(folder / "mask.tif", (_pixels(1) > 100).astype(np.uint8))
    write_layer(folder / "in.geojson", _houses())
    commands = (
        ["polygonize", "mask.tif", "out.gpkg", "--json-lines", "--min-area=3", "--bounds", f"{EAST},0,{EAST + 9},1e7"],
        ["regularize", "in.geojson", "out.fgb", "--method=simplify", "--tolerance=0.4"],
        ["score", "in.geojson", "in.geojson", "--iou=0.4", "--preset=spacenet"],
    )
    orders = [{"id": n, "arguments": words, "folder": PLACE} for n, words in enumerate(commands)]
    (folder / "in.txt").write_text("".join(json.dumps(order) + "\n" for order in [*orders, {"cancel": 1}]))
    return [Seed("orders", folder, "in.txt", "in.txt", text=True)]


KINDS: dict[str, Callable[[Path], list[Seed]]] = {
    "raster": _rasters,
    "picture": _pictures,
    "vector": _vectors,
    "table": _tables,
    "weights": _weights,
    "manifest": _manifests,
    "lines": _lines,
    "answers": _answers,
    "orders": _orders,
}
