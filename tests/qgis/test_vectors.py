"""Polygon layers as the engine gets them."""

from __future__ import annotations

import resource

import pytest
from qgis.core import (
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeedback,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameters,
    QgsVectorLayer,
)

from building_footprints_plugin.bridge.errors import BridgeError, RunCancelled
from building_footprints_plugin.bridge.vectors import write_polygons

SQUARE = "Polygon ((0 0, 9 0, 9 9, 0 9, 0 0))"


def source_of(layer, context, selected: bool = False):
    parameter = QgsProcessingParameterFeatureSource("INPUT", "", [QgsProcessing.SourceType.TypeVectorPolygon])
    context.project().addMapLayer(layer)
    value = QgsProcessingFeatureSourceDefinition(layer.id(), selected)
    return QgsProcessingParameters.parameterAsSource(parameter, {"INPUT": value}, context)


@pytest.fixture
def write(context, tmp_path, qgis_new_project):
    def run(layer, selected: bool = False, feedback=None):
        path = write_polygons(
            source_of(layer, context, selected),
            str(tmp_path / "mask.gpkg"),
            QgsCoordinateTransformContext(),
            feedback or QgsFeedback(),
        )
        written = QgsVectorLayer(f"{path}|layername=mask", "mask", "ogr")
        assert written.isValid()
        return written

    return run


@pytest.mark.parametrize(
    ("kind", "wkt"),
    [
        ("Polygon", SQUARE),
        ("MultiPolygon", "MultiPolygon (((0 0, 1 0, 1 1, 0 0)),((5 5, 6 5, 6 6, 5 5)))"),
        ("CurvePolygon", "CurvePolygon (CircularString (0 0, 4 0, 4 4, 0 4, 0 0))"),
        ("PolygonZ", "PolygonZ ((0 0 1, 9 0 2, 9 9 3, 0 0 1))"),
        ("Polygon", "Polygon ((0 0, 2 2, 2 0, 0 2, 0 0))"),  # invalid: the engine repairs or reports it
    ],
)
def test_geometries_stay_as_they_are(write, polygons, kind, wkt):
    written = write(polygons(wkt, kind=kind, crs="EPSG:3857"))
    found = [feature.geometry() for feature in written.getFeatures()]
    assert len(found) == 1
    assert found[0].equals(QgsGeometry.fromWkt(wkt))
    assert found[0].wkbType() == QgsGeometry.fromWkt(wkt).wkbType()
    assert written.crs().authid() == "EPSG:3857"


def test_selected_features_only_when_asked_and_each_keeps_its_id(write, polygons):
    layer = polygons(SQUARE, SQUARE, SQUARE)
    layer.selectByIds([1, 3])
    written = write(layer, selected=True)
    assert [(feature.id(), feature["id"]) for feature in written.getFeatures()] == [(1, 1), (3, 3)]
    assert write(layer, selected=False).featureCount() == 3


def test_numbers_and_texts_stay_and_awkward_names_do_no_harm(write):
    fields = "field=fid:integer&field=id:integer&field=Name:string&field=geom:string&field=day:date"
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:32645&{fields}", "odd", "memory")
    features = []
    for number in (11, 12):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(SQUARE))
        feature.setAttributes([7, number, "a name", "a text", None])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    written = write(layer)
    assert written.featureCount() == 2, "the fields called fid are equal and must not be taken for the key"
    assert [feature["id"] for feature in written.getFeatures()] == [11, 12]
    assert next(written.getFeatures())["Name"] == "a name"
    assert "day" not in written.fields().names()


def test_an_empty_layer_is_a_layer(write, polygons):
    assert write(polygons()).featureCount() == 0


def test_cancel(write, polygons):
    feedback = QgsFeedback()
    feedback.cancel()
    with pytest.raises(RunCancelled):
        write(polygons(SQUARE), feedback=feedback)


@pytest.mark.parametrize("size", [0, 50_000, 150_000])
def test_a_full_disk(write, polygons, size):
    """The engine must not take a part of the polygons for all; QGIS does not say that it could not close the file."""
    layer = polygons(*[f"Polygon (({x} 0, {x + 2} 0, {x + 2} 2, {x} 2, {x} 0))" for x in range(0, 6000, 3)])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        with pytest.raises(BridgeError, match="could not be written"):
            write(layer)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_place_that_cannot_be_written(context, polygons, qgis_new_project):
    source = source_of(polygons(SQUARE), context)
    with pytest.raises(BridgeError, match=r"/no/such/folder/a\.gpkg could not be written"):
        write_polygons(source, "/no/such/folder/a.gpkg", QgsCoordinateTransformContext(), QgsFeedback())
