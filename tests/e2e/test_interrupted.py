"""QGIS killed in the middle of a run takes the engine with it, leaves no output, and goes on when it is run again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from conftest import Qgis
from rasterio.windows import Window

from tools import run_qgis

SIDE = 8000  # px; work of such runs is kept
COPIES = 3  # rows of copies of the demo's image; the rest holds no data and takes no time
START_S, END_S = 60.0, 10.0


@pytest.fixture
def large(image: Path, tmp_path: Path) -> Path:
    path = tmp_path / "large.tif"
    with rasterio.open(image) as dataset:
        profile = {**dataset.profile, "width": SIDE, "height": SIDE, "nodata": 0, "sparse_ok": True}
        pixels = np.tile(np.maximum(dataset.read(), 1), (1, COPIES, SIDE // dataset.width))
    with rasterio.open(path, "w", **profile) as made:
        made.write(pixels, window=Window(0, 0, *pixels.shape[:0:-1]))
    return path


@pytest.fixture
def running(qgis: Qgis, large: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """qgis_process, busy extracting a large raster into an empty folder `out`."""
    (tmp_path / "out").mkdir()
    program, environment = run_qgis.command(qgis.config)
    arguments = ["run", "buildingfootprints:extractbuildings", "--", f"INPUT={large}", f"OUTPUT={tmp_path}/out/b.gpkg"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([program, *arguments], env=environment, **quiet) as process:
        yield process
        process.kill()


def parent_of(process: int) -> int:
    """Return the parent of a running process, 0 when it has ended (a zombie has)."""
    try:
        state, parent = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 0 if state == "Z" else int(parent)


def children(parent: int) -> set[int]:
    processes = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return {process for process in processes if parent_of(process) == parent}


def wait_for(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
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
    running: subprocess.Popen[bytes], qgis: Qgis, large: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "out" / ".b.gpkg.strips"
    assert wait_for(lambda: kept.exists() and kept.stat().st_size > 1000, START_S), "the first strip was never finished"
    engines = {process for process in children(running.pid) if is_engine(process)}
    assert engines
    running.kill()
    assert wait_for(lambda: not any(map(parent_of, engines)), END_S), "the engine outlived QGIS"
    assert os.listdir(tmp_path / "out") == [kept.name]
    done = qgis.run("extractbuildings", INPUT=large, OUTPUT=tmp_path / "out" / "b.gpkg")
    assert done.returncode == 0, done.stderr
    assert "Goes on from" in done.stdout
    assert os.listdir(tmp_path / "out") == ["b.gpkg"]


def test_an_idle_engine_ends_with_qgis(qgis: Qgis, image: Path, tmp_path: Path) -> None:
    """QGIS keeps it for the next run, and ends."""
    before = {int(folder.name) for folder in Path("/proc").glob("[0-9]*")}
    qgis.results("extractbuildings", INPUT=image, OUTPUT=tmp_path / "b.gpkg")
    processes = {int(folder.name) for folder in Path("/proc").glob("[0-9]*")} - before
    left = {process for process in processes if is_engine(process) and str(qgis.config) in words_of(process)}
    assert wait_for(lambda: not any(map(parent_of, left)), END_S), "the engine outlived QGIS"
