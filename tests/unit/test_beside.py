"""Work beside other work: in order, never far ahead, errors at their place, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rasters import write_raster
from towns import town

from building_footprints_plugin.engine import extract as extracting
from building_footprints_plugin.engine.beside import Other, Task, ahead, in_process
from building_footprints_plugin.engine.errors import BadInput, Cancelled, FootprintsError
from building_footprints_plugin.engine.extract import Source, Target
from building_footprints_plugin.engine.options import SegmentOptions

ROOT = Path(__file__).parents[2]


def counted(made: list[int], count: int = 10) -> Generator[int, None, None]:
    for number in range(count):
        made.append(number)
        yield number


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_made_ahead_comes_in_order_and_not_all_at_once(count: int) -> None:
    made: list[int] = []
    before = threads()
    for number in ahead(counted(made), count):
        assert len(made) <= number + 1 + count
        assert len(threads() - before) == 1
    assert made == list(range(10))
    assert threads() <= before


def test_an_error_ahead_comes_at_its_place() -> None:
    def broken() -> Generator[int, None, None]:
        yield 1
        raise BadInput("truncated")

    before = threads()
    items = ahead(broken())
    assert next(items) == 1
    with pytest.raises(BadInput, match="truncated"):
        next(items)
    assert threads() <= before


def test_stopping_early_ends_what_is_made_ahead() -> None:
    closed = threading.Event()

    def endless() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = threads()
    items = ahead(endless())
    next(items)
    items.close()
    assert closed.is_set()
    assert threads() <= before


def doubled(items: Iterator[int], times: int) -> Iterator[tuple[int, int]]:
    for item in items:
        yield os.getpid(), item * times
    yield os.getpid(), -1


def failing(items: Iterator[int], how: str) -> Iterator[int]:
    yield next(items)
    if how == "killed":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # which is as final on Windows
    if how == "sentence":
        raise BadInput("no good")
    if how == "bug":
        raise ZeroDivisionError("oops")
    time.sleep(60)
    print("outlived", flush=True)


def test_another_process_gives_what_this_one_would() -> None:
    found = list(in_process(Task(doubled, (3,)), iter(range(5))))
    assert [value for _, value in found] == [0, 3, 6, 9, 12, -1]
    assert {pid for pid, _ in found}.isdisjoint({os.getpid()})


def test_a_process_can_start_before_it_is_known_what_it_is_for() -> None:
    with Other(doubled) as other:
        found = list(other.made((3,), iter(range(5))))
    assert [value for _, value in found] == [0, 3, 6, 9, 12, -1]
    assert {pid for pid, _ in found} == {other.process.pid}
    assert not other.process.is_alive()


def test_a_process_that_was_not_needed_ends() -> None:
    with Other(doubled) as other:
        pass
    assert not other.process.is_alive()


def test_a_process_that_ended_before_it_was_needed_is_said() -> None:
    with Other(doubled) as other:
        other.process.kill()
        other.process.join()
        with pytest.raises(FootprintsError, match="ended by itself"):
            list(other.made((3,), iter(range(5))))


def test_a_run_that_was_cancelled_is_not_the_fault_of_the_process() -> None:
    """On Windows Ctrl-C ends both of them, as long as the other one has not started."""

    def check() -> None:
        raise Cancelled("enough")

    with Other(doubled) as other:
        other.process.kill()
        other.process.join()
        with pytest.raises(Cancelled):
            list(other.made((3,), iter(range(5)), check))


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals that can be kept back")
def test_a_process_that_is_starting_does_not_hear_ctrl_c() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with Other(doubled) as other:
        assert other.process.pid is not None
        os.kill(other.process.pid, signal.SIGINT)
        assert [value for _, value in other.made((3,), iter(range(2)))] == [0, 3, -1]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_a_process_that_is_gone_is_not_waited_for_though_its_end_is_held() -> None:
    """As Windows holds it here until the other process takes it, which may end before."""
    ours, theirs = Pipe()
    with Other(doubled) as other, ours, theirs:
        other.process.kill()
        other.process.join()
        other.connection.close()
        other.connection = ours
        with pytest.raises(FootprintsError, match="ended by itself"):
            list(other.made((3,), iter(range(5))))


@pytest.mark.parametrize(
    ("how", "error", "text"),
    [
        pytest.param("killed", FootprintsError, "ended by itself", id="by the system, for lack of memory"),
        pytest.param("sentence", BadInput, "no good", id="an error for the user"),
        pytest.param("bug", RuntimeError, "ZeroDivisionError: oops", id="with its traceback"),
    ],
)
def test_what_goes_wrong_there_is_raised_here(how: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        list(in_process(Task(failing, (how,)), iter(range(5))))


def test_items_that_cannot_be_made_end_both() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise BadInput("truncated")

    with pytest.raises(BadInput, match="truncated"):
        list(in_process(Task(doubled, (2,)), items()))


def test_a_long_wait_can_be_cancelled() -> None:
    """Once there is a first result; after it the other process sleeps for a minute, and ends."""
    found: list[int] = []

    def check() -> None:
        if found:
            raise Cancelled("enough")

    def run() -> None:
        for value in in_process(Task(failing, ("slow",)), iter(range(5)), check):
            found.append(value)

    with pytest.raises(Cancelled):
        run()


PARENT = """
import sys
sys.path.insert(0, "tests/unit")
from test_beside import Task, in_process, failing
for pid in in_process(Task(failing, ("slow",)), iter([1])):
    print("waiting", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_nothing_outlives_a_parent_that_is_killed() -> None:
    """The other process holds stdout as well: its end is there when all of them are gone."""
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "waiting\n"
        parent.kill()
        assert parent.stdout.read() == ""  # whoever sleeps on says so in the end


@pytest.mark.parametrize(
    ("source", "target", "loaded", "expected"),
    [
        pytest.param({}, {}, set(), True, id="a large raster"),
        pytest.param({"bounds": (0.0, 0.0, 1.0, 1.0)}, {}, set(), False, id="an extent, which may be small"),
        pytest.param({"aoi": Path("area.gpkg")}, {}, set(), False, id="polygons, which may be"),
        pytest.param({}, {"footprints": None}, set(), False, id="no outlines are asked for"),
        pytest.param({}, {}, {"torch"}, False, id="the network is loaded: there is nothing to wait for"),
    ],
)
def test_when_outlines_get_a_process_before_the_network_is_loaded(
    tmp_path: Path,
    source: dict[str, Any],
    target: dict[str, Any],
    loaded: set[str],
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raster = write_raster(tmp_path / "town.tif", town())
    monkeypatch.setattr(extracting, "BESIDE_PX", town().shape[1] * town().shape[2])
    monkeypatch.setattr(extracting, "sys", SimpleNamespace(modules=loaded))
    wanted = Target(**{"footprints": tmp_path / "out.gpkg", **target})
    assert extracting._starts_early(Source(raster, **source), wanted, SegmentOptions()) is expected
    monkeypatch.setattr(extracting, "BESIDE_PX", town().shape[1] * town().shape[2] + 1)
    assert not extracting._starts_early(Source(raster, **source), wanted, SegmentOptions()), "a pixel too small"
