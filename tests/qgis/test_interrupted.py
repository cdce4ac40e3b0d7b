"""A run that was interrupted goes on when it is run again into the same file; one that was cancelled leaves nothing."""

from __future__ import annotations

import os
from pathlib import Path

import processing
import pytest
from conftest import ROOT, Listener, pixels
from faulty import KILL_ENGINE, struck_python
from osgeo import gdal
from qgis.core import QgsProcessingException

from building_footprints_plugin.algorithms.interrupted import gone_on_with
from building_footprints_plugin.bridge.errors import EngineCrashed, RunCancelled

DEMO = ROOT / "tests" / "data" / "demo" / "vegas.tif"
pytestmark = pytest.mark.usefixtures("provider")


def run(image: Path, output: Path, feedback: Listener) -> None:
    """Probability in 5 strips."""
    parameters = {"INPUT": str(image), "OUTPUT": str(output), "TILE_SIZE": 128}
    processing.run("buildingfootprints:segmentbuildings", parameters, feedback=feedback)


def test_a_run_whose_engine_was_killed_goes_on(tmp_path, monkeypatch):
    """Killed as the system does for lack of memory, with two of the strips kept."""
    gdal.Translate(str(tmp_path / "image.tif"), str(DEMO), srcWin=[0, 0, 300, 550])
    (tmp_path / "out").mkdir()
    output = tmp_path / "out" / "p.tif"
    with monkeypatch.context() as patched:
        patched.setenv("BUILDING_FOOTPRINTS_PYTHON", str(struck_python(tmp_path / "struck", KILL_ENGINE)))
        with pytest.raises(QgsProcessingException, match="signal 9.*memory"):
            run(tmp_path / "image.tif", output, Listener())
    assert os.listdir(tmp_path / "out") == [".p.tif.strips"]
    again = Listener()
    run(tmp_path / "image.tif", output, again)
    assert [text for text in again.infos if text.startswith("Goes on from 2 of 5 strips")] != []
    assert os.listdir(tmp_path / "out") == ["p.tif"]
    run(tmp_path / "image.tif", tmp_path / "whole.tif", Listener())
    assert pixels(output) == pixels(tmp_path / "whole.tif")


@pytest.mark.parametrize(
    ("error", "left"),
    [(RunCancelled, []), (EngineCrashed, [".b.gpkg.strips"]), (QgsProcessingException, [".b.gpkg.strips"])],
)
def test_what_a_killed_engine_left_goes_only_with_a_cancelled_run(tmp_path, error, left):
    def run() -> None:
        with gone_on_with(str(tmp_path / "b.gpkg")) as arguments:
            assert arguments == [f"--keep-beside={tmp_path}/b.gpkg"]
            (tmp_path / ".b.gpkg.strips").touch()
            raise error("so it ends")

    with pytest.raises(error):
        run()
    assert os.listdir(tmp_path) == left


def test_a_temporary_layer_has_no_place_to_keep_anything():
    with gone_on_with("") as arguments:
        assert arguments == []
