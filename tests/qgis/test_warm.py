"""The engine that is kept between runs: which run gets it, what ends it, and that no run is lost with it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import processing
import pytest
from conftest import FAKE_ENGINE, ROOT, Listener, pixels
from qgis.core import QgsSettings

from building_footprints_plugin import classFactory
from building_footprints_plugin.bridge import install as installing
from building_footprints_plugin.bridge import warm
from building_footprints_plugin.bridge.errors import BridgeError, EngineCrashed, RunCancelled
from building_footprints_plugin.bridge.packages import Source
from building_footprints_plugin.bridge.process import CLOSE_S, KILL_S, TERMINATE_S, EngineProcess
from building_footprints_plugin.bridge.run import POLL_S, Limits, Run
from building_footprints_plugin.bridge.warm import CANCEL_S, KEEP_SETTING, end_engines, run_warm

Ask = Callable[..., dict]


@pytest.fixture(autouse=True)
def _none_is_left(patient: None) -> Iterator[None]:
    end_engines()
    yield
    end_engines()
    QgsSettings().remove(KEEP_SETTING)


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A Python, in an environment, that runs the fake engine whatever it is asked to run; notes how it was started."""
    path = tmp_path / "environment" / "bin" / "python"
    path.parent.mkdir(parents=True)
    note = f'echo "$@" | tail -n 1 >> {tmp_path}/started'
    path.write_text(f"#!/bin/sh\n{note}\nexec {sys.executable} {FAKE_ENGINE} serve\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def ask(python: Path) -> Ask:
    """Run the fake engine in the way named first."""
    return lambda *words, feedback=None: run_warm(str(python), list(map(str, words)), feedback or Listener(), Limits())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 50
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_second_run_gets_the_engine_of_the_first(ask):
    first, second = Listener(), Listener()
    assert ask("who", feedback=first)["pid"] == ask("who", feedback=second)["pid"]
    assert (first.infos, second.infos) == (["A new engine is started."], ["The engine is warm."])


def test_a_run_that_is_refused_keeps_it(ask):
    pid = ask("who")["pid"]
    with pytest.raises(BridgeError, match=r"^Band 9 was asked for; the raster has 3\.$"):
        ask("refuses")
    assert ask("who") == {"pid": pid, "number": 3, "folder": os.getcwd()}


def test_a_crash_is_a_sentence_with_the_last_words_of_this_run_and_the_next_run_gets_a_new_one(ask):
    pid = ask("complains")["pid"]
    with pytest.raises(EngineCrashed, match=r"signal 9(?s:.)*the network fell over") as caught:
        ask("dies")
    assert "earlier" not in str(caught.value)
    assert ask("who")["pid"] != pid


@pytest.mark.parametrize("how", ["chatters", "floods", "writes_without_end", "preaches"])
def test_odd_output_does_no_harm_and_keeps_it(ask, how):
    pid, feedback = ask("who")["pid"], Listener()
    assert ask(how, feedback=feedback)["pid"] == pid
    assert ask("who")["pid"] == pid
    assert len(feedback.warnings) <= 1000, "QGIS's log has to take it"
    assert max(map(len, [*feedback.infos, *feedback.warnings])) <= 2000


@pytest.mark.parametrize(
    ("how", "limits", "says"),
    [
        ("falls_silent", Limits(silence_s=0.5), "silent for 0.5 seconds"),
        ("stops_in_a_line", Limits(), "exit code 3"),
    ],
)
def test_one_that_does_not_come_to_an_end_is_ended_and_replaced(ask, python, how, limits, says):
    pid = ask("who")["pid"]
    with pytest.raises(EngineCrashed, match=says):
        run_warm(str(python), [how], Listener(), limits)
    assert not alive(pid)
    assert ask("who")["pid"] != pid


@pytest.mark.parametrize("how", ["ends_after", "hangs_after"])
def test_one_that_is_gone_when_it_is_needed_is_replaced_unseen(ask, monkeypatch, how):
    """It ends by itself after a while, perhaps just now; or it hangs."""
    monkeypatch.setattr(warm, "BEGIN_S", 0.3)
    pid = ask(how)["pid"]
    assert ask("who")["pid"] != pid
    assert not alive(pid)


@pytest.mark.parametrize(
    "change",
    [
        lambda python, patch: os.utime(python, (1, 1)),
        lambda python, patch: (python.parent.parent / "pyvenv.cfg").touch(),
        lambda python, patch: (python.parent.parent / "lib/python3.11/site-packages/torch-9.dist-info").mkdir(
            parents=True
        ),
        lambda python, patch: patch.setenv("CUDA_VISIBLE_DEVICES", "7"),
        lambda python, patch: patch.setattr(warm, "PACKAGE", python.parent),
    ],
    ids=["Python", "environment", "packages", "variables", "engine's code"],
)
def test_what_it_was_started_from_has_changed(ask, python, monkeypatch, change):
    pid = ask("who")["pid"]
    change(python, monkeypatch)
    new = ask("who")["pid"]
    assert new != pid
    assert not alive(pid)
    assert ask("who")["pid"] == new


def cancelled(ask: Ask, how: str, sign: Path) -> None:
    """Cancel a run once `sign` shows that it is at work."""
    feedback = Listener()

    def cancel() -> None:
        wait_for(sign.exists)
        feedback.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(RunCancelled):
        ask(how, sign, feedback=feedback)


@pytest.fixture
def time_to_obey(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine also an engine that obeys needs longer than a user should wait."""
    monkeypatch.setattr(warm, "CANCEL_S", 60.0)


@pytest.mark.usefixtures("time_to_obey")
def test_a_cancelled_run_that_stops_keeps_it(ask, tmp_path):
    pid = ask("who")["pid"]
    cancelled(ask, "obeys", tmp_path / "sign")
    assert ask("who")["pid"] == pid


def test_a_cancelled_run_that_does_not_stop_ends_with_it(ask, tmp_path, monkeypatch):
    """Within two seconds, of what it waits for."""
    waits: list[float] = []
    for kind, name in ((EngineProcess, "wait"), (Run, "drain")):
        method = getattr(kind, name)
        monkeypatch.setattr(kind, name, lambda self, s, method=method: (waits.append(s), method(self, s))[1])
    cancelled(ask, "deaf", tmp_path / "sign")
    pid = int((tmp_path / "sign").read_text())
    assert not alive(pid)
    assert waits[:-1] == [CANCEL_S, 0, TERMINATE_S]
    assert POLL_S + CANCEL_S + TERMINATE_S + KILL_S < 2
    assert CLOSE_S <= CANCEL_S, "as long as one that runs nothing else"
    assert ask("who")["pid"] != pid


@pytest.mark.usefixtures("time_to_obey")
def test_an_error_in_this_process_does_not_leave_a_run_behind(ask, tmp_path):
    class Broken(Listener):
        def isCanceled(self) -> bool:
            if (tmp_path / "sign").exists():
                raise ValueError("broken")
            return False

    with pytest.raises(ValueError, match="broken"):
        ask("obeys", tmp_path / "sign", feedback=Broken())
    assert ask("who")["number"] == 2, "it was cancelled, and is free"


def test_runs_at_the_same_time_have_an_engine_each_and_one_is_kept(ask, tmp_path):
    signs, pids = [tmp_path / "one", tmp_path / "two"], []
    threads = [
        threading.Thread(target=lambda mine=mine, other=other: pids.append(ask("waits", mine, other)["pid"]))
        for mine, other in (signs, signs[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(pids)) == 2
    assert sorted(map(alive, pids)) == [False, True]
    assert ask("who")["pid"] in pids


@pytest.mark.parametrize(
    ("setting", "kept", "told"), [(0, False, 60), (7.5, True, 7.5), ("soon", True, 300), (None, True, 300)]
)
def test_how_long_it_is_kept_is_a_setting(ask, tmp_path, setting, kept, told):
    if setting is not None:
        QgsSettings().setValue(KEEP_SETTING, setting)
    assert alive(ask("who")["pid"]) == kept
    assert (tmp_path / "started").read_text().split()[-1] == f"--idle={told:g}"


def test_it_ends_with_the_plugin(ask):
    pid = ask("who")["pid"]
    classFactory(None).unload()
    assert not alive(pid)


def test_it_ends_before_its_environment_is_removed(python):
    engine = python.parent.parent.rename(python.parent.parent.with_name("engine"))
    pid = run_warm(str(engine / "bin" / "python"), ["who"], Listener(), Limits())["pid"]
    assert installing.remove(engine.parent)
    assert not alive(pid)


def test_it_ends_before_its_environment_is_completed(ask, tmp_path, feedback, monkeypatch):
    pid, seen = ask("who")["pid"], []
    monkeypatch.setattr(installing, "find_uv", lambda *_: "uv")
    monkeypatch.setattr(installing, "_runs", lambda *_: True)
    monkeypatch.setattr(installing, "_check", lambda *_: None)
    monkeypatch.setattr(installing, "_fill", lambda *_: seen.append(alive(pid)))
    (tmp_path / "engine").mkdir()
    installing.install(installing.Order(tmp_path, Source(), "", {}), feedback)
    assert seen == [False]


def test_the_real_engine_stays_for_the_next_algorithm(provider, raster, tmp_path):
    """The second finds what the first did; a command that needs no network runs in the same process."""
    probability = str(tmp_path / "p.tif")
    asked = [
        ("segmentbuildings", {"INPUT": str(raster()), "OUTPUT": probability}),
        ("segmentbuildings", {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "again.tif")}),
        ("polygonizebuildings", {"INPUT": probability, "OUTPUT": "memory:"}),
    ]
    said = []
    for algorithm, parameters in asked:
        feedback = Listener()
        processing.run(f"buildingfootprints:{algorithm}", parameters, feedback=feedback)
        said += [text for text in feedback.infos if text in ("A new engine is started.", "The engine is warm.")]
    assert said == ["A new engine is started.", "The engine is warm.", "The engine is warm."]
    assert pixels(probability) == pixels(tmp_path / "again.tif")


def test_a_python_that_cannot_be_started(tmp_path):
    with pytest.raises(BridgeError, match="cannot be started: No such file"):
        run_warm(str(tmp_path / "python"), ["who"], Listener())


def test_a_python_that_ends_at_once(python, ask):
    python.write_text("#!/bin/sh\necho no such luck >&2\nexit 3\n")
    with pytest.raises(EngineCrashed, match=r"exit code 3(?s:.)*no such luck"):
        ask("who")


KILLED = """
import os, sys
from qgis.core import QgsFeedback
from building_footprints_plugin.bridge.warm import run_warm
print(run_warm(sys.argv[1], ["who"], QgsFeedback())["pid"], flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_killed_qgis_takes_it_along(python, tmp_path):
    """Nobody is left to end it: its stdin does."""
    command = [sys.executable, "-c", KILLED, str(python)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -9, done.stderr
    wait_for(lambda: not alive(int(done.stdout)))
