"""A run that is killed again and again and gone on with ends as one that was left in peace."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from rasters import write_raster
from towns import MANIFEST, WHOLE, Bright, hashes, knows_the_answer, town

from building_footprints_plugin.engine import extract as module
from building_footprints_plugin.engine.errors import FootprintsError
from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.options import RunOptions, SegmentOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.vector import Layer, read_layer

KILLS = 20
TILES = SegmentOptions(tile_px=64, overlap_px=16)


class Counting(Bright):
    """Counts its tiles, and may stop for good."""

    def __init__(self, until: float = np.inf) -> None:
        self.until, self.tiles = until, 0

    def probabilities(self, tiles: NDArray[np.uint8], *, tta: bool = False) -> NDArray[np.float32]:
        if self.tiles >= self.until:
            self.stop()
        self.tiles += len(tiles)
        return super().probabilities(tiles)

    def stop(self) -> None:
        raise FootprintsError("The power is cut.")


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Killed(Counting):
    """Kills its process, in the network's thread: the one that keeps and writes may be anywhere."""

    stop = staticmethod(kill)


class KilledAtTheEnd(Reporter):
    """Kills its process when all is done but to put the outputs in place."""

    def _show(self, fraction: float) -> None:
        if fraction >= 1:
            kill()


@pytest.fixture
def raster(tmp_path: Path) -> str:
    return write_raster(tmp_path / "town.tif", town(600, 300))


def run(raster: str, folder: Path, *, resume: bool = True, reporter: Reporter | None = None) -> Layer:
    folder.mkdir(exist_ok=True)
    target = Target(folder / "out.gpkg", probability=folder / "p.tif", run=RunOptions(resume=resume))
    extract(Source(raster), target, Model(Path("unused"), TILES), WHOLE, reporter or Reporter())
    return read_layer(folder / "out.gpkg")


def use(monkeypatch: pytest.MonkeyPatch, network: Bright) -> None:
    monkeypatch.setattr(module, "_load", lambda model: (network, MANIFEST))


def same(one: Layer, other: Layer) -> bool:
    return hashes(one) == hashes(other) and all(
        np.array_equal(one.fields[name], other.fields[name]) for name in one.fields
    )


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_twenty_kills_change_nothing(tmp_path: Path, raster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At random tiles out of 13 rows of 6, and in the end where the outputs are put in place."""
    use(monkeypatch, Bright())
    expected = run(raster, tmp_path / "peace", resume=False)
    kept, sizes, draws = tmp_path / "war" / ".out.gpkg.strips", set(), random.Random(20)
    for _ in range(KILLS):
        until = draws.randrange(36)  # the network may be two rows and two tiles ahead of what is kept
        child = os.fork()
        if child == 0:
            signal.alarm(120)
            with contextlib.suppress(BaseException):
                use(monkeypatch, Killed(until))
                run(raster, tmp_path / "war", reporter=KilledAtTheEnd())
            os._exit(0)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        sizes.add(kept.stat().st_size if kept.exists() else 0)
    assert len(sizes) > 3, "they went on from one another"
    use(monkeypatch, Bright())
    assert same(run(raster, tmp_path / "war"), expected)
    assert (tmp_path / "war" / "p.tif").read_bytes() == (tmp_path / "peace" / "p.tif").read_bytes()
    assert not (tmp_path / "war" / ".out.gpkg.strips").exists()


def test_finished_rows_are_not_computed_again(tmp_path: Path, raster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 13 rows of 6 tiles, 7 are finished when the power is cut; the last of them has a part in the next one."""
    whole = Counting()
    use(monkeypatch, whole)
    expected = run(raster, tmp_path / "peace", resume=False)
    rows = whole.tiles // 6
    use(monkeypatch, Counting(until=6 * 7 + 3))
    with pytest.raises(FootprintsError, match="power"):
        run(raster, tmp_path / "war")
    rest = Counting()
    use(monkeypatch, rest)
    assert same(run(raster, tmp_path / "war"), expected)
    assert rest.tiles == 6 * (rows - 7 + 1)


def test_other_options_begin_anew(tmp_path: Path, raster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Counting(until=6 * 7 + 3))
    with pytest.raises(FootprintsError, match="power"):
        run(raster, tmp_path / "war")
    again, reporter = Counting(), Reporter()
    use(monkeypatch, again)
    os.utime(raster, ns=(1, 1))  # the raster was written again
    run(raster, tmp_path / "war", reporter=reporter)
    assert again.tiles % 6 == 0
    assert again.tiles > 6 * 7
    assert ["another input" in text for text in reporter.warned] == [True]


@pytest.mark.parametrize(
    ("beside_px", "loaded"),
    [
        pytest.param(0, {"torch"}, id="in a process of its own"),
        pytest.param(0, {}, id="in one that starts before torch is loaded"),
        pytest.param(10**9, {}, id="in the same process"),
    ],
)
def test_a_process_of_its_own_finds_the_same(
    tmp_path: Path, raster: str, monkeypatch: pytest.MonkeyPatch, beside_px: int, loaded: set[str]
) -> None:
    knows_the_answer(monkeypatch)
    monkeypatch.setattr(module, "BESIDE_PX", beside_px)
    monkeypatch.setattr(module, "sys", SimpleNamespace(modules=loaded))
    layer = run(raster, tmp_path / "out")
    assert len(layer.geometry) == 39
    assert sorted(layer.fields["id"]) == list(range(1, 40))
