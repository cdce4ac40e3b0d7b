"""What the algorithms ask of the engine, and what they make of its answer: the engine itself is played here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import processing
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingException,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant

from building_footprints_plugin.algorithms import sinks
from building_footprints_plugin.algorithms.base import EngineAlgorithm
from building_footprints_plugin.algorithms.settings import NETWORK, OUTLINES
from building_footprints_plugin.bridge.errors import BridgeError, RunCancelled

pytestmark = pytest.mark.usefixtures("provider")
EXTRACT = "buildingfootprints:extractbuildings"
SQUARES = [
    f"Polygon (({x} 2999995, {x + 2} 2999995, {x + 2} 2999997, {x} 2999997, {x} 2999995))"
    for x in range(500001, 500006)
]


@pytest.fixture
def played(monkeypatch, polygons) -> Callable[[], list[str]]:
    """Let the engine write five squares at once; the call returns the command it was given last."""
    commands: list[list[str]] = []

    def play(self, arguments, feedback, bar_end=100):
        commands.append(list(arguments))
        if arguments[2].endswith(".gpkg"):
            options = QgsVectorFileWriter.SaveVectorOptions()
            options.layerName = "footprints"
            transform = QgsProject.instance().transformContext()
            QgsVectorFileWriter.writeAsVectorFormatV3(polygons(*SQUARES), arguments[2], transform, options)
        else:
            Path(arguments[2]).write_bytes(b"raster")
        for argument in arguments:
            if argument.startswith("--probability="):
                Path(argument.partition("=")[2]).write_bytes(b"raster")
        return {"count": 5, "total_area_m2": 20.0, "device": "abacus"}

    monkeypatch.setattr(EngineAlgorithm, "engine", play)
    return lambda: commands[-1]


def run(algorithm: str = EXTRACT, feedback=None, **parameters: object) -> dict:
    return processing.run(algorithm, {"OUTPUT": "memory:", **parameters}, feedback=feedback)


def test_defaults_are_said_aloud_and_open_numbers_are_left_to_the_engine(raster, played):
    results = run(INPUT=str(raster()))
    command, source, output, *rest = played()
    assert (command, source) == ("extract", str(raster()))
    assert output.endswith("footprints.gpkg")
    given = [(each.flag, each.default) for each in [*NETWORK, *OUTLINES] if each.default not in (None, False)]
    assert rest == ["--layer=footprints", *(f"{flag}={default}" for flag, default in given)]
    assert {"--device=auto", "--tile=512", "--batch-size=4", "--regularize=rectangular"} <= set(rest)
    assert (results["COUNT"], results["TOTAL_AREA"], results["DEVICE_USED"]) == (5, 20, "abacus")


@pytest.mark.parametrize("nothing", [None, QVariant()])
def test_what_the_dialog_hands_over_when_nothing_is_chosen(raster, played, nothing):
    optional = ("BANDS", "EXTENT", "MASK", "THRESHOLD", "SEED_THRESHOLD", "WEIGHTS", "PROBABILITY")
    output = QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT")
    results = run(INPUT=str(raster()), OUTPUT=output, **dict.fromkeys(optional, nothing))
    names = {argument.partition("=")[0] for argument in played()[3:]}
    assert not names & {"--bands", "--bounds", "--aoi", "--threshold", "--seed-threshold", "--weights", "--probability"}
    assert "PROBABILITY" not in results


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        ({"THRESHOLD": 0.4, "SEED_THRESHOLD": 0}, ["--threshold=0.4", "--seed-threshold=0.0"]),
        ({"THRESHOLD": 0}, ["--threshold=0.0"]),  # zero is a value
        ({"BANDS": [3, 1, 2]}, ["--bands=3,1,2"]),
        ({"TTA": True, "DEVICE": "cpu", "PRECISION": "fp32"}, ["--tta", "--device=cpu", "--precision=fp32"]),
        ({"REGULARIZE": "rectangular", "TOLERANCE": 1.5}, ["--regularize=rectangular", "--tolerance=1.5"]),
        ({"TILE_SIZE": 256, "OVERLAP": 0, "BATCH_SIZE": 1}, ["--tile=256", "--overlap=0", "--batch-size=1"]),
        ({"EXTENT": "500001,500002,2999995,2999996 [EPSG:32645]"}, ["--bounds=500001.0,2999995.0,500002.0,2999996.0"]),
    ],
)
def test_settings_become_arguments(raster, played, parameters, arguments):
    run(INPUT=str(raster()), **parameters)
    assert set(arguments) <= set(played())


def test_weights_are_an_absolute_path(raster, played, tmp_path, monkeypatch):
    (tmp_path / "mine.safetensors").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    run(INPUT=str(raster()), WEIGHTS="mine.safetensors")
    assert f"--weights={tmp_path / 'mine.safetensors'}" in played()


def test_a_coordinate_system_set_in_qgis_is_said(raster, played):
    layer = QgsRasterLayer(str(raster()), "")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    assert run(INPUT=layer)["OUTPUT"].crs().authid() == "EPSG:32633"
    assert "--crs=EPSG:32633" in played()


def test_a_source_with_options_behind_a_bar(raster, played):
    run(INPUT=f"{raster()}|option:NUM_THREADS=2")
    assert played()[1] == str(raster())


def test_a_layer_of_the_project_is_meant_by_its_name(raster, played, qgis_new_project):
    QgsProject.instance().addMapLayer(QgsRasterLayer(str(raster()), "my image"))
    run(INPUT="my image")
    assert played()[1] == str(raster())


def test_segmenting_and_polygonizing_take_their_own_settings_only(raster, played, tmp_path):
    target = tmp_path / "p.tif"
    assert run("buildingfootprints:segmentbuildings", INPUT=str(raster()), OUTPUT=str(target))["OUTPUT"] == str(target)
    assert played()[0] == "segment"
    assert not [argument for argument in played() if argument.startswith(("--threshold", "--min", "--layer"))]
    assert target.read_bytes() == b"raster"
    run("buildingfootprints:polygonizebuildings", INPUT=str(raster()))
    assert played()[0] == "polygonize"
    assert not [argument for argument in played() if argument.startswith(("--device", "--tile", "--bands"))]


@pytest.mark.parametrize("name", ["out.gpkg", "out.shp", "out.geojson", "Gebäude am See.gpkg"])
def test_files_of_every_kind(raster, played, tmp_path, name):
    assert run(INPUT=str(raster()), OUTPUT=str(tmp_path / name))["OUTPUT"] == str(tmp_path / name)
    layer = QgsVectorLayer(str(tmp_path / name), "", "ogr")
    assert layer.featureCount() == 5
    assert [feature["id"] for feature in layer.getFeatures()] == [1, 2, 3, 4, 5]


def test_a_layer_is_added_to_a_geopackage_that_is_there(raster, played, tmp_path):
    path = tmp_path / "city.gpkg"
    run(INPUT=str(raster()), OUTPUT=str(path))
    run(INPUT=str(raster()), OUTPUT=f"ogr:dbname='{path}' table=\"second\" (geom)")
    assert QgsVectorLayer(f"{path}|layername=city", "", "ogr").featureCount() == 5
    assert QgsVectorLayer(f"{path}|layername=second", "", "ogr").featureCount() == 5


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"OUTPUT": "/no/such/folder/out.gpkg"}, "There is no folder /no/such/folder; make it or choose another place"),
        ({"PROBABILITY": "/no/such/folder/p.tif"}, "There is no folder /no/such/folder"),
        ({"OUTPUT": "/proc/out.gpkg"}, "/proc/out.gpkg cannot be written .*; close it where it is open, or choose"),
        ({"PROBABILITY": "/proc/p.tif"}, "/proc/p.tif cannot be written"),
    ],
)
def test_an_output_that_cannot_be_written(raster, played, parameters, says):
    with pytest.raises(QgsProcessingException, match=says) as caught:
        run(INPUT=str(raster()), **parameters)
    assert "Traceback" not in str(caught.value)


def test_a_folder_that_is_not_there_is_noticed_before_the_engine_starts(raster, played):
    with pytest.raises(QgsProcessingException):
        run(INPUT=str(raster()), OUTPUT="/no/such/folder/out.gpkg")
    with pytest.raises(IndexError):
        played()


@pytest.mark.parametrize(
    "error", [BridgeError("The engine said no."), RunCancelled("Cancelled; no output was written.")]
)
def test_a_failed_run_leaves_nothing_behind(raster, monkeypatch, tmp_path, error):
    def fail(self, arguments, feedback, bar_end=100):
        Path(next(each.partition("=")[2] for each in arguments if "--probability" in each)).write_bytes(b"half")
        raise error

    monkeypatch.setattr(EngineAlgorithm, "engine", fail)
    (tmp_path / "out").mkdir()
    parameters = {"OUTPUT": str(tmp_path / "out" / "a.gpkg"), "PROBABILITY": str(tmp_path / "out" / "p.tif")}
    with pytest.raises(QgsProcessingException, match=f"^{error}$"):
        run(INPUT=str(raster()), **parameters)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp"])
def test_cancelling_while_features_are_copied_removes_the_half_file(
    raster, played, tmp_path, feedback, monkeypatch, name
):
    monkeypatch.setattr(sinks, "BATCH", 2)
    batches = sinks._Copy.batches

    def cancel_after_the_first(self):
        for batch in batches(self):
            yield batch
            feedback.cancel()

    monkeypatch.setattr(sinks._Copy, "batches", cancel_after_the_first)
    (tmp_path / "out").mkdir()
    with pytest.raises(QgsProcessingException, match="Cancelled; no output was written"):
        run(INPUT=str(raster()), OUTPUT=str(tmp_path / "out" / name), feedback=feedback)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_old_probability_raster_stays_when_the_run_fails(raster, monkeypatch, tmp_path):
    def fail(self, arguments, feedback, bar_end=100):
        raise BridgeError("no")

    old = tmp_path / "p.tif"
    old.write_bytes(b"old")
    monkeypatch.setattr(EngineAlgorithm, "engine", fail)
    with pytest.raises(QgsProcessingException):
        run(INPUT=str(raster()), PROBABILITY=str(old))
    assert old.read_bytes() == b"old"


def test_results_are_plain_python(raster, played, tmp_path):
    """A model cannot go on with anything else."""
    results = run(INPUT=str(raster()), PROBABILITY=str(tmp_path / "p.tif"))
    assert {name: type(value) for name, value in results.items() if name != "OUTPUT"} == {
        "COUNT": int,
        "TOTAL_AREA": float,
        "DEVICE_USED": str,
        "PROBABILITY": str,
    }


def loaded(name: str = "") -> QgsProcessingOutputLayerDefinition:
    """A temporary layer that is to be loaded into the project."""
    definition = QgsProcessingOutputLayerDefinition("memory:", QgsProject.instance())
    definition.destinationName = name
    return definition


@pytest.mark.parametrize(("given", "named"), [("", "my image: footprints"), ("town", "town")])
def test_a_loaded_layer_says_where_it_comes_from(raster, played, context, feedback, qgis_new_project, given, named):
    image = QgsRasterLayer(
        str(raster("my image.tif")), "my image"
    )  # a layer that this long-lived context opened itself crashes QGIS 3.22
    parameters = {"INPUT": image, "OUTPUT": loaded(given), "MIN_AREA": 12}
    layer = processing.run(EXTRACT, parameters, context=context, feedback=feedback)["OUTPUT"]
    (details,) = context.layersToLoadOnCompletion().values()
    assert details.name == named
    details.postProcessor().postProcessLayer(layer, context, feedback)
    assert layer.metadata().title() == "my image: footprints"
    said = layer.metadata().abstract().splitlines()
    assert said[0].startswith("Extract buildings of Building Footprints ")
    assert said[1:4] == ["Source: my image", "Weights: those of the plugin", "Threshold: left to the engine"]
    assert "Smallest footprint: 12.0 m²" in said
    assert layer.attributeDisplayName(layer.fields().indexOf("confidence")) == "Confidence"


def test_a_loaded_raster_says_where_it_comes_from(raster, played, context, feedback, tmp_path, qgis_new_project):
    output = QgsProcessingOutputLayerDefinition(str(tmp_path / "p.tif"), QgsProject.instance())
    parameters = {"INPUT": QgsRasterLayer(str(raster()), "image"), "OUTPUT": output, "WEIGHTS": ""}
    processing.run("buildingfootprints:segmentbuildings", parameters, context=context, feedback=feedback)
    (details,) = context.layersToLoadOnCompletion().values()
    assert details.name == "image: building probability"
