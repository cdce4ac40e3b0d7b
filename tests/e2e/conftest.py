"""The packaged zip in a fresh QGIS profile, as a user has it, and the engine's command line to compare with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools import package, run_qgis

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 300


@dataclass(frozen=True)
class Qgis:
    """A throw-away QGIS configuration with the plugin in it."""

    config: Path

    def run(self, algorithm: str, **parameters: Any) -> subprocess.CompletedProcess[str]:
        """Run an algorithm and return the finished process."""
        return run_qgis.run(self.config, algorithm, parameters)

    def results(self, algorithm: str, **parameters: Any) -> dict[str, Any]:
        """Run an algorithm that must succeed and return its outputs."""
        done = self.run(algorithm, **parameters)
        assert done.returncode == 0, done.stdout + done.stderr
        return run_qgis.results(done)


@pytest.fixture(scope="session")
def qgis(tmp_path_factory: pytest.TempPathFactory) -> Qgis:
    """QGIS with the plugin, in a profile whose path has blanks and letters beyond ASCII."""
    zip_path = Path(os.environ.get("BUILDING_FOOTPRINTS_ZIP", ""))
    if not zip_path.is_file():
        zip_path = tmp_path_factory.mktemp("zip") / "plugin.zip"
        package.build(zip_path)
    config = tmp_path_factory.mktemp("profile") / "Gebäude im Profil"
    run_qgis.install(zip_path, run_qgis.profile_folder(config))
    run_qgis.enable(config)
    return Qgis(config)


@pytest.fixture(scope="session")
def demo() -> Path:
    """Folder of the bundled image `vegas.tif` and its ground truth `vegas.geojson`."""
    return ROOT / "tests" / "data" / "demo"


@pytest.fixture(scope="session")
def image(demo: Path) -> Path:
    return demo / "vegas.tif"


@pytest.fixture(scope="session")
def truth(demo: Path) -> Path:
    return demo / "vegas.geojson"


@pytest.fixture(scope="session")
def engine() -> Callable[..., dict[str, Any]]:
    """The command line: call it with a command's arguments, get its JSON report."""

    def call(*arguments: str | Path) -> dict[str, Any]:
        command = [sys.executable, "-m", "building_footprints_plugin.engine", *map(str, arguments), "--json"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return call
