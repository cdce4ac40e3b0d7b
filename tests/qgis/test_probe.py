"""Which Python runs the engine, why the others do not, and that the question is asked once."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import FAKE_ENGINE
from qgis.core import QgsSettings

from building_footprints_plugin.bridge import probe as probing
from building_footprints_plugin.bridge import python
from building_footprints_plugin.bridge.errors import EngineMissing
from building_footprints_plugin.bridge.python import SETTING, VARIABLE, Candidate, candidates
from building_footprints_plugin.bridge.report import installation_report


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Every test asks the Pythons anew and leaves no settings behind."""
    probing.forget()
    yield
    probing.forget()
    QgsSettings().remove("BuildingFootprints")


@pytest.fixture
def stand_in(tmp_path):
    """Make an executable that stands in for a Python: it prints a result line, then ends with a code."""

    def make(name: str, missing: tuple[str, ...] = (), code: int = 0, text: str = "") -> Path:
        path = tmp_path / name
        line = text or json.dumps({"type": "result", "version": "0.1.0", "missing": list(missing), "weights": {}})
        path.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/{name}.asked\necho '{line}'\necho why >&2\nexit {code}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return make


@pytest.fixture
def only(monkeypatch):
    """Let the candidates be just these paths."""

    def choose(*paths: Path) -> None:
        made = [Candidate(str(path), "the test") for path in paths]
        monkeypatch.setattr(probing, "candidates", lambda: made)
        monkeypatch.setattr("building_footprints_plugin.bridge.report.candidates", lambda: made)

    return choose


def asked(path: Path) -> int:
    return len(path.with_name(path.name + ".asked").read_text().splitlines())


def test_candidates_come_in_the_promised_order(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "from variable"))
    QgsSettings().setValue(SETTING, str(tmp_path / "from setting"))
    found = [candidate.path for candidate in candidates()]
    assert found[:2] == [str(tmp_path / "from variable"), str(tmp_path / "from setting")]
    assert found[2] == str(python.managed_python())
    assert all(os.path.isfile(path) for path in found[3:]), "QGIS's own Pythons are those that exist"
    assert len(found) > 3


@pytest.mark.parametrize(
    ("program", "python_at", "found"),
    [
        ("Contents/MacOS/QGIS", "Contents/MacOS/bin/python3", True),  # the bundle's Python lies below the program
        ("bin/qgis-bin", "bin/python3", True),  # sys.prefix is where it belongs
        ("shims/python3", "shims/python3", False),  # a Python of the user's that happens to be first on the path
    ],
)
def test_qgis_s_own_python_is_not_whatever_sys_executable_says(monkeypatch, tmp_path, program, python_at, found):
    (tmp_path / python_at).parent.mkdir(parents=True)
    (tmp_path / python_at).symlink_to(os.path.realpath(sys.executable))
    monkeypatch.setattr(sys, "executable", str(tmp_path / program))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert python.qgis_pythons() == ([tmp_path / python_at] if found else [])


def test_a_relative_path_and_a_bare_name_are_made_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "env/bin/python")
    assert candidates()[0].path == str(tmp_path / "env/bin/python")
    monkeypatch.setenv(VARIABLE, "sh")
    assert candidates()[0].path.endswith("/sh")
    assert os.path.isabs(candidates()[0].path)


def test_the_first_that_works_is_taken_and_the_answer_kept(stand_in, only):
    broken, good, never = stand_in("broken", code=1, text="no JSON"), stand_in("good"), stand_in("never")
    only(broken, good, never)
    for _ in range(3):
        assert probing.find_engine().candidate.path == str(good)
    assert (asked(broken), asked(good)) == (1, 1)
    assert not never.with_name("never.asked").exists()


def test_a_good_answer_outlives_the_session_but_not_a_changed_file(stand_in, only):
    good = stand_in("good")
    only(good)
    probing.find_engine()
    probing._answers.clear()  # as when QGIS starts again
    probing.find_engine()
    assert asked(good) == 1
    probing._answers.clear()
    os.utime(good, (1, 1))
    probing.find_engine()
    assert asked(good) == 2


def test_a_bad_answer_does_not_outlive_the_session(stand_in, only):
    bad = stand_in("bad", missing=("torch",))
    only(bad)
    for _ in range(2):
        with pytest.raises(EngineMissing):
            probing.find_engine()
    assert asked(bad) == 1
    probing._answers.clear()
    with pytest.raises(EngineMissing):
        probing.find_engine()
    assert asked(bad) == 2


def test_polygonizing_and_scoring_need_no_torch(stand_in, only):
    light = stand_in("light", missing=("torch", "safetensors"))
    only(light)
    assert probing.find_engine(with_network=False).candidate.path == str(light)
    with pytest.raises(EngineMissing, match="lacks the packages safetensors, torch"):
        probing.find_engine(with_network=True)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda stand_in, folder: folder / "nowhere", "there is no such file"),
        (lambda stand_in, folder: stand_in("odd", text="hello"), "exit code 0 and without a result. .*why"),
        (lambda stand_in, folder: stand_in("fails", code=3, text="hello"), "exit code 3 and without a result. .*why"),
        (lambda stand_in, folder: stand_in("bare", missing=("numpy", "torch")), "lacks the packages numpy, torch"),
        (
            lambda stand_in, folder: stand_in("new", text='{"type": "result", "missing": 3}'),
            "no usable missing; engine",
        ),
        (lambda stand_in, folder: stand_in("newer", text='{"type": "result"}'), "no usable missing; engine and plugin"),
        (lambda stand_in, folder: FAKE_ENGINE, "cannot be started: Permission denied"),
    ],
)
def test_every_failure_is_named(make, reason, stand_in, only, tmp_path):
    path = make(stand_in, tmp_path)
    only(path)
    with pytest.raises(EngineMissing, match=f"(?s)No Python was found.*{path} .the test.: .*{reason}"):
        probing.find_engine()


def test_a_python_that_never_answers_is_given_up(only, tmp_path, monkeypatch):
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o755)
    only(sleeper)
    monkeypatch.setattr(probing, "PROBE_S", 0.3)
    with pytest.raises(EngineMissing, match=r"silent for 0\.3 seconds"):
        probing.find_engine()


def test_forget_asks_anew(stand_in, only):
    good = stand_in("good")
    only(good)
    probing.find_engine()
    probing.forget()
    probing.find_engine()
    assert asked(good) == 2


@pytest.mark.parametrize("kept", ["{not JSON", "[1]", '{"KEY": 3}', '{"KEY": {"missing": "x"}}'])
def test_damaged_settings_do_no_harm(stand_in, only, kept):
    good = stand_in("good")
    QgsSettings().setValue(probing.KEPT_ANSWERS, kept.replace("KEY", probing._key(str(good))))
    only(good)
    assert probing.find_engine().candidate.path == str(good)


def test_the_report_names_the_machine_every_python_and_what_to_do(stand_in, only, tmp_path):
    only(tmp_path / "nowhere", stand_in("light", missing=("torch",)))
    text, works = installation_report()
    assert not works
    for part in ("QGIS ", "Qt ", "memory", "free disk", "no such file", "lacks the packages torch; enough for"):
        assert part in text
    assert "What to do" in text
    assert SETTING in text
    assert VARIABLE in text


def test_the_report_asks_anew_and_says_when_the_weights_are_bad(stand_in, only):
    line = json.dumps({"type": "result", "missing": [], "weights": {"error": "There is no file x.", "path": "x"}})
    good = stand_in("good", text=line)
    only(good)
    probing.find_engine()
    text, works = installation_report()
    assert not works
    assert "The weights cannot be used: There is no file x." in text
    assert asked(good) == 2


@pytest.mark.parametrize(
    ("device", "card", "says"),
    [
        ("cpu", "", "on the CPU the network is slower"),
        ("cpu", "NVIDIA T4, 535.1, 15360 MiB, 15000 MiB", "The graphics card is not used: run Install Engine"),
        ("cuda", "NVIDIA T4, 535.1, 15360 MiB, 15000 MiB", "A trial extraction of 256 x 256 px on cuda"),
    ],
)
def test_the_report_says_whether_the_graphics_card_is_used(stand_in, only, monkeypatch, tmp_path, device, card, says):
    programs = tmp_path / "programs"
    programs.mkdir()
    if card:
        (programs / "nvidia-smi").write_text(f"#!/bin/sh\necho '{card}'\n")
        (programs / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    line = {"type": "result", "missing": [], "weights": {}, "device": device, "seconds": 0.1}
    only(stand_in("good", text=json.dumps(line)))
    text, works = installation_report()
    assert works
    assert says in text
    assert (card or "no NVIDIA driver found") in text
    assert "GiB free" in text


def test_the_report_is_no_success_when_the_trial_fails(stand_in, only, tmp_path):
    """It answers what it is asked, but has nothing to say on an extraction."""
    line = json.dumps({"type": "result", "missing": [], "weights": {}})
    path = tmp_path / "half"
    path.write_text(f"#!/bin/sh\ncase \"$*\" in *extract*) echo no such luck >&2; exit 1;; esac\necho '{line}'\n")
    path.chmod(0o755)
    only(path)
    text, works = installation_report()
    assert not works
    assert "A trial extraction failed: The engine ended with exit code 1" in text
    assert "no such luck" in text
    assert text.endswith("Run Install Engine with repair.")
