"""The algorithms that read a raster, with the real engine, against its command line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import processing
import pytest
from conftest import ROOT, pixels
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsGeometry,
    QgsProcessingException,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)

from building_footprints_plugin.bridge import warm
from building_footprints_plugin.bridge.environment import engine_environment
from building_footprints_plugin.bridge.python import Candidate

DEMO = ROOT / "tests" / "data" / "demo" / "vegas.tif"
EXTRACT = "buildingfootprints:extractbuildings"
pytestmark = pytest.mark.usefixtures("provider")


def engine(*arguments: object) -> dict:
    """Run the engine's command line and return what it prints as JSON."""
    command = [os.environ["BUILDING_FOOTPRINTS_PYTHON"], "-m", "building_footprints_plugin.engine"]
    done = subprocess.run(
        [*command, *map(str, arguments), "--json"],
        env=engine_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("Häuser und Dächer")


@pytest.fixture(scope="module")
def image(folder) -> Path:
    """A quarter of the demo's image: QGIS leaves statistics beside what it opens."""
    path = folder / "image.tif"
    gdal.Translate(str(path), str(DEMO), srcWin=[0, 0, 320, 300])
    return path


@pytest.fixture(scope="module")
def expected(image, folder) -> tuple[Path, dict]:
    """Footprints and figures of the command line."""
    path = folder / "expected.gpkg"
    return path, engine("extract", image, path)


def rows(layer: QgsVectorLayer | Path | str) -> list[tuple]:
    """Return each footprint's attributes and its outline to the millimetre, sorted."""
    if not isinstance(layer, QgsVectorLayer):
        layer = QgsVectorLayer(str(layer), "", "ogr")
    assert layer.isValid()
    names = ("id", "confidence", "area_m2", "perimeter_m")
    return sorted((*(feature[name] for name in names), feature.geometry().asWkt(8)) for feature in layer.getFeatures())


def run(algorithm: str = EXTRACT, **parameters: object) -> dict:
    given = {"OUTPUT": "memory:", **parameters}
    return processing.run(algorithm, {name: _plain(value) for name, value in given.items()})


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def test_qgis_finds_what_the_command_line_finds(image, expected):
    results = run(INPUT=image)
    path, figures = expected
    layer = results["OUTPUT"]
    assert figures["count"] > 3, "an image without buildings would prove nothing"
    assert rows(layer) == rows(path)
    assert results["COUNT"] == layer.featureCount() == figures["count"]
    assert results["TOTAL_AREA"] == pytest.approx(figures["total_area_m2"])
    assert results["DEVICE_USED"] == figures["device"]
    assert layer.crs() == QgsRasterLayer(str(image), "").crs()
    assert layer.wkbType() == QgsWkbTypes.Type.Polygon
    assert layer.fields().names() == ["id", "confidence", "area_m2", "perimeter_m"]


def test_a_subset_of_bands_in_another_order(image, expected, tmp_path):
    gdal.Translate(
        str(tmp_path / "odd.tif"), str(image), bandList=[2, 3, 1, 2], creationOptions=["PHOTOMETRIC=MINISBLACK"]
    )
    assert rows(run(INPUT=tmp_path / "odd.tif", BANDS=[3, 1, 2])["OUTPUT"]) == rows(expected[0])


def test_an_extent_in_another_coordinate_system(image, expected):
    layer = QgsRasterLayer(str(image), "")
    box = layer.extent().scaled(0.4)
    there = transform(layer, "EPSG:3857").transformBoundingBox(box)
    found = run(INPUT=image, EXTENT=f"{extent_text(there)} [EPSG:3857]")["OUTPUT"]
    assert 0 < found.featureCount() < expected[1]["count"]
    assert centred_in(expected[0], box) == found.featureCount()


def transform(layer: QgsRasterLayer, crs: str) -> QgsCoordinateTransform:
    return QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem(crs), QgsCoordinateTransformContext())


def centred_in(path: Path, box: QgsRectangle) -> int:
    """Count the footprints that belong to `box`: those whose centroid lies in it."""
    layer = QgsVectorLayer(str(path), "", "ogr")
    return sum(box.contains(feature.geometry().centroid().asPoint()) for feature in layer.getFeatures())


def extent_text(box: QgsRectangle) -> str:
    return f"{box.xMinimum()!r},{box.xMaximum()!r},{box.yMinimum()!r},{box.yMaximum()!r}"


def test_a_mask_in_another_coordinate_system(image, expected, polygons):
    layer = QgsRasterLayer(str(image), "")
    box = layer.extent().scaled(0.4)
    shape = QgsGeometry.fromRect(box)
    shape.transform(transform(layer, "EPSG:32611"))
    found = run(INPUT=image, MASK=polygons(shape.asWkt(10), crs="EPSG:32611"))["OUTPUT"]
    assert 0 < found.featureCount() < expected[1]["count"]
    assert centred_in(expected[0], box) == found.featureCount()


def test_a_coordinate_system_set_in_qgis(image, expected, tmp_path):
    """The pixels as they are, called UTM zone 11 by the user, whatever the file says."""
    layer = QgsRasterLayer(str(image), "")
    metric = tmp_path / "metric.tif"
    gdal.Translate(str(metric), str(image), outputSRS="EPSG:32633", outputBounds=[600000, 4000090, 600096, 4000000])
    layer = QgsRasterLayer(str(metric), "")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32611"))
    results = run(INPUT=layer)
    assert results["OUTPUT"].crs().authid() == "EPSG:32611"
    assert results["COUNT"] > 3


def test_probability_beside_footprints_and_its_polygons(image, expected, tmp_path):
    """extract = segment, then polygonize with the same settings; left open, extract takes those of the weights."""
    settings = {"THRESHOLD": 0.45, "SEED_THRESHOLD": 0.6, "MIN_AREA": 20}
    results = run(INPUT=image, PROBABILITY=tmp_path / "beside.tif", **settings)
    assert results["PROBABILITY"] == str(tmp_path / "beside.tif")
    segmented = run("buildingfootprints:segmentbuildings", INPUT=image, OUTPUT=tmp_path / "segmented.tif")
    assert segmented["DEVICE_USED"] == expected[1]["device"]
    assert pixels(tmp_path / "beside.tif") == pixels(tmp_path / "segmented.tif")
    assert len(set(pixels(tmp_path / "segmented.tif"))) > 100
    polygonized = run("buildingfootprints:polygonizebuildings", INPUT=tmp_path / "segmented.tif", **settings)
    assert polygonized["COUNT"] == results["COUNT"] > 3
    assert polygonized["TOTAL_AREA"] == pytest.approx(results["TOTAL_AREA"], rel=0.001)


def test_an_image_without_buildings_gives_an_empty_layer(raster):
    results = run(INPUT=raster(size=(300, 200)), THRESHOLD=1)
    assert (results["COUNT"], results["TOTAL_AREA"], results["OUTPUT"].featureCount()) == (0, 0, 0)


def test_weights_that_are_none(image, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"hello")
    with pytest.raises(QgsProcessingException, match=r"bad\.safetensors"):
        run(INPUT=image, WEIGHTS=tmp_path / "bad.safetensors")


@pytest.mark.usefixtures("patient")
def test_cancelling_leaves_no_file_and_no_process(folder, tmp_path, feedback, monkeypatch):
    """A large image, cancelled in the midst of the network's work; how long that may take is in test_warm.py."""
    started = []
    monkeypatch.setattr(subprocess, "Popen", remembering(subprocess.Popen, started))
    where = {"outputSRS": "EPSG:32611", "outputBounds": [600000, 4001500, 601500, 4000000]}
    gdal.Translate(str(tmp_path / "large.tif"), str(DEMO), width=5000, height=5000, **where)

    feedback.progressChanged.connect(lambda fraction: fraction > 0 and feedback.cancel())
    output = tmp_path / "out"
    output.mkdir()
    # A layer would be kept by this frame, which the exception keeps, which QGIS keeps for ever.
    image = str(tmp_path / "large.tif")
    parameters = {"INPUT": image, "OUTPUT": str(output / "a.gpkg"), "PROBABILITY": str(output / "p.tif")}
    with pytest.raises(QgsProcessingException, match="Cancelled; no output was written"):
        processing.run(EXTRACT, parameters, feedback=feedback)
    assert 0 < max(feedback.fractions) < 50
    assert list(output.iterdir()) == []
    assert list(Path(QgsProcessingUtils.tempFolder()).glob("building_footprints_*")) == []
    assert sum(process.poll() is None for process in started) <= 1, "an engine that stopped at once may be kept"
    warm.end_engines()
    assert all(process.poll() is not None for process in started)


def remembering(make, made: list):
    def start(*arguments: object, **options: object):
        made.append(make(*arguments, **options))
        return made[-1]

    return start


def test_an_engine_that_is_gone_since_it_was_asked(image, tmp_path, monkeypatch):
    """A Python that answers the probe and crashes on the run: said with its last words, and asked anew next time."""
    python = os.environ["BUILDING_FOOTPRINTS_PYTHON"]
    fragile = tmp_path / "fragile"
    fragile.write_text(
        f'#!/bin/sh\ncase "$*" in *serve*) echo "disk gone" >&2; kill -9 $$;; esac\nexec {python} "$@"\n'
    )
    fragile.chmod(0o755)
    monkeypatch.setenv("BUILDING_FOOTPRINTS_PYTHON", str(fragile))
    from building_footprints_plugin.bridge import probe

    with pytest.raises(QgsProcessingException, match=r"(?s)signal 9.*disk gone"):
        run(INPUT=image)
    assert probe._answers == {}


def test_no_engine_is_a_reason_not_a_crash(image, provider, monkeypatch):
    nowhere = [Candidate("/no/python", "the test")]
    monkeypatch.setattr("building_footprints_plugin.bridge.probe.candidates", lambda: nowhere)
    monkeypatch.setattr("building_footprints_plugin.bridge.report.candidates", lambda: nowhere)
    for name in ("extractbuildings", "segmentbuildings", "polygonizebuildings", "scorefootprints"):
        fine, why = provider.algorithm(name).create().canExecute()
        assert not fine
        assert "Install Engine" in why
        assert "/no/python" in why
    with pytest.raises(QgsProcessingException, match=r"(?s)No Python was found.*/no/python .*there is no such file"):
        run(INPUT=image)
    report = processing.run("buildingfootprints:checkinstallation", {})
    assert report["OK"] is False
    assert "What to do" in report["REPORT"]


def test_check_installation_with_an_engine():
    report = processing.run("buildingfootprints:checkinstallation", {})
    assert report["OK"] is True
    assert "torch 2" in report["REPORT"]
    assert "buildings.safetensors" in report["REPORT"]
