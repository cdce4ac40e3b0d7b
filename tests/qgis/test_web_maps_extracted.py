"""Buildings of a web map, with the real engine: those of the image that the map shows."""

from __future__ import annotations

import processing
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsGeometry,
    QgsProcessingAlgRunnerTask,
    QgsProcessingException,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEventLoop, QTimer
from web_maps import GROUND, to_mercator

from building_footprints_plugin.algorithms.base import EngineAlgorithm
from building_footprints_plugin.bridge.rasters import COPY_SHARE

EXTRACT = "buildingfootprints:extractbuildings"
SEGMENT = "buildingfootprints:segmentbuildings"


@pytest.fixture(scope="module")
def found(map_server, provider) -> list[QgsGeometry]:
    """The footprints of the file that the server shows, in Web Mercator."""
    layer = processing.run(EXTRACT, {"INPUT": str(map_server.image), "OUTPUT": "memory:"})["OUTPUT"]
    return in_mercator(layer)


def in_mercator(layer: QgsVectorLayer) -> list[QgsGeometry]:
    shapes = [feature.geometry() for feature in layer.getFeatures()]
    for shape in shapes:
        shape.transform(to_mercator(layer))
    return shapes


def test_a_web_map_shows_the_buildings_that_its_image_shows(map_server, found, feedback):
    """Two resamplings lie between the file and what the network sees, so outlines differ a little."""
    image = QgsRasterLayer(str(map_server.image), "")
    extent = to_mercator(image).transformBoundingBox(image.extent())
    source = f"wms://{map_server.xyz().source()}"  # as on the command line of qgis_process
    parameters = {"INPUT": source, "EXTENT": text(extent), "OUTPUT": "memory:"}
    results = processing.run(EXTRACT, parameters, feedback=feedback)
    assert results["OUTPUT"].crs().authid() == "EPSG:3857"
    shapes = in_mercator(results["OUTPUT"])
    same = sum(any(iou(shape, other) > 0.5 for other in found) for shape in shapes)
    assert len(shapes) == results["COUNT"] > 5
    assert 2 * same / (len(shapes) + len(found)) > 0.8
    assert results["TOTAL_AREA"] == pytest.approx(sum(shape.area() for shape in found) * GROUND**2, rel=0.1)
    assert "are fetched from a map server. Make sure that its terms allow this use" in feedback.warnings[0]
    assert feedback.fractions == sorted(feedback.fractions), "the bar never goes back"
    assert any(0 < fraction <= COPY_SHARE for fraction in feedback.fractions)


def text(box: QgsRectangle) -> str:
    return f"{box.xMinimum()!r},{box.xMaximum()!r},{box.yMinimum()!r},{box.yMaximum()!r} [EPSG:3857]"


def iou(one: QgsGeometry, other: QgsGeometry) -> float:
    return one.intersection(other).area() / (one.area() + other.area() - one.intersection(other).area())


def test_extents_side_by_side_share_the_buildings_out(map_server, found):
    """What lies on the line between is found whole on one side, as the fetched part has a margin."""
    left, right = QgsRectangle(map_server.box), QgsRectangle(map_server.box)
    left.setXMaximum(map_server.box.center().x())
    right.setXMinimum(map_server.box.center().x())
    shapes = []
    for part in (left, right):
        parameters = {"INPUT": map_server.xyz(), "EXTENT": text(part), "OUTPUT": "memory:"}
        shapes += in_mercator(processing.run(EXTRACT, parameters)["OUTPUT"])
    expected = [shape for shape in found if map_server.box.contains(shape.centroid().asPoint())]
    assert len(shapes) == pytest.approx(len(expected), abs=1)
    doubles = [one.intersection(other).area() for i, one in enumerate(shapes) for other in shapes[:i]]
    assert max(doubles, default=0) < 1


def test_in_another_thread_as_from_the_dialog(map_server, provider, context, feedback):
    parameters = {"INPUT": map_server.xyz(), "EXTENT": text(map_server.box), "OUTPUT": "memory:"}
    results = []
    algorithm = provider.algorithm("segmentbuildings").create()
    task = QgsProcessingAlgRunnerTask(algorithm, {**parameters, "OUTPUT": "TEMPORARY_OUTPUT"}, context, feedback)
    task.executed.connect(lambda fine, made: results.append((fine, made)))
    QgsApplication.taskManager().addTask(task)
    wait = QEventLoop()
    task.executed.connect(wait.quit)
    QTimer.singleShot(600_000, wait.quit)
    wait.exec()
    assert results[0][0], feedback.warnings
    raster = gdal.Open(results[0][1]["OUTPUT"])
    width = raster.RasterXSize * raster.GetGeoTransform()[1]
    assert width == pytest.approx(map_server.box.width() * GROUND, rel=0.05), "north of UTM is not that of the map"


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({}, "no pixels of its own .* extent to extract must be given"),
        ({"EXTENT": "0,100000,0,100000 [EPSG:3857]"}, "megapixels are too many"),
    ],
)
def test_what_cannot_be_fetched_is_said_before_anything_is(map_server, provider, parameters, says):
    with pytest.raises(QgsProcessingException, match=says):
        processing.run(EXTRACT, {"INPUT": map_server.xyz(), "OUTPUT": "memory:", **parameters})
    assert not [url for url in map_server.asked() if "/0/" in url]


def test_the_dialog_says_that_an_extent_is_needed(map_server, provider, context):
    algorithm = provider.algorithm("extractbuildings").create()
    fine, why = algorithm.checkParameterValues({"INPUT": map_server.xyz(), "OUTPUT": "memory:"}, context)
    assert (fine, "must be given" in why) == (False, True)


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """Play the engine, and remember what it was told, and how large the copy was that it was given."""
    given: list[str] = []

    def play(self, arguments, feedback, bar_end=100):
        given.extend(arguments)
        given.append(gdal.Info(arguments[1], format="json")["size"])
        gdal.Translate(arguments[2], arguments[1])
        return {"device": "abacus"}

    monkeypatch.setattr(EngineAlgorithm, "engine", play)
    return given


def test_mask_polygons_are_an_extent_too(map_server, provider, polygons, told):
    """The part that is fetched is that of their box."""
    layer = polygons(QgsGeometry.fromRect(map_server.box).asWkt(), crs="EPSG:3857")
    processing.run(SEGMENT, {"INPUT": map_server.xyz(), "MASK": layer, "OUTPUT": "TEMPORARY_OUTPUT"})
    assert [each for each in told if str(each).startswith("--aoi")]
    assert not [each for each in told if str(each).startswith("--bounds")]
    assert told[-1][0] <= 256 * 4


def test_the_one_band_that_qgis_shows_of_a_picture_is_all_its_colours(map_server, provider, told):
    extent = {"EXTENT": text(map_server.box), "OUTPUT": "TEMPORARY_OUTPUT"}
    processing.run(SEGMENT, {"INPUT": map_server.xyz(), "BANDS": [1], **extent})
    assert not [each for each in told if str(each).startswith("--bands")]
