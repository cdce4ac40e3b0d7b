"""Networks, readers and disks that fail in the middle of a run, runs that are cancelled, and weights that change."""

from __future__ import annotations

import os
import re
import resource
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from faulty import disk_of
from manifests import MANIFEST as REAL
from rasters import write_raster
from safetensors.torch import save_file
from test_faults_raster import When
from towns import MANIFEST, WHOLE, Bright, knows_the_answer, town

from building_footprints_plugin.engine import extract as module
from building_footprints_plugin.engine.errors import Cancelled, FootprintsError
from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.options import SegmentOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.raster.reader import RasterReader
from building_footprints_plugin.engine.weights import load_network

SEGMENT = SegmentOptions(tile_px=64, overlap_px=16, batch_size=1)


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    knows_the_answer(monkeypatch)


def run(folder: Path, reporter: Reporter) -> None:
    """Extract footprints and probability of a town into `folder`/out."""
    raster = folder / "town.tif"
    if not raster.exists():
        write_raster(raster, town())
    (folder / "out").mkdir(exist_ok=True)
    target = Target(folder / "out" / "b.gpkg", probability=folder / "out" / "p.tif")
    extract(Source(str(raster)), target, Model(Path("unused"), SEGMENT), WHOLE, reporter)


def in_time(act: Callable[[], None], seconds: float = 60.0) -> BaseException | None:
    """Run `act` in a thread and return what it raises; fail if it hangs."""
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            act()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "the run hangs"
    return raised[0] if raised else None


class Fails(Bright):
    """Works for twenty tiles, then does `act`."""

    def __init__(self, act: Callable[[np.ndarray], np.ndarray]) -> None:
        self._act, self._count = act, 0

    def probabilities(self, tiles: np.ndarray, *, tta: bool = False) -> np.ndarray:
        self._count += len(tiles)
        chances = super().probabilities(tiles)
        return chances if self._count < 20 else self._act(chances)


def falls_over(chances: np.ndarray) -> np.ndarray:
    raise RuntimeError("the network fell over")


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        pytest.param(lambda chances: chances * np.float32("nan"), "values that are no numbers", id="NaN"),
        pytest.param(lambda chances: chances + np.float32("inf"), "values that are no numbers", id="infinite"),
        pytest.param(falls_over, "fell over", id="an exception"),
    ],
)
def test_a_network_that_fails_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[np.ndarray], np.ndarray], sentence: str
) -> None:
    monkeypatch.setattr(module, "_load", lambda model: (Fails(act), MANIFEST))
    error = in_time(lambda: run(tmp_path, Reporter()))
    assert sentence in str(error)
    assert visible(tmp_path / "out") == []


def test_a_reader_that_fails_in_its_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, count = RasterReader.read, iter(range(100))

    def failing(self: RasterReader, *window: int) -> object:
        if next(count) > 2:
            raise RuntimeError("the disk went away")
        return read(self, *window)

    monkeypatch.setattr(RasterReader, "read", failing)
    assert "the disk went away" in str(in_time(lambda: run(tmp_path, Reporter())))
    assert visible(tmp_path / "out") == []


def visible(folder: Path) -> list[str]:
    """Return the files in a folder, but for what `--resume` goes on from."""
    return [name for name in os.listdir(folder) if not name.startswith(".")]


@pytest.mark.parametrize("size", [0, 300, 3000])
def test_a_disk_that_is_full_for_the_probability_raster(tmp_path: Path, size: int) -> None:
    noisy = np.random.default_rng(0).integers(0, 250, (3, 300, 400)).astype(np.uint8)  # which does not compress
    write_raster(tmp_path / "town.tif", noisy)
    with disk_of(size), pytest.raises(FootprintsError) as caught:
        run(tmp_path, Reporter())
    assert re.search(r"^[^\n]*(written|created|full)[^\n]*$", str(caught.value))
    assert visible(tmp_path / "out") == []


def test_an_output_folder_that_is_removed_during_the_run(tmp_path: Path) -> None:
    with pytest.raises(FootprintsError, match="written"):
        run(tmp_path, When(0.5, lambda: shutil.rmtree(tmp_path / "out")))
    assert not (tmp_path / "out").exists() or visible(tmp_path / "out") == []


def held() -> tuple[int, int, int]:
    """Return the numbers of threads, of open files and of child processes of this process."""
    children = 0
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread of a library that has just ended
            children += len((task / "children").read_text().split())
    return threading.active_count(), len(os.listdir("/proc/self/fd")), children


def test_fifty_cancelled_runs_leave_no_thread_no_process_and_no_file(tmp_path: Path) -> None:
    """Cancelled at fifty different moments, from before the first tile to the last ones."""
    before: tuple[int, int, int] | None = None
    for number in range(50):
        reporter = When(number / 60, lambda: None)
        reporter._act = reporter.cancel
        with pytest.raises(Cancelled):
            run(tmp_path, reporter)
        assert os.listdir(tmp_path / "out") == []
        before = before or held()  # after the first run: libraries keep a few things for good
    assert before is not None
    assert all(now <= then + 2 for now, then in zip(held(), before, strict=True))


def test_weights_that_are_replaced_during_the_run_are_not_read_again(tmp_path: Path) -> None:
    """The network in memory stays what it was, also when the very bytes of the file change under it."""
    path = tmp_path / "w.safetensors"
    save_file(build_network(REAL.architecture).state_dict(), path, metadata={"manifest": REAL.to_json()})
    network, _ = load_network(path)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 100_000)
    os.truncate(path, 1000)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [(400_000_000, "does not hold the network its manifest names"), (15_000_000_000, "has 60 GB; expected")],
)
def test_weights_too_large_for_their_network_take_no_memory(tmp_path: Path, numbers: int, sentence: str) -> None:
    """A file of 1.6 or 60 GB (a hole) with one tensor is refused by its header or its size."""
    path = tmp_path / "bomb.safetensors"
    manifest = REAL.to_json().replace('"', '\\"')
    header = f'{{"a":{{"dtype":"F32","shape":[{numbers}],"data_offsets":[0,{4 * numbers}]}},'
    header += f'"__metadata__":{{"manifest":"{manifest}"}}}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header.encode())
    os.truncate(path, 8 + len(header) + 4 * numbers)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FootprintsError, match=sentence):
        load_network(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
