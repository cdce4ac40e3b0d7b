"""QGIS killed in the middle of a run takes the engine with it, leaves no output, and goes on when it is run again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from conftest import Qgis
from faulty import KILL_QGIS, struck_python
from rasterio.windows import Window

SIDE = 8000  # px; work of such runs is kept
COPIES = 3  # rows of copies of the demo's image; the rest holds no data and takes no time
END_S = 60.0


@pytest.fixture
def large(image: Path, tmp_path: Path) -> Path:
    path = tmp_path / "large.tif"
    with rasterio.open(image) as dataset:
        profile = {**dataset.profile, "width": SIDE, "height": SIDE, "nodata": 0, "sparse_ok": True}
        pixels = np.tile(np.maximum(dataset.read(), 1), (1, COPIES, SIDE // dataset.width))
    with rasterio.open(path, "w", **profile) as made:
        made.write(pixels, window=Window(0, 0, *pixels.shape[:0:-1]))
    return path


def lives(process: int) -> bool:
    """Return whether a process is there and runs: a zombie does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + END_S
    while time.monotonic() < deadline and not condition():
        time.sleep(0.1)
    return condition()


def words_of(process: int) -> str:
    """Return the command line of a process, empty when it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_engine(process: int) -> bool:
    return "\0serve\0" in words_of(process)


def test_engine_ends_with_qgis_and_the_next_run_goes_on(
    qgis: Qgis, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QGIS is killed when two strips of the raster are kept."""
    (tmp_path / "out").mkdir()
    parameters = {"INPUT": large, "OUTPUT": tmp_path / "out" / "b.gpkg"}
    with monkeypatch.context() as patched:
        patched.setenv("BUILDING_FOOTPRINTS_PYTHON", str(struck_python(tmp_path / "struck", KILL_QGIS)))
        killed = qgis.run("extractbuildings", **parameters).returncode
    assert killed in (-signal.SIGKILL, 128 + signal.SIGKILL), "a shell that started QGIS says it in its own way"
    engines = [int(line) for line in (tmp_path / "struck" / "pids").read_text().split()]
    assert wait_for(lambda: not any(map(lives, engines))), "the engine outlived QGIS"
    assert os.listdir(tmp_path / "out") == [".b.gpkg.strips"]
    done = qgis.run("extractbuildings", **parameters)
    assert done.returncode == 0, done.stderr
    assert "Goes on from" in done.stdout
    assert os.listdir(tmp_path / "out") == ["b.gpkg"]


def test_an_idle_engine_ends_with_qgis(qgis: Qgis, image: Path, tmp_path: Path) -> None:
    """QGIS keeps it for the next run, and ends."""
    before = {int(folder.name) for folder in Path("/proc").glob("[0-9]*")}
    qgis.results("extractbuildings", INPUT=image, OUTPUT=tmp_path / "b.gpkg")
    processes = {int(folder.name) for folder in Path("/proc").glob("[0-9]*")} - before
    left = {process for process in processes if is_engine(process) and str(qgis.config) in words_of(process)}
    assert wait_for(lambda: not any(map(lives, left))), "the engine outlived QGIS"
