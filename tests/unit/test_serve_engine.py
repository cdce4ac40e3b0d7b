"""The real engine run after run in one process: the results of processes of their own, and nothing kept of a run."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from manifests import MANIFEST
from rasters import noise, write_raster
from safetensors.torch import save_file
from serving import ROOT, Client

from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.vector import read_layer


@pytest.fixture(scope="module")
def served() -> Iterator[Client]:
    """One real engine for all tests that need one: that is what it is for."""
    with Client("-m", "building_footprints_plugin.engine", "serve") as client:
        yield client


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return write_weights(tmp_path / "random.safetensors", seed=0)


def write_weights(path: Path, seed: int) -> Path:
    """Random weights: what they find means nothing, but everything runs."""
    torch.manual_seed(seed)
    save_file(build_network(MANIFEST.architecture).state_dict(), path, metadata={"manifest": MANIFEST.to_json()})
    return path


def extracting(image: str | Path, output: Path, weights: Path) -> list[str]:
    return ["extract", str(image), str(output), f"--weights={weights}", "--device=cpu", "--json-lines"]


def open_files(process: int, folder: Path) -> list[str]:
    names = []
    for each in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in this moment
            names.append(os.readlink(each))
    return [name for name in names if name.startswith(str(folder))]


def test_runs_one_after_another_are_those_of_processes_of_their_own(
    served: Client, weights: Path, tmp_path: Path
) -> None:
    image = write_raster(tmp_path / "image.tif", noise(3, 128, 128))
    alone = tmp_path / "alone.gpkg"
    command = [sys.executable, "-m", "building_footprints_plugin.engine", *extracting(image, alone, weights)[:-1]]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    expected = read_layer(alone).geometry
    assert len(expected)
    for name in ("first.gpkg", "second.gpkg"):
        assert served.run(*extracting(image, tmp_path / name, weights))["type"] == "result"
        assert read_layer(tmp_path / name).geometry.tolist() == expected.tolist()


def test_a_bad_run_is_a_sentence_and_the_next_one_a_result(served: Client, weights: Path, tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", noise(3, 64, 64))
    assert served.run(*extracting("none.tif", tmp_path / "a.gpkg", weights)) == {
        "type": "error",
        "text": "none.tif does not exist; expected a raster file.",
        "code": 2,
    }
    assert "COMMAND" in served.run("dance")["text"]
    assert served.run(*extracting(image, tmp_path / "a.gpkg", weights))["type"] == "result"


def test_weights_that_were_written_again_are_read_again(served: Client, weights: Path, tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", noise(3, 64, 64))
    words = ["segment", image, str(tmp_path / "p.tif"), f"--weights={weights}", "--device=cpu", "--json-lines"]
    seen = []
    for seed in (0, 0, 1):
        write_weights(weights, seed)
        assert served.run(*words)["type"] == "result"
        seen.append((tmp_path / "p.tif").read_bytes())
    assert seen[0] == seen[1]
    assert seen[1] != seen[2]


def test_relative_paths_start_from_the_folder_of_each_run(served: Client, weights: Path, tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        write_raster(tmp_path / name / "image.tif", noise(3, 64, 64))
        words = extracting("image.tif", Path("out.gpkg"), weights)
        assert served.run(*words, folder=tmp_path / name)["type"] == "result"
        assert (tmp_path / name / "out.gpkg").exists()


def test_nothing_stays_open_between_runs(served: Client, weights: Path, tmp_path: Path) -> None:
    """Windows would not let it be deleted or written again."""
    image = write_raster(tmp_path / "image.tif", noise(3, 64, 64))
    for output in (tmp_path / "a.gpkg", tmp_path / "none" / "a.gpkg"):
        served.run(*extracting(image, output, weights), folder=tmp_path)
    served.run("info", "--json-lines")  # begins when the run before has been tidied away
    assert open_files(served.process.pid, tmp_path) == []
    assert Path(f"/proc/{served.process.pid}/cwd").resolve() != tmp_path


def test_memory_does_not_grow_with_the_number_of_runs(served: Client, weights: Path, tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", noise(3, 256, 256))
    used = []
    for _ in range(8):
        served.run(*extracting(image, tmp_path / "a.gpkg", weights))
        served.run("dance")
        used.append(int(Path(f"/proc/{served.process.pid}/statm").read_text().split()[1]) * 4096 / 1e6)
    assert max(used[4:]) < max(used[1:4]) + 15, f"megabytes after each run: {used}"


def test_commands_without_a_network_do_not_load_torch(tmp_path: Path) -> None:
    mask = write_raster(tmp_path / "mask.tif", (noise(1, 64, 64) > 100).astype(np.uint8))
    with Client("-m", "building_footprints_plugin.engine", "serve") as client:
        done = client.run("polygonize", mask, str(tmp_path / "a.gpkg"), "--json-lines")
        assert done["type"] == "result", done
        assert "libtorch" not in Path(f"/proc/{client.process.pid}/maps").read_text()


def test_a_file_on_a_web_server_is_read_anew(served: Client, tmp_path: Path) -> None:
    """GDAL keeps what it fetched for as long as its process lives, unless it is told otherwise."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        counts = []
        for side in (20, 40):
            pixels = np.zeros((1, 64, 64), np.uint8)
            pixels[:, 10 : 10 + side, 10 : 10 + side] = 1
            write_raster(tmp_path / "mask.tif", pixels)
            url = f"/vsicurl/http://127.0.0.1:{web.server_port}/mask.tif"
            done = served.run("polygonize", url, str(tmp_path / "a.gpkg"), "--json-lines")
            assert done["type"] == "result", done
            counts.append(done["total_area_m2"])
        web.shutdown()
    assert counts == pytest.approx([20 * 20 * 0.09, 40 * 40 * 0.09], rel=0.05)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass
