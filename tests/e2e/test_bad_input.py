"""What cannot work ends with one sentence, an exit code other than 0, and nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from conftest import Qgis

ELSEWHERE = "10.0,10.001,50.0,50.001 [EPSG:4326]"


@dataclass(frozen=True)
class Files:
    """A good image, and a folder to make bad ones in."""

    image: Path
    folder: Path

    def raster(self, name: str, value: int, **profile: Any) -> Path:
        """Write a small raster of one value."""
        path = self.folder / name
        shape = {"width": 64, "height": 64, "count": 3, "dtype": "uint8"}
        place = {"crs": "EPSG:32611", "transform": Affine(0.3, 0, 660000, 0, -0.3, 4000000)}
        with rasterio.open(path, "w", driver="GTiff", **{**shape, **place, **profile}) as made:
            made.write(np.full((3, 64, 64), value, np.uint8))
        return path

    def text(self, name: str) -> Path:
        path = self.folder / name
        path.write_text("This is no raster.\n")
        return path


Parameters = Callable[[Files], dict[str, Any]]
CASES: list[Any] = [
    pytest.param(lambda files: {"INPUT": files.folder / "none.tif"}, "none.tif not found", id="no such file"),
    pytest.param(lambda files: {"INPUT": files.text("text.tif")}, "text.tif not found", id="not a raster"),
    pytest.param(
        lambda files: {"INPUT": files.raster("nocrs.tif", 9, crs=None)}, "nocrs has no coordinate system", id="no CRS"
    ),
    pytest.param(
        lambda files: {"INPUT": files.raster("nodata.tif", 0, nodata=0)}, "holds no valid pixel", id="all nodata"
    ),
    pytest.param(lambda files: {"INPUT": files.image, "BANDS": "9"}, "Band 9 was asked for", id="band number too high"),
    pytest.param(lambda files: {"INPUT": files.image, "THRESHOLD": 1.5}, "THRESHOLD", id="threshold above 1"),
    pytest.param(lambda files: {"INPUT": files.image, "MIN_AREA": -1}, "MIN_AREA", id="negative area"),
    pytest.param(
        lambda files: {"INPUT": files.image, "EXTENT": ELSEWHERE}, "lies outside vegas", id="extent outside the raster"
    ),
    pytest.param(
        lambda files: {"INPUT": files.image, "WEIGHTS": files.folder / "no.safetensors"},
        "There is no weights file",
        id="no weights",
    ),
    pytest.param(
        lambda files: {"INPUT": files.image, "WEIGHTS": files.text("bad.safetensors")},
        "is not a whole .safetensors file",
        id="foreign weights",
    ),
]


@pytest.mark.parametrize(("parameters", "message"), CASES)
def test_bad_input_fails_and_leaves_nothing(
    qgis: Qgis, image: Path, tmp_path: Path, parameters: Parameters, message: str
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    done = qgis.run("extractbuildings", **parameters(Files(image, tmp_path / "in")), OUTPUT=tmp_path / "out" / "b.gpkg")
    assert done.returncode != 0, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("algorithm", "inputs", "message"),
    [
        ("segmentbuildings", {"INPUT": "{none}.tif"}, "none.tif not found"),
        ("polygonizebuildings", {"INPUT": "{image}"}, "expected a mask of 0 and 1"),
        ("regularizefootprints", {"INPUT": "{none}.gpkg"}, "none.gpkg not found"),
        ("regularizefootprints", {"INPUT": "{truth}", "METHOD": "roundish"}, "METHOD"),
        ("scorefootprints", {"PROPOSALS": "{truth}"}, "TRUTH"),
        ("scorefootprints", {"PROPOSALS": "{truth}", "TRUTH": "{truth}", "IOU_THRESHOLD": "2"}, "IOU_THRESHOLD"),
        ("exporttrainingdata", {"INPUT": "{image}", "TRUTH": "{truth}", "BANDS": "9"}, "Band 9 was asked for"),
        ("installengine", {"ACTION": "use"}, "Name the Python that is to be used"),
        ("extractandscore", {"image": "{image}"}, "area"),
    ],
)
def test_every_algorithm_says_why_it_cannot(
    qgis: Qgis, image: Path, truth: Path, tmp_path: Path, algorithm: str, inputs: dict[str, str], message: str
) -> None:
    (tmp_path / "out").mkdir()
    output = {"exporttrainingdata": "FOLDER", "installengine": "", "extractandscore": "score:output"}
    name = output.get(algorithm, "OUTPUT")
    target = tmp_path / "out" / ("b.tif" if algorithm == "segmentbuildings" else "b.gpkg")
    given = {key: text.format(image=image, truth=truth, none=tmp_path / "none") for key, text in inputs.items()}
    done = qgis.run(algorithm, **given, **({name: target} if name else {}))
    assert done.returncode != 0, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert os.listdir(tmp_path / "out") == []


def test_unwritable_output_fails(qgis: Qgis, image: Path, tmp_path: Path) -> None:
    done = qgis.run("extractbuildings", INPUT=image, OUTPUT=tmp_path / "no" / "such" / "folder" / "b.gpkg")
    assert done.returncode != 0, done.stdout
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("algorithm", ["extractbuildings", "segmentbuildings"])
def test_missing_engine_is_a_sentence(
    qgis: Qgis, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    if (
        subprocess.run(
            ["/usr/bin/python3", "-c", "import torch, rasterio"], capture_output=True, check=False
        ).returncode
        == 0
    ):
        pytest.skip("QGIS's own Python has the engine's packages here")
    monkeypatch.setenv("BUILDING_FOOTPRINTS_PYTHON", "/no/such/python")
    done = qgis.run(algorithm, INPUT=image, OUTPUT=tmp_path / "output.tif")
    assert done.returncode != 0
    assert "/no/such/python" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert os.listdir(tmp_path) == []


def test_missing_engine_leaves_the_toolbox_complete(qgis: Qgis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDING_FOOTPRINTS_PYTHON", "/no/such/python")
    done = qgis.run("checkinstallation")
    assert done.returncode == 0
    assert "/no/such/python" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["extract", "none.tif", "out.gpkg"], "none.tif"),
        (["extract", "{image}", "out.xyz"], "xyz"),
        (["extract", "{image}", "out.gpkg", "--threshold", "2"], "--threshold|threshold is 2"),
        (["extract", "{image}", "out.gpkg", "--bands", "1,2,9"], "9"),
        (["score", "none.gpkg", "{image}"], "none.gpkg"),
    ],
)
def test_command_line_exits_with_2_and_one_sentence(
    image: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    command = [sys.executable, "-m", "building_footprints_plugin.engine"]
    environment = {**os.environ, "PYTHONPATH": str(image.parents[3])}
    done = subprocess.run(
        [*command, *(argument.format(image=image) for argument in arguments)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert any(part in done.stderr for part in message.split("|"))
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []
