"""Which part of a layer is worked on, and at which pixel size, as the engine is told."""

from __future__ import annotations

from pathlib import Path

import processing
import pytest
from qgis.core import (
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsRasterRange,
    QgsVectorLayer,
)

from building_footprints_plugin.algorithms.base import EngineAlgorithm

pytestmark = pytest.mark.usefixtures("provider")
SEGMENT = "buildingfootprints:segmentbuildings"
SQUARES = [
    f"Polygon (({x} 2999994, {x + 2} 2999994, {x + 2} 2999996, {x} 2999996, {x} 2999994))" for x in (500001, 500005)
]


@pytest.fixture
def run(raster, tmp_path, monkeypatch):
    """Segment with the engine played; return what it was told, and the polygons it was given."""
    told: list[tuple[list[str], list[str]]] = []

    def play(self, arguments, feedback, bar_end=100):
        areas = [each.partition("=")[2] for each in arguments if each.startswith("--aoi=")]
        layers = [QgsVectorLayer(area, "", "ogr") for area in areas]
        shapes = [feature.geometry().asWkt(0) for layer in layers for feature in layer.getFeatures()]
        told.append((list(arguments), shapes))
        Path(arguments[2]).write_bytes(b"raster")
        return {"device": "abacus"}

    monkeypatch.setattr(EngineAlgorithm, "engine", play)

    def call(**parameters: object) -> tuple[list[str], list[str]]:
        given = {"INPUT": str(raster(size=(400, 300))), "OUTPUT": str(tmp_path / "p.tif"), **parameters}
        processing.run(SEGMENT, given)
        return told[-1]

    return call


@pytest.fixture
def mask(polygons, qgis_new_project) -> QgsVectorLayer:
    layer = polygons(*SQUARES)
    QgsProject.instance().addMapLayer(layer)
    return layer


def test_all_polygons_of_a_memory_layer(run, mask):
    _, shapes = run(MASK=mask)
    assert len(shapes) == 2


def test_selected_polygons_only(run, mask):
    mask.selectByIds([2])
    _, shapes = run(MASK=QgsProcessingFeatureSourceDefinition(mask.id(), True))
    assert len(shapes) == 1
    assert "500005" in shapes[0]


def test_a_layer_with_a_filter_of_its_own(run, mask):
    mask.setSubsetString('"id" = 1')
    _, shapes = run(MASK=mask)
    assert len(shapes) == 1
    assert "500001" in shapes[0]


def test_nothing_selected_is_a_sentence_not_the_whole_image(run, mask):
    with pytest.raises(QgsProcessingException, match="The mask layer has no polygon to work on"):
        run(MASK=QgsProcessingFeatureSourceDefinition(mask.id(), True))


@pytest.mark.parametrize(
    ("gsd", "given"),
    [(None, []), (0.5, ["--gsd=0.5"])],
)
def test_the_pixel_size_the_image_is_read_at(run, gsd, given):
    arguments, _ = run(GSD=gsd)
    assert [each for each in arguments if each.startswith("--gsd")] == given


@pytest.mark.parametrize("gsd", [0, -1, 1000])
def test_a_pixel_size_that_cannot_be(run, gsd):
    with pytest.raises(QgsProcessingException, match="GSD"):
        run(GSD=gsd)


@pytest.mark.parametrize(
    ("area", "size"),
    [
        pytest.param({}, (400, 300), id="all"),
        pytest.param({"EXTENT": "500060,500063,2999940,2999943 [EPSG:32645]"}, (177, 177), id="extent"),
        pytest.param({"GSD": 0.1, "EXTENT": "500060,500063,2999940,2999943 [EPSG:32645]"}, (77, 77), id="finer: less"),
    ],
)
def test_a_copy_has_the_ground_that_the_engine_looks_at(run, raster, area, size, monkeypatch):
    """100 pixels of the engine's grid on every side: 25 m at the weights' 0.25 m, 10 m at 0.1 m; and 3 m itself."""
    from building_footprints_plugin.bridge import copying

    layer = QgsRasterLayer(str(raster(size=(400, 300))), "image")
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(250, 250)])
    layer.dataProvider().setUserNoDataValue(2, [QgsRasterRange(250, 250)])
    layer.dataProvider().setUserNoDataValue(3, [QgsRasterRange(250, 250)])
    sizes = []
    original = copying.RasterCopy.write
    monkeypatch.setattr(
        copying.RasterCopy, "write", lambda self, *given: sizes.append(self.size) or original(self, *given)
    )
    run(INPUT=layer, **area)
    assert sizes[0] == pytest.approx(size, abs=1)
