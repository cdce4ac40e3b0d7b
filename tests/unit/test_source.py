"""What can be opened at all, and what is said about the rest."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from rasters import noise, north_up, write_raster

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import open_raster


def values(source: str | Path) -> np.ndarray:
    with open_raster(source, gsd_m=0.3) as reader:
        return reader.read(0, 0, *reader.grid.shape)[0]


def test_memory_file_and_vrt(tmp_path: Path) -> None:
    pixels = noise(3, 10, 12)
    with MemoryFile() as memory:
        write_raster(memory.name, pixels)
        assert (values(memory.name) == pixels).all()
    write_raster(tmp_path / "in.tif", pixels)
    vrt = tmp_path / "in.vrt"
    copy(tmp_path / "in.tif", vrt, driver="VRT")
    assert (values(str(vrt)) == pixels).all()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.tif", None, "absent.tif does not exist; expected a raster file"),
        ("empty.tif", b"", "is empty"),
        ("notes.tif", b"no raster at all", "cannot be opened as a raster"),
        ("folder/", None, "is a folder"),
    ],
)
def test_not_a_raster(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    path = tmp_path / name
    if name.endswith("/"):
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=message):
        open_raster(path, gsd_m=0.3)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.tif"
    path.write_bytes(b"not for us")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read everything
    with pytest.raises(BadInput, match="may not be read by this user"):
        open_raster(path, gsd_m=0.3)


def test_truncated_file_is_refused_as_it_is_opened(tmp_path: Path) -> None:
    path = Path(write_raster(tmp_path / "in.tif", noise(3, 400, 400), tiled=True, compress="deflate"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match=r"truncated|cannot be opened"):
        open_raster(path, gsd_m=0.3)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_container_of_rasters(tmp_path: Path) -> None:
    path = tmp_path / "in.gpkg"
    for table in ("first", "second"):
        more = {"append_subdataset": "YES"} if path.exists() else {}
        write_raster(path, noise(3, 10, 12), driver="GPKG", raster_table=table, **more)
    with pytest.raises(BadInput, match=r"holds no bands itself; open one of .* such as GPKG:.*:first"):
        open_raster(path, gsd_m=0.3)
    with open_raster(f"GPKG:{path}:second", gsd_m=0.3) as reader:
        assert reader.read(0, 0, 10, 12)[1].all()


def test_complex_numbers(tmp_path: Path) -> None:
    source = write_raster(tmp_path / "in.tif", np.zeros((1, 4, 4), np.complex64))
    with pytest.raises(BadInput, match="complex"):
        open_raster(source, gsd_m=0.3)


def test_nothing_valid(tmp_path: Path) -> None:
    source = write_raster(tmp_path / "in.tif", np.zeros((3, 30, 30), np.uint8), nodata=0)
    with pytest.raises(BadInput, match="holds no valid pixel"):
        open_raster(source, gsd_m=0.3)


@pytest.mark.parametrize("variable", ["PROJ_LIB", "PROJ_DATA", "GDAL_DATA"])
def test_variables_of_another_gdal_do_no_harm(tmp_path: Path, variable: str) -> None:
    source = write_raster(tmp_path / "in.tif", noise(3, 10, 12), crs="EPSG:4326", transform=north_up(3e-6, 15, 45))
    code = (
        "from building_footprints_plugin.engine.raster import open_raster\n"
        f"print(open_raster({source!r}, gsd_m=0.3).grid.crs.to_epsg())"
    )
    environment = {**os.environ, variable: str(tmp_path)}  # as OSGeo4W does: a folder of another PROJ
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "32633", done.stderr


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:4326"], ids=["own grid", "warped"])
def test_memory_does_not_grow_with_the_raster(tmp_path: Path, crs: str) -> None:
    path = tmp_path / "in.tif"
    transform = north_up() if crs == "EPSG:32633" else north_up(2.7e-6, 15, 45)
    shape = {"count": 3, "height": 30_000, "width": 30_000, "dtype": "uint16", "sparse_ok": True, "tiled": True}
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=transform, **shape) as dataset:
        dataset.write(noise(3, 256, 256, "uint16"), window=((9984, 10240), (9984, 10240)))
    tracemalloc.start()
    with open_raster(path, gsd_m=0.3) as reader:
        reader.read(9000, 9000, 512, 512)
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100e6, "the raster holds 5.4 GB"
