"""Strips that are kept: whole or not at all, for the very same run only, gone when they are no longer needed."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from building_footprints_plugin.engine import kept as module
from building_footprints_plugin.engine.errors import Abandoned, Cancelled, FootprintsError
from building_footprints_plugin.engine.kept import LONG_PX, Keeping, KeptStrips
from building_footprints_plugin.engine.packed import Packed, pack

COUNT = 5


def strips() -> list[Packed]:
    codes = np.random.default_rng(0).integers(0, 256, (COUNT, 2, 7, 11)).astype(np.uint8)
    return [pack(strip) for strip in codes]


def keeping(folder: Path, *, resume: bool = True, goes_on: bool | None = None) -> Keeping:
    goes_on = resume if goes_on is None else goes_on
    return Keeping(folder / ".out.gpkg.strips", "raster, weights, options", 1000, COUNT, resume, goes_on)


class Stopped(Exception):
    """Ends a run from outside, as a crash does."""


def interrupted(asked: Keeping, after: int, error: Exception | None = None) -> list[str]:
    """Keep `after` strips and end with an error; return what was said."""
    said: list[str] = []

    def run(error: Exception) -> None:
        with KeptStrips(asked, said.append) as kept:
            for number, _ in enumerate(kept.kept(iter(strips()[kept.count :])), start=kept.count + 1):
                if number == after:
                    raise error

    with pytest.raises((Stopped, Abandoned, Cancelled)):
        run(error or Stopped())
    return said


def gone_on(asked: Keeping) -> tuple[int, list[Packed], list[str]]:
    said: list[str] = []
    with KeptStrips(asked, said.append) as kept:
        count = kept.count
        found = [*kept.earlier(), *kept.kept(iter(strips()[count:]))]
    return count, found, said


@pytest.mark.parametrize("after", range(1, COUNT))
def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, after: int) -> None:
    interrupted(keeping(tmp_path), after)
    count, found, _ = gone_on(keeping(tmp_path))
    assert count == after
    assert found == strips()
    assert list(tmp_path.iterdir()) == []


def test_it_may_be_interrupted_again_and_again(tmp_path: Path) -> None:
    for after in (1, 2, 4):
        interrupted(keeping(tmp_path), after)
    count, found, _ = gone_on(keeping(tmp_path))
    assert count == 4
    assert found == strips()


def test_whatever_a_crash_leaves_whole_strips_are_found(tmp_path: Path) -> None:
    """The file is cut at every byte, as by a power cut, and every byte is flipped, as by a bad disk."""
    interrupted(keeping(tmp_path), 3)
    path = keeping(tmp_path).path
    whole = path.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 0x55
        for damaged in (whole[:place], bytes(flipped)):
            path.write_bytes(damaged)
            count, found, _ = gone_on(keeping(tmp_path))
            assert count < 3
            assert found == strips()


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        pytest.param({}, {"depends_on": "another raster"}, "another input", id="of something else"),
        pytest.param({}, {"resume": False, "goes_on": False}, "--resume would go on", id="not asked for"),
    ],
)
def test_what_does_not_fit_is_not_used_and_said(
    tmp_path: Path, first: dict[str, object], second: dict[str, object], word: str
) -> None:
    interrupted(replace(keeping(tmp_path), **first), 3)
    count, found, said = gone_on(replace(keeping(tmp_path), **second))
    assert count == 0
    assert [word in text for text in said] == [True]
    assert found == strips()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("resume", "pixels", "error", "stays"),
    [
        pytest.param(True, 1000, Stopped(), True, id="asked for"),
        pytest.param(True, 1000, Cancelled("stop"), True, id="asked for and cancelled"),
        pytest.param(False, 1000, Stopped(), False, id="a short run"),
        pytest.param(False, LONG_PX, Stopped(), True, id="a long run is worth it"),
        pytest.param(False, LONG_PX, Abandoned("gone"), True, id="QGIS has crashed"),
        pytest.param(False, LONG_PX, Cancelled("stop"), False, id="cancelled: nothing is left behind"),
        pytest.param(False, 1000, Abandoned("gone"), False, id="QGIS has crashed in a short run"),
    ],
)
def test_when_strips_stay_after_a_failure(
    tmp_path: Path, resume: bool, pixels: int, error: Exception, stays: bool
) -> None:
    said = interrupted(replace(keeping(tmp_path, resume=resume), pixels=pixels), 2, error)
    assert (list(tmp_path.iterdir()) != []) == stays
    assert any("--resume goes on" in text for text in said) == stays


def test_going_on_without_being_asked_keeps_as_if_it_began(tmp_path: Path) -> None:
    """As QGIS does: what a crash left is used, and a run that is cancelled leaves nothing."""
    asked = keeping(tmp_path, resume=False, goes_on=True)
    interrupted(replace(asked, pixels=LONG_PX), 2)
    count, found, said = gone_on(asked)
    assert found == strips()
    assert (count, said) == (2, [])
    interrupted(replace(asked, pixels=LONG_PX), 2)
    interrupted(replace(asked, pixels=LONG_PX), 3, Cancelled("stop"))
    assert list(tmp_path.iterdir()) == []


def test_one_strip_is_not_worth_a_file(tmp_path: Path) -> None:
    with KeptStrips(replace(keeping(tmp_path), strips=1), print) as kept:
        for _ in kept.kept(iter(strips()[:1])):
            assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("full_after", [0, 1, 3])
def test_a_disk_that_fills_up_is_said_once_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_after: int
) -> None:
    """fsync is where the system says so at the latest; the first call is for the head of the file."""
    calls: list[int] = []

    def fsync(number: int) -> None:
        calls.append(number)
        if len(calls) > full_after:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", fsync)
    _, found, said = gone_on(keeping(tmp_path))
    assert found == strips()
    assert len(said) == 1
    assert "No space left" in said[0]
    assert list(tmp_path.iterdir()) == []


def test_two_runs_that_keep_the_same_strips_do_each_other_no_harm(tmp_path: Path) -> None:
    """Both go on with what a crash left; neither gives or leaves anything but what it would have alone."""
    interrupted(keeping(tmp_path), 2)
    with KeptStrips(keeping(tmp_path), print) as one, KeptStrips(keeping(tmp_path), print) as other:
        assert one.count == other.count == 2
        found = [[*run.earlier()] for run in (one, other)]
        for pair in zip(one.kept(iter(strips()[2:])), other.kept(iter(strips()[2:])), strict=True):
            for mine, codes in zip(found, pair, strict=True):
                mine.append(codes)
    assert found == [strips(), strips()]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_another_program_changes_is_no_result(tmp_path: Path) -> None:
    interrupted(keeping(tmp_path), 3)
    with KeptStrips(keeping(tmp_path), print) as kept:
        keeping(tmp_path).path.write_bytes(b"")
        with pytest.raises(FootprintsError, match="changed by another program"):
            list(kept.earlier())
