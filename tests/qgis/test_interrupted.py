"""A run that was interrupted goes on when it is run again into the same file; one that was cancelled leaves nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import processing
import pytest
from conftest import ROOT, Listener, pixels
from osgeo import gdal
from qgis.core import QgsProcessingException

from building_footprints_plugin.algorithms.interrupted import gone_on_with
from building_footprints_plugin.bridge import warm
from building_footprints_plugin.bridge.errors import EngineCrashed, RunCancelled

DEMO = ROOT / "tests" / "data" / "demo" / "vegas.tif"
pytestmark = pytest.mark.usefixtures("provider")


class Kills(Listener):
    """Kills the engine once half of the run is done, as the system does for lack of memory."""

    def __init__(self, engines: list[warm.Engine]) -> None:
        super().__init__()
        self.progressChanged.connect(lambda percent: percent > 50 and kill(engines[-1]))


def kill(engine: warm.Engine) -> None:
    os.kill(engine._process.pid, signal.SIGKILL)


def run(image: Path, output: Path, feedback: Listener) -> None:
    """Probability in 6 strips."""
    parameters = {"INPUT": str(image), "OUTPUT": str(output), "TILE_SIZE": 128}
    processing.run("buildingfootprints:segmentbuildings", parameters, feedback=feedback)


def test_a_run_whose_engine_was_killed_goes_on(tmp_path, monkeypatch):
    engines: list[warm.Engine] = []
    make = warm.Engine.__init__
    monkeypatch.setattr(warm.Engine, "__init__", lambda self, *given: (engines.append(self), make(self, *given))[1])
    warm.end_engines()
    gdal.Translate(str(tmp_path / "image.tif"), str(DEMO), srcWin=[0, 0, 300, 550])
    (tmp_path / "out").mkdir()
    output = tmp_path / "out" / "p.tif"
    with pytest.raises(QgsProcessingException, match="signal 9"):
        run(tmp_path / "image.tif", output, Kills(engines))
    assert os.listdir(tmp_path / "out") == [".p.tif.strips"]
    again = Listener()
    run(tmp_path / "image.tif", output, again)
    assert [text for text in again.infos if text.startswith("Goes on from ")] != []
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
