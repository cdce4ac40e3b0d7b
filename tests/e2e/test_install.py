"""Install Engine for real: the packaged plugin makes its environment offline, from wheels, and extracts with it.

Needs the wheels, some 350 MB: `make test-install` fetches them and runs this.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import Qgis

WHEELS = os.environ.get("BUILDING_FOOTPRINTS_WHEELS", "")
pytestmark = pytest.mark.skipif(not WHEELS, reason="BUILDING_FOOTPRINTS_WHEELS names no folder of wheels")


def test_installed_checked_used_and_removed(
    qgis: Qgis, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDING_FOOTPRINTS_PYTHON", "/no/such/python")
    installed = qgis.results("installengine", WHEELS=WHEELS, CPU_ONLY=True)
    folder = qgis.config / "profiles" / "default" / "building_footprints"
    assert Path(installed["PYTHON_USED"]) == folder / "engine" / "bin" / "python"
    report = qgis.results("checkinstallation")
    assert report["OK"], report["REPORT"]
    assert "A trial extraction of 256 x 256 px" in report["REPORT"]
    assert "another version of this plugin" not in report["REPORT"]
    results = qgis.results("extractbuildings", INPUT=image, OUTPUT=tmp_path / "buildings.gpkg")
    assert results["COUNT"] > 20
    assert qgis.results("installengine", WHEELS=WHEELS, CPU_ONLY=True) == installed, "again is quick and harmless"
    assert qgis.results("installengine", ACTION="repair", WHEELS=WHEELS, CPU_ONLY=True) == installed
    left = {path.name for path in folder.iterdir()} - {"tools"}  # uv, where it was not on the path
    assert left == {"engine"}, "the new one took the place of the old one"
    assert qgis.results("extractbuildings", INPUT=image, OUTPUT=tmp_path / "again.gpkg")["COUNT"] == results["COUNT"]
    qgis.results("installengine", ACTION="remove")
    assert list(folder.iterdir()) == []
