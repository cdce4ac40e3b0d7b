"""What an engine process is started with: nothing of QGIS's guidance, all of the user's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from conftest import ROOT

from building_footprints_plugin.bridge.environment import engine_command, engine_environment

SET_BY_QGIS = {
    "PYTHONHOME": "/opt/QGIS/apps/Python312",
    "PYTHONPATH": "/usr/share/qgis/python",
    "PYTHONUTF8": "1",
    "__PYVENV_LAUNCHER__": "/Applications/QGIS.app/python3",
    "PROJ_LIB": "/opt/QGIS/share/proj",
    "PROJ_DATA": "/opt/QGIS/share/proj",
    "GDAL_DATA": "/opt/QGIS/apps/gdal/share",
    "GDAL_DRIVER_PATH": "/opt/QGIS/apps/gdal/lib/plugins",
    "OSGEO4W_ROOT": "/opt/QGIS",
    "LD_LIBRARY_PATH": "/usr/lib/grass82/lib",
    "DYLD_LIBRARY_PATH": "/Applications/QGIS.app/lib",
}
THE_USERS_OWN = {
    "PATH": os.defpath,
    "HOME": "/home/someone",
    "TEMP": "/tmp",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "GDAL_HTTP_PROXY": "proxy.example:3128",
    "SSL_CERT_FILE": "/etc/ssl/cert.pem",
    "CUDA_VISIBLE_DEVICES": "1",
    "AWS_PROFILE": "imagery",
}


def test_the_environment_is_stripped_and_nothing_else_is_lost():
    assert engine_environment({**SET_BY_QGIS, **THE_USERS_OWN}) == THE_USERS_OWN


def test_windows_variables_in_small_letters_too():
    assert engine_environment({"PythonPath": "x", "Path": "y"}) == {"Path": "y"}


def test_a_real_engine_process_sees_none_of_it(tmp_path, monkeypatch, feedback):
    from building_footprints_plugin.bridge.run import run_command

    for name, value in SET_BY_QGIS.items():
        if name not in ("LD_LIBRARY_PATH", "PYTHONHOME"):  # these could break the test's own child
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    code = "import json, os; print(json.dumps({'type': 'result', 'names': sorted(os.environ)}))"
    seen = run_command([sys.executable, "-c", code], feedback)["names"]
    assert not set(seen) & set(SET_BY_QGIS)
    assert "PATH" in seen


def test_what_lies_in_the_folders_around_cannot_take_a_modules_place(tmp_path):
    """Neither the current folder nor another plugin beside this one is looked into first."""
    for decoy in ("json.py", "numpy.py", "runpy.py", "building_footprints_plugin/__init__.py"):
        (tmp_path / decoy).parent.mkdir(exist_ok=True)
        (tmp_path / decoy).write_text(f"raise SystemExit('{decoy} was loaded')\n")
    done = subprocess.run(
        engine_command(os.environ["BUILDING_FOOTPRINTS_PYTHON"], ["info", "--json"]),
        env=engine_environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["weights"]["path"].startswith(str(ROOT))


def test_the_folder_of_the_plugin_comes_last_on_the_path():
    command = engine_command("python", ["info"])
    assert command[-2] == str(ROOT / "building_footprints_plugin")
    assert "sys.path.append" in command[command.index("-c") + 1]
