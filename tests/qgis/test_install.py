"""Install Engine: real uv and pip, offline, with a lock file of one tiny package."""

from __future__ import annotations

import os
import subprocess
import venv
import zipfile
from pathlib import Path

import processing
import pytest
from conftest import ROOT
from qgis.core import QgsProcessingException, QgsSettings
from test_process import wait_until_gone

from building_footprints_plugin.bridge import install as installing
from building_footprints_plugin.bridge import probe
from building_footprints_plugin.bridge.errors import BridgeError, RunCancelled
from building_footprints_plugin.bridge.install import Order, install, is_outdated, remove
from building_footprints_plugin.bridge.packages import Source
from building_footprints_plugin.bridge.probe import Probe
from building_footprints_plugin.bridge.python import FOLDER_SETTING, SETTING, managed_folder, managed_python

pytestmark = pytest.mark.usefixtures("provider")
UV = ROOT / ".venv" / "bin"
WITHOUT_UV = "/usr/bin:/bin"


@pytest.fixture(autouse=True)
def _no_settings_are_left():
    yield
    QgsSettings().remove("BuildingFootprints")
    probe.forget()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel of `tinything`, which the lock file names."""
    folder = tmp_path / "räder und mehr"
    folder.mkdir()
    info = "tinything-1.0.dist-info"
    with zipfile.ZipFile(folder / "tinything-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinything.py", "ANSWER = 42\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinything\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"tinything.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    lock = tmp_path / "lock.txt"
    lock.write_text("tinything==1.0\n")
    monkeypatch.setattr(installing, "LOCK", lock)
    monkeypatch.setenv("PATH", f"{UV}:{WITHOUT_UV}")
    return folder


@pytest.fixture
def runs_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is installed: the engine is said to run there."""
    monkeypatch.setattr(installing, "probe", lambda candidate: Probe(candidate, {}))


def order(tmp_path: Path, wheels: Path, **parts) -> Order:
    given = {"folder": tmp_path / "Profil ä", "source": Source(wheels=str(wheels)), "python": "", "network": {}}
    return Order(**{**given, **parts})


def answer(python: Path) -> str:
    return subprocess.run([python, "-c", "import tinything; print(tinything.ANSWER)"], capture_output=True, text=True,
                          check=False, env={}).stdout.strip()  # fmt: skip


@pytest.mark.usefixtures("runs_there")
def test_an_environment_is_made_with_uv_and_kept(tmp_path, wheels, feedback):
    wanted = order(tmp_path, wheels)
    python = install(wanted, feedback)
    assert answer(python) == "42"
    assert feedback.fractions[-1] == 95
    assert sorted(path.name for path in wanted.folder.iterdir()) == ["engine"], "what uv kept on the way is gone"
    (wanted.folder / "engine" / "kept").touch()
    assert install(wanted, feedback) == python
    assert (wanted.folder / "engine" / "kept").exists(), "what is there is completed, not made again"
    subprocess.run([UV / "uv", "pip", "uninstall", "--quiet", "--python", python, "tinything"], check=True)
    install(wanted, feedback)
    assert answer(python) == "42"


@pytest.mark.usefixtures("runs_there")
def test_an_environment_whose_python_is_gone_is_made_anew(tmp_path, wheels, feedback):
    wanted = order(tmp_path, wheels)
    python = install(wanted, feedback)
    python.unlink()
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert answer(install(wanted, feedback)) == "42"


@pytest.mark.usefixtures("runs_there")
def test_pip_takes_over_where_uv_cannot_be_had(tmp_path, wheels, feedback, monkeypatch):
    monkeypatch.setenv("PATH", WITHOUT_UV)
    python = install(order(tmp_path, wheels, python="/usr/bin/python3"), feedback)
    assert answer(python) == "42"
    assert any("pip is used in its place" in text for text in feedback.warnings)


@pytest.mark.usefixtures("runs_there")
def test_a_new_environment_takes_the_place_of_the_old_one_when_it_is_whole(tmp_path, wheels, feedback, monkeypatch):
    python = install(order(tmp_path, wheels), feedback)
    engine = python.parent.parent
    (engine / "damage").touch()
    anew = order(tmp_path, wheels, anew=True)
    pin = installing.LOCK.read_text()
    installing.LOCK.write_text("nosuchthing==1.0\n")
    with pytest.raises(BridgeError, match="nosuchthing"):
        install(anew, feedback)
    assert answer(python) == "42", "a repair that fails leaves what was there"
    installing.LOCK.write_text(pin)
    (engine.with_name("engine.new") / "fetched").touch()
    assert install(anew, feedback) == python
    assert answer(python) == "42"
    assert not (engine / "damage").exists()
    assert (engine / "fetched").exists(), "the second try goes on where the first one stopped"
    assert os.listdir(engine.parent) == ["engine"]


@pytest.mark.usefixtures("runs_there")
def test_an_environment_in_use_stays_in_its_place(tmp_path, wheels, feedback, monkeypatch):
    python = install(order(tmp_path, wheels), feedback)
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "engine.new":
            raise PermissionError(13, "Permission denied", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(BridgeError, match=r"engine.new cannot be .*close other QGIS windows"):
        install(order(tmp_path, wheels, anew=True), feedback)
    assert answer(python) == "42"


def test_an_environment_in_which_the_engine_does_not_run_is_no_success(tmp_path, wheels, feedback):
    wanted = order(tmp_path, wheels)
    with pytest.raises(BridgeError, match="the engine does not run there: it lacks the packages .*numpy"):
        install(wanted, feedback)
    assert not (wanted.folder / "engine").exists()


def test_a_package_that_cannot_be_had_is_named(tmp_path, wheels, feedback):
    installing.LOCK.write_text("nosuchthing==1.0\n")
    with pytest.raises(BridgeError, match=r"(?s)failed and said:.*nosuchthing.*must hold a wheel of each package"):
        install(order(tmp_path, wheels), feedback)


def test_cancelling_ends_uv_and_keeps_what_was_fetched(tmp_path, wheels, feedback, monkeypatch):
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "uv").write_text(
        '#!/bin/sh\nmkdir -p "$UV_CACHE_DIR"; touch "$UV_CACHE_DIR/wheel"; echo at work $$; sleep 60\n'
    )
    (slow / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}:{WITHOUT_UV}")
    said: list[str] = []

    def cancel_once_at_work(self, text: str) -> None:
        said.append(text)
        if text.startswith("at work"):
            feedback.cancel()

    monkeypatch.setattr(type(feedback), "pushConsoleInfo", cancel_once_at_work, raising=False)
    with pytest.raises(RunCancelled, match="run Install Engine again to go on"):
        install(order(tmp_path, wheels), feedback)
    assert (tmp_path / "Profil ä" / "cache" / "wheel").exists()
    wait_until_gone(int(said[-1].split()[-1]))


@pytest.mark.usefixtures("runs_there")
def test_an_engine_that_is_kept_warm_ends_before_its_files_change(tmp_path, wheels, feedback, monkeypatch):
    seen: list[tuple[bool, bool]] = []
    folder = tmp_path / "Profil ä"

    def ended() -> None:
        seen.append(((folder / "engine").exists(), (folder / "engine.new").exists()))

    monkeypatch.setattr(installing, "end_engines", ended)
    install(order(tmp_path, wheels), feedback)
    install(order(tmp_path, wheels), feedback)
    install(order(tmp_path, wheels, anew=True), feedback)
    remove(folder)
    made, completed, replaced, removed = seen
    assert (made, completed, replaced, removed) == ((False, True), (True, False), (True, True), (True, False))


def test_removing_takes_only_what_was_installed(tmp_path):
    folder = tmp_path / "mine"
    for name in ("engine", "cache", "thesis"):
        (folder / name).mkdir(parents=True)
    assert remove(folder)
    assert [path.name for path in folder.iterdir()] == ["thesis"]
    assert not remove(folder)


def test_an_environment_of_another_plugin_version_is_outdated(tmp_path, wheels):
    QgsSettings().setValue(FOLDER_SETTING, str(tmp_path))
    managed_folder().mkdir(parents=True)
    assert is_outdated(str(managed_python())), "it was never finished"
    (managed_folder() / installing.INSTALLED).write_bytes(installing.LOCK.read_bytes())
    assert not is_outdated(str(managed_python()))
    installing.LOCK.write_text("tinything==2.0\n")
    assert is_outdated(str(managed_python()))
    assert not is_outdated("/usr/bin/python3"), "what the user chose is the user's"


def test_the_lock_file_pins_everything_the_engine_needs():
    lines = (ROOT / "building_footprints_plugin" / "engine_lock.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all("==" in line for line in pins)
    names = {line.partition("==")[0] for line in pins}
    assert {"torch", "numpy", "rasterio", "shapely", "pyogrio", "safetensors", "scipy"} <= names
    assert "torch==2.13.0" in pins


def run(**parameters: object) -> dict:
    return processing.run("buildingfootprints:installengine", parameters)


@pytest.mark.usefixtures("runs_there")
def test_the_algorithm_installs_into_another_folder_repairs_and_removes(tmp_path, wheels):
    QgsSettings().setValue(SETTING, "/an/older/choice")
    python = run(FOLDER=str(tmp_path / "else"), WHEELS=str(wheels))["PYTHON_USED"]
    assert python == str(tmp_path / "else" / "building_footprints" / "engine" / "bin" / "python")
    assert managed_python() == Path(python)
    assert not QgsSettings().value(SETTING), "an older choice would go first"
    (managed_folder() / "damage").touch()
    assert run(ACTION="repair", WHEELS=str(wheels))["PYTHON_USED"] == python
    assert not (managed_folder() / "damage").exists()
    run(ACTION="remove")
    assert os.listdir(tmp_path / "else" / "building_footprints") == []
    assert not QgsSettings().value(FOLDER_SETTING)


def test_another_folder_is_remembered_only_once_the_engine_is_there(tmp_path, wheels):
    installing.LOCK.write_text("nosuchthing==1.0\n")
    with pytest.raises(QgsProcessingException, match="nosuchthing"):
        run(FOLDER=str(tmp_path / "else"), WHEELS=str(wheels))
    assert not QgsSettings().value(FOLDER_SETTING)


def test_a_python_of_ones_own_is_checked_before_it_is_used(tmp_path):
    good = os.environ["BUILDING_FOOTPRINTS_PYTHON"]
    assert run(ACTION="use", PYTHON=good)["PYTHON_USED"] == good
    assert QgsSettings().value(SETTING) == good
    venv.create(tmp_path / "bare", symlinks=True)
    with pytest.raises(QgsProcessingException, match="cannot run the engine: it lacks the packages"):
        run(ACTION="use", PYTHON=str(tmp_path / "bare" / "bin" / "python"))
    assert QgsSettings().value(SETTING) == good


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"ACTION": "use"}, "Name the Python that is to be used"),
        ({"ACTION": "use", "PYTHON": "/no/python"}, "There is no /no/python; choose another"),
        ({"WHEELS": "/no/wheels"}, "There is no /no/wheels; choose another"),
    ],
)
def test_what_cannot_work_is_a_sentence(parameters, says):
    with pytest.raises(QgsProcessingException, match=says):
        run(**parameters)
