"""Where footprints go, and how a model goes on with them and their numbers; the engine is played."""

from __future__ import annotations

import gc
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import processing
import pytest
from qgis.core import (
    QgsProcessingException,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildDependency,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsRemappingSinkDefinition,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QCoreApplication, QEvent

from building_footprints_plugin.algorithms import footprints_output, sinks
from building_footprints_plugin.algorithms.base import EngineAlgorithm

pytestmark = pytest.mark.usefixtures("provider")
EXTRACT = "buildingfootprints:extractbuildings"
SQUARES = [f"Polygon (({x} 0, {x + 2} 0, {x + 2} 2, {x} 2, {x} 0))" for x in (0, 10, 20)]


@pytest.fixture(autouse=True)
def engine(monkeypatch, polygons) -> list[list[str]]:
    """Write three squares; return the commands given."""
    commands: list[list[str]] = []

    def play(self, arguments, feedback, bar_end=100):
        commands.append(list(arguments))
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.layerName = "footprints"
        context = QgsProject.instance().transformContext()
        QgsVectorFileWriter.writeAsVectorFormatV3(polygons(*SQUARES), arguments[2], context, options)
        return {"count": 3, "total_area_m2": 12.0, "device": "abacus"}

    monkeypatch.setattr(EngineAlgorithm, "engine", play)
    return commands


@pytest.mark.parametrize("sink", ["memory:", "TEMPORARY_OUTPUT"])
def test_a_layer_in_memory(raster, sink):
    layer = processing.run(EXTRACT, {"INPUT": str(raster()), "OUTPUT": sink})["OUTPUT"]
    assert layer.providerType() == "memory"
    assert [feature["id"] for feature in layer.getFeatures()] == [1, 2, 3]


def test_cancelled_while_its_layer_is_filled_a_run_lets_go_of_the_engines_file(
    raster, tmp_path, monkeypatch, feedback, capfd
):
    """Else Windows would not let the temporary folder be deleted; QGIS's event loop does the rest, between runs."""
    monkeypatch.setattr(sinks, "BATCH", 1)
    feedback.cancel()  # the played engine does not look
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(QgsProcessingException, match="Cancelled"):
            processing.run(EXTRACT, {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "b.gpkg")}, feedback=feedback)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        names = [os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if os.path.islink(entry)]
        assert [name for name in names if "footprints.gpkg" in name] == []
    finally:
        gc.enable()
    assert list(tmp_path.iterdir()) == [tmp_path / "image.tif"]
    assert "readonly database" not in capfd.readouterr().err, "the layer is closed before it is removed"


def test_a_layer_beside_others_in_a_geopackage(raster, tmp_path):
    path = tmp_path / "city.gpkg"
    for table in ("north", "south"):
        output = f"ogr:dbname='{path}' table=\"{table}\" (geom)"
        processing.run(EXTRACT, {"INPUT": str(raster()), "OUTPUT": output})
    for table in ("north", "south"):
        layer = QgsVectorLayer(f"{path}|layername={table}", "", "ogr")
        assert (layer.featureCount(), layer.crs().authid()) == (3, "EPSG:32645")


def into(layer: QgsVectorLayer) -> QgsProcessingOutputLayerDefinition:
    """Return the destination that adds features to a layer that is there."""
    fields = QgsRemappingSinkDefinition()
    fields.setDestinationFields(layer.fields())
    fields.setDestinationWkbType(layer.wkbType())
    fields.setDestinationCrs(layer.crs())
    fields.setSourceCrs(layer.crs())
    output = QgsProcessingOutputLayerDefinition(layer.source())
    output.setRemappingDefinition(fields)
    return output


def test_what_a_layer_held_before_stays(raster, tmp_path, monkeypatch):
    """A script adds to a layer of its own: with the footprints there are six, and a failed run leaves what is there."""
    path = str(tmp_path / "city.gpkg")
    processing.run(EXTRACT, {"INPUT": str(raster()), "OUTPUT": path})
    given = {"INPUT": str(raster()), "OUTPUT": into(QgsVectorLayer(path, "", "ogr"))}
    processing.run(EXTRACT, given)
    assert QgsVectorLayer(path, "", "ogr").featureCount() == 6

    def fail(*_):
        raise QgsProcessingException("no style")

    monkeypatch.setattr(footprints_output, "style_on_load", fail)
    with pytest.raises(QgsProcessingException, match="no style"):
        processing.run(EXTRACT, given)
    assert QgsVectorLayer(path, "", "ogr").featureCount() >= 6


def test_a_layer_that_takes_no_features_is_a_sentence(raster, tmp_path):
    """As when another program writes to it, for which GDAL would wait half a minute."""
    path = tmp_path / "city.gpkg"
    processing.run(EXTRACT, {"INPUT": str(raster()), "OUTPUT": str(path)})
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TRIGGER locked BEFORE INSERT ON city BEGIN SELECT RAISE(ABORT, 'locked'); END")
    target = into(QgsVectorLayer(str(path), "", "ogr"))
    with pytest.raises(QgsProcessingException, match=r"^\S*city\.gpkg\S* cannot be written \(.*\); close it[^\n]*$"):
        processing.run(EXTRACT, {"INPUT": str(raster()), "OUTPUT": target})
    assert QgsVectorLayer(str(path), "", "ogr").featureCount() == 3


def test_a_database_that_does_not_answer_is_a_sentence(raster, tmp_path, monkeypatch):
    """No PostGIS here: as far as its sink, which QGIS opens; nothing is mistaken for a file on the way."""
    monkeypatch.chdir(tmp_path)
    target = (
        "dbname='city' host=127.0.0.1 port=9 user='me' key='id' type=Polygon table=\"public\".\"roofs.gpkg\" (geom)"
    )
    with pytest.raises(QgsProcessingException, match="roofs") as caught:
        processing.run(EXTRACT, {"INPUT": str(raster()), "OUTPUT": f"postgis:{target}"})
    assert "Traceback" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [tmp_path / "image.tif"]


def test_a_model_goes_on_with_the_numbers(raster, engine):
    """The second extraction keeps what is at least twice the mean area that the first one found: 2 * 12 / 3."""
    model = QgsProcessingModelAlgorithm("numbers", "test")
    model.addModelParameter(QgsProcessingParameterRasterLayer("image", "image"), QgsProcessingModelParameter("image"))
    source = QgsProcessingModelChildParameterSource
    for name in ("first", "second"):
        child = QgsProcessingModelChildAlgorithm(EXTRACT)
        child.setChildId(name)
        child.setDescription(name)
        child.addParameterSources("INPUT", [source.fromModelParameter("image")])
        child.addParameterSources("OUTPUT", [source.fromStaticValue("TEMPORARY_OUTPUT")])
        if name == "second":
            expression = "2 * @first_TOTAL_AREA / @first_COUNT"
            child.addParameterSources("MIN_AREA", [source.fromExpression(expression)])
            child.setDependencies([QgsProcessingModelChildDependency("first")])  # an expression alone sets no order
        model.addChildAlgorithm(child)
    processing.run(model, {"image": str(raster())})
    asked = [[each for each in command if each.startswith("--min-area")] for command in engine]
    assert asked == [[], ["--min-area=8.0"]]
