"""A disk that is full as QGIS writes its layer: one sentence, no half layer; QGIS itself says nothing on closing."""

from __future__ import annotations

import os
from pathlib import Path

import processing
import pytest
from faulty import disk_of
from qgis.core import QgsProcessingException, QgsProject, QgsVectorFileWriter, QgsVectorLayer
from test_sinks import into

from building_footprints_plugin.algorithms import sinks
from building_footprints_plugin.algorithms.base import EngineAlgorithm

pytestmark = pytest.mark.usefixtures("provider")
COUNT = 2000
# From nothing to room for everything; the largest that fail do so as the file is closed.
SIZES = (0, 20_000, 180_000, 10_000_000)


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch, polygons) -> None:
    layer = polygons(*[f"Polygon (({x} 0, {x + 2} 0, {x + 2} 2, {x} 2, {x} 0))" for x in range(0, 3 * COUNT, 3)])

    def play(self, arguments, feedback, bar_end=100):
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.layerName = "footprints"
        context = QgsProject.instance().transformContext()
        QgsVectorFileWriter.writeAsVectorFormatV3(layer, arguments[2], context, options)
        return {"count": COUNT, "total_area_m2": 4.0 * COUNT, "device": "abacus"}

    monkeypatch.setattr(EngineAlgorithm, "engine", play)


@pytest.mark.parametrize(
    ("suffix", "there_before"),
    [
        (".gpkg", False),
        (".geojson", False),
        (".fgb", False),
        (".shp", False),
        pytest.param(".gpkg", True, id="over an older one"),
    ],
)
def test_a_layer_is_whole_or_the_run_has_failed(raster, tmp_path, monkeypatch, suffix, there_before):
    pour, image = sinks._pour, str(raster())
    (tmp_path / "out").mkdir()
    output, outcomes = tmp_path / "out" / f"b{suffix}", []
    for size in SIZES:
        if there_before:
            processing.run("buildingfootprints:extractbuildings", {"INPUT": image, "OUTPUT": str(output)})

        def limited(*given, size=size):
            with disk_of(size):
                return pour(*given)

        monkeypatch.setattr(sinks, "_pour", limited)
        outcomes.append(outcome(image, output))
        monkeypatch.setattr(sinks, "_pour", pour)
    assert outcomes[0] != outcomes[-1] == "whole"


def test_features_that_are_added_to_a_layer_are_all_there_or_the_run_has_failed(raster, tmp_path, monkeypatch):
    """What the layer held before stays."""
    pour, image, path = sinks._pour, str(raster()), tmp_path / "city.gpkg"
    processing.run("buildingfootprints:extractbuildings", {"INPUT": image, "OUTPUT": str(path)})
    whole, outcomes = path.read_bytes(), []
    for size in (len(whole) + more for more in (0, 20_000, 180_000, 10_000_000)):
        path.write_bytes(whole)

        def limited(*given, size=size):
            with disk_of(size):
                return pour(*given)

        monkeypatch.setattr(sinks, "_pour", limited)
        target = into(QgsVectorLayer(str(path), "", "ogr"))
        try:
            processing.run("buildingfootprints:extractbuildings", {"INPUT": image, "OUTPUT": target})
            outcomes.append(2 * COUNT)
        except QgsProcessingException:
            outcomes.append(COUNT)
        assert len(list(QgsVectorLayer(str(path), "", "ogr").getFeatures())) >= outcomes[-1]
    assert (outcomes[0], outcomes[-1]) == (COUNT, 2 * COUNT)


def outcome(image: str, output: Path) -> str:
    """Return "whole", or the sentence; whichever it is, no half layer may be there."""
    try:
        processing.run("buildingfootprints:extractbuildings", {"INPUT": image, "OUTPUT": str(output)})
    except QgsProcessingException as error:
        assert not output.exists()
        return str(error)
    layer = QgsVectorLayer(str(output), "", "ogr")
    assert len(list(layer.getFeatures())) == COUNT
    del layer
    for file in output.parent.iterdir():
        os.unlink(file)
    return "whole"
