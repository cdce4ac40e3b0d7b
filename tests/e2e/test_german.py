"""The packaged plugin in a German QGIS."""

from __future__ import annotations

import os
from pathlib import Path

from tools import package, run_qgis

GERMAN = "\n[locale]\noverrideFlag=true\nuserLocale=de\n"


def test_a_german_qgis_shows_german_and_takes_the_same_names(tmp_path: Path) -> None:
    plugin = Path(os.environ.get("BUILDING_FOOTPRINTS_ZIP", ""))
    if not plugin.is_file():
        plugin = tmp_path / "plugin.zip"
        package.build(plugin)
    config = tmp_path / "qgis"
    profile = run_qgis.profile_folder(config)
    run_qgis.install(plugin, profile)
    run_qgis.enable(config)
    with open(profile / "QGIS" / "QGIS3.ini", "a") as settings:
        settings.write(GERMAN)
    said = run_qgis.call(config, ["help", "buildingfootprints:polygonizebuildings"]).stdout
    assert "Gebäude polygonisieren" in said
    assert "MIN_AREA: Kleinster Grundriss (m²)" in said
