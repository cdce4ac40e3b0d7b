"""The bridge against an engine that behaves well, badly and not at all."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

import pytest

from building_footprints_plugin.bridge import pipes
from building_footprints_plugin.bridge.errors import BridgeError, EngineCrashed, RunCancelled
from building_footprints_plugin.bridge.process import CLOSE_S, KILL_S, TERMINATE_S, EngineProcess
from building_footprints_plugin.bridge.run import POLL_S, Limits, run_command

pytestmark = pytest.mark.usefixtures("patient")


def test_result_progress_and_messages_arrive(fake_engine, feedback):
    assert run_command(fake_engine("good"), feedback, Limits(bar_start=10, bar_end=90)) == {"count": 3}
    assert feedback.fractions == [30, 90]
    assert feedback.infos == ["a fact"]
    assert feedback.warnings == ["a doubt"]


@pytest.mark.parametrize(
    ("behaviour", "count"),
    [
        ("chatty", 4),  # lines that are not the engine's are passed over
        ("floods", 7),  # neither pipe may fill up and stop the engine
        ("huge_line", 8),  # cut off, not collected
        ("leaves_a_child", 9),  # the pipe outlives the process
    ],
)
def test_odd_output_does_no_harm(fake_engine, feedback, behaviour, count):
    assert run_command(fake_engine(behaviour), feedback) == {"count": count}


@pytest.mark.parametrize(
    ("behaviour", "error", "says"),
    [
        ("says_error", BridgeError, r"^Band 9 was asked for; the raster has 3\.$"),
        ("crashes", EngineCrashed, r"exit code 1 .*(?s:.)*loading(?s:.)*RuntimeError: the network fell over"),
        ("kills_itself", EngineCrashed, r"signal 9.*memory"),
        ("no_result", EngineCrashed, r"exit code 0 and without a result"),
        ("result_then_fails", EngineCrashed, r"exit code 1"),
    ],
)
def test_a_failed_run_is_a_sentence(fake_engine, feedback, behaviour, error, says):
    with pytest.raises(error, match=says):
        run_command(fake_engine(behaviour), feedback)


def test_a_python_that_is_not_there(feedback):
    with pytest.raises(BridgeError, match=r"no-python cannot be started: No such file"):
        run_command(["/no-python", "-c", ""], feedback)


@pytest.mark.parametrize(
    ("behaviour", "limits", "says"),
    [
        ("silent", Limits(silence_s=0.5), "silent for 0.5 seconds"),
        ("closes_stdout_only", Limits(exit_s=0.5), "closed its output but did not end"),
    ],
)
def test_every_wait_has_an_end(fake_engine, feedback, behaviour, limits, says):
    with pytest.raises(EngineCrashed, match=says):
        run_command(fake_engine(behaviour), feedback, limits)


@pytest.mark.parametrize("behaviour", ["obeys", "deaf"])
def test_cancel_ends_the_engine_within_two_seconds(fake_engine, feedback, tmp_path, monkeypatch, behaviour):
    """Of what is waited for, that is; `deaf` also has a child, which must not be left behind either."""
    waits, wait = [], EngineProcess.wait
    monkeypatch.setattr(EngineProcess, "wait", lambda self, timeout: (waits.append(timeout), wait(self, timeout))[1])

    def cancel_when_it_runs() -> None:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        feedback.cancel()

    threading.Thread(target=cancel_when_it_runs, daemon=True).start()
    with pytest.raises(RunCancelled):
        run_command(fake_engine(behaviour, tmp_path / "pid"), feedback)
    assert waits[:2] == [CLOSE_S, TERMINATE_S][: len(waits)]
    assert 1 <= len(waits) <= 3
    assert POLL_S + CLOSE_S + TERMINATE_S + KILL_S < 2
    wait_until_gone(int((tmp_path / "pid").read_text()))


def test_an_error_in_this_process_also_ends_the_engine(fake_engine, tmp_path):
    class Broken:
        def isCanceled(self) -> bool:
            if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
                raise ValueError("broken")
            return False

        def setProgress(self, value: float) -> None:
            pass

    with pytest.raises(ValueError, match="broken"):
        run_command(fake_engine("obeys", tmp_path / "pid"), Broken())
    wait_until_gone(int((tmp_path / "pid").read_text()))


def test_the_end_of_a_line_too_long_is_skipped(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"short\n" + b"x" * 25 + b"\nnext \xff\nlast")
    with path.open("rb") as stream:
        assert list(pipes.bounded_lines(stream, 10)) == ["short", "x" * 10, "next �", "last"]


def wait_until_gone(group: int) -> None:
    """A process that is not our own, as a child's child, is there for a moment after it was killed."""
    deadline = time.monotonic() + 50
    while processes_of_group(group):
        assert time.monotonic() < deadline, "by itself it would end after a minute"
        time.sleep(0.01)


def processes_of_group(group: int) -> list[int]:
    """Return the live (not zombie) processes of a process group."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                state, _, owner = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
                if int(owner) == group and state != "Z" and int(folder.name) != os.getpid():
                    found.append(int(folder.name))
    return found
