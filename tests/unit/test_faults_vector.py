"""What happens to vector outputs when the disk, the folder or another program gets in the way."""

from __future__ import annotations

import fcntl
import os
import re
import resource
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from faulty import disk_of
from footprint_cases import EAST, NORTH, UTM, on_ground

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.vector import (
    FootprintWriter,
    Layer,
    SourceImage,
    layer_names,
    lock,
    read_layer,
    staging,
)
from building_footprints_plugin.engine.vector import writer as writing
from building_footprints_plugin.engine.vector.writer import write_layers

HOUSES = on_ground(*[(20 * col, 20 * row, 20 * col + 10, 20 * row + 10) for col in range(40) for row in range(10)])
IMAGE = SourceImage("town", Affine(0.5, 0, EAST, 0, -0.5, NORTH + 200), UTM)
SUFFIXES = [".gpkg", ".geojson", ".fgb", ".parquet", ".shp", ".csv"]


def write(path: Path, count: int = len(HOUSES), layer: str | None = None) -> None:
    """Write houses whose confidence is their number / 1000, so that a mixture of two runs would show."""
    ones = np.ones(count)
    with FootprintWriter(path, UTM, layer, IMAGE) as writer:
        fields = {"id": np.arange(count), "confidence": ones * count / 1000, "area_m2": ones, "perimeter_m": ones}
        writer.write(HOUSES[:count], fields)


def count_of(path: Path, layer: str | None = None) -> int:
    """Return how many houses a whole file holds, all of one run."""
    if path.suffix == ".csv":
        rows = path.read_text().splitlines()[1:]
        assert len({row.rpartition(",")[2] for row in rows}) == 1
        return len(rows)
    found = read_layer(path, layer)
    assert found.fields["confidence"] == pytest.approx(np.full(len(found), len(found) / 1000))
    return len(found)


# Just below what each format needs for the houses is where a file is cut off as it is closed.
SIZES = (0, 20_000, 52_000, 87_000, 89_600, 125_000, 500_000)


@pytest.mark.parametrize("at_the_end", [False, True], ids=["while it runs", "when the format is made"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_disk_that_fills_up_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, at_the_end: bool
) -> None:
    """Either all houses are there, or one sentence says why not and what was there before still is."""
    place, put_in_place = tmp_path / f"out{suffix}", writing._put_in_place
    write(place, 7)
    outcomes = []
    for size in SIZES:
        with disk_of(resource.RLIM_INFINITY if at_the_end else size):
            if at_the_end:
                monkeypatch.setattr(writing, "_put_in_place", lambda *_, s=size: _within(s, put_in_place, _))
            outcomes.append(outcome_of(place))
        assert count_of(place) == (len(HOUSES) if outcomes[-1] == "whole" else 7)
        assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []
        monkeypatch.undo()
        write(place, 7)
    assert outcomes[-1] == "whole"
    assert re.search(r"^[^\n]* could not be written [^\n]* is the disk full\?$", outcomes[0])


def outcome_of(place: Path) -> str:
    """Write, and return "whole" or the sentence that says why not."""
    try:
        write(place)
    except FootprintsError as error:
        return str(error)
    return "whole"


def _within(size: int, act: Callable[..., None], arguments: tuple) -> None:
    with disk_of(size):
        act(*arguments)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_that_is_removed_during_the_run(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def run() -> None:
        with FootprintWriter(folder / f"b{suffix}", UTM, None, IMAGE) as writer:
            writer.write(HOUSES[:1], {name: [1] for name in ("id", "confidence", "area_m2", "perimeter_m")})
            shutil.rmtree(folder)

    with pytest.raises(FootprintsError, match="could not be written"):
        run()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder where nobody may write, not even root")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_where_nobody_may_write(suffix: str) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        FootprintWriter(f"/proc/self/out{suffix}", UTM, None, IMAGE)


def test_a_refusal_is_believed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows tempfile takes it for a name that is taken, and tries the next one of two billion."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as windows:
        windows.setattr(os, "open", refuse)
        windows.setattr(staging, "stage", lambda _: pytest.fail("tempfile was asked"))
        with pytest.raises(BadInput, match="cannot be written"):
            staging.check_target(tmp_path / "out.gpkg")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("how", ["BEGIN IMMEDIATE", "PRAGMA journal_mode=WAL"])
def test_a_geopackage_that_another_program_opens_during_the_run(tmp_path: Path, how: str) -> None:
    """It is not replaced under that program; what that one has written stays."""
    target = tmp_path / "out.gpkg"
    write(target, 7)

    def run() -> sqlite3.Connection:
        with FootprintWriter(target, UTM):
            other = sqlite3.connect(target)
            other.execute(how)
            other.execute("CREATE TABLE theirs (a)")
            return other

    with pytest.raises(BadInput, match="is open in another program"):
        run()
    assert count_of(target) == 7


def test_what_another_program_adds_during_the_run_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "out.gpkg"
    write(target, 7)
    with FootprintWriter(target, UTM, "ours") as writer:
        writer.write(HOUSES[:1], {name: [1] for name in ("id", "confidence", "area_m2", "perimeter_m")})
        write(target, 5, "theirs")
    assert layer_names(target) == ["out", "theirs", "ours"]


def together(*acts: Callable[[], None]) -> None:
    """Run functions in threads at once; fail if one fails or hangs."""
    failed: list[BaseException] = []

    def guarded(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
        assert not thread.is_alive()
    assert failed == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_of_two_runs_into_one_file_the_last_one_stays_whole(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    for _ in range(2):
        together(*[lambda count=count: write(target, count) for count in (50, 100, 150, 400)])
        assert count_of(target) in (50, 100, 150, 400)
        assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


def test_runs_into_layers_of_one_geopackage_keep_each_others(tmp_path: Path) -> None:
    target = tmp_path / "out.gpkg"
    counts = {"a": 50, "b": 100, "c": 150, "d": 400}
    together(
        *[lambda name=name: write(target, counts[name], name) for name in "abc"],
        lambda: write_layers(target, {"d": Layer(HOUSES, {"confidence": np.full(400, 0.4)}, UTM)}),
    )
    assert {name: count_of(target, name) for name in layer_names(target)} == counts


class Slow(sqlite3.Connection):
    """Keeps the right to write for a while."""

    def rollback(self) -> None:
        time.sleep(0.2)
        super().rollback()


def test_runs_that_look_at_one_geopackage_are_no_other_programs_to_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.gpkg"
    write(target, 7)
    monkeypatch.setattr(staging.sqlite3, "connect", partial(sqlite3.connect, factory=Slow))
    together(*[partial(FootprintWriter, target, UTM)] * 4)


def test_waiting_for_another_run_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "WAIT_S", 0.2)
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(FootprintsError, match="Another run has been writing into"):
            write(tmp_path / "out.fgb")
    finally:
        os.close(handle)
    assert os.listdir(tmp_path) == []
    write(tmp_path / "out.fgb")
