"""What QGIS exports is what the training's command line takes, cut on the grid on which the model reads images."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from conftest import ROOT, TIMEOUT_S, Qgis

from building_footprints_plugin.engine.raster import open_raster
from building_footprints_plugin.engine.vector import Layer, write_layer
from training.places import read_places

GSD_M = 0.3
TINY = ROOT / "tests" / "training"
SHORT = ["--network", "unet_baseline", "--crop", "64", "--batch-size", "2", "--steps", "2", "--validate-every", "1"]
ON_CPU = ["--workers", "0", "--accelerator", "cpu", "--precision", "32-true", "--warmup-steps", "1"]


@pytest.fixture(scope="module")
def exported(qgis: Qgis, image: Path, truth: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two places of the demo's image, exported by QGIS: the west to learn from, the east to be judged on."""
    folder = tmp_path_factory.mktemp("exported") / "data"
    with rasterio.open(image) as raster:
        left, bottom, right, top = raster.bounds
    middle = (left + right) / 2
    for name, split, (west, east) in (("west", "train", (left, middle)), ("east", "val", (middle, right))):
        given = {"INPUT": image, "TRUTH": truth, "FOLDER": folder, "NAME": name, "SPLIT": split, "TILE_SIZE": 128}
        extent = f"{west},{east},{bottom},{top} [EPSG:4326]"
        results = qgis.results("exporttrainingdata", **given, GSD=GSD_M, EXTENT=extent)
        assert results["TILES"] > 1
    return folder


def train_command(*arguments: str | Path) -> None:
    """Run `python -m training` with tiny networks; it must succeed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TINY), str(ROOT)]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(TINY / "tiny_train.py"), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr


def test_tiles_are_the_pixels_that_the_model_reads(exported: Path, image: Path) -> None:
    """A tile's name is its place on the engine's own grid of the whole image; JPEG changes little."""
    with open_raster(image, gsd_m=GSD_M) as reader:
        for place in read_places(exported):
            for name in place.ids:
                tile, _ = place.read(name)
                pixels, _ = reader.read(*map(int, name.split("_")), *tile.shape[:2])
                assert np.abs(np.moveaxis(pixels, 0, -1).astype(float) - tile).mean() < 4, f"{place.name} {name}"


def test_training_and_preparing_take_them(exported: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("lightning_fabric") is None:
        pytest.skip("this Python has no lightning-fabric, which training needs")
    train_command("prepare", exported, tmp_path / "prepared", "--chip", "96")
    assert {place.split for place in read_places(tmp_path / "prepared")} == {"train", "val"}
    for data in (exported, tmp_path / "prepared"):
        run = tmp_path / f"run_{data.name}"
        train_command("train", data, run, *SHORT, *ON_CPU)
        assert (run / "best.pt").is_file()


def test_the_shipped_model_exports_joined_tiles(qgis: Qgis, image: Path, truth: Path, tmp_path: Path) -> None:
    """West and east as files of their own become one place again: its ground is that of both."""
    tiles = []
    with rasterio.open(image) as raster:
        bounds, profile = raster.bounds, raster.profile
        for number, left in enumerate((0, 325)):
            tiles.append(tmp_path / f"tile_{number}.tif")
            window = rasterio.windows.Window(left, 0, 325, raster.height)
            place = {"width": 325, "transform": raster.window_transform(window)}
            with rasterio.open(tiles[-1], "w", **{**profile, **place, "driver": "GTiff"}) as made:
                made.write(raster.read(window=window))
    write_layer(tmp_path / "areas.gpkg", Layer(np.array([shapely.box(*bounds)], dtype=object), {}, "EPSG:4326"))
    given = {"buildings": truth, "areas": tmp_path / "areas.gpkg", "place": "town", "export:folder": tmp_path / "data"}
    qgis.results("exporttrainingtiles", images=tiles, **given)
    (place,) = read_places(tmp_path / "data")
    _, instances = zip(*(place.read(name) for name in place.ids), strict=True)
    ground = sum(each.size for each in instances) * place.gsd_m**2
    assert ground == pytest.approx(_square_metres(image), rel=0.02)
    assert sum(len(np.unique(each)) - 1 for each in instances) >= 49  # all of the truth; cut ones twice


def _square_metres(image: Path) -> float:
    with open_raster(image, gsd_m=GSD_M) as reader:
        return float(reader.grid.width * reader.grid.height * GSD_M**2)
