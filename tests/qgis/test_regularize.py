"""Regularize footprints inside QGIS: what comes back of a layer besides straight outlines."""

from __future__ import annotations

import math

import processing
import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate

pytestmark = pytest.mark.usefixtures("provider")
UTM = QgsCoordinateReferenceSystem("EPSG:32645")
JITTER = (0.12, -0.08, 0.1, -0.11, 0.07, -0.1)
HOUSE = ((0, 0), (12, 0), (12, 6), (7, 6), (7, 10), (0, 10))  # an L of 100 m²
BOW_TIE = "Polygon ((500000 3000100, 500009 3000109, 500009 3000100, 500000 3000109, 500000 3000100))"


def ragged(x: float = 0, z: bool = False) -> str:
    """The L-shaped house with its corners up to 12 cm off, `x` metres east of a corner of UTM zone 45."""
    corners = [(500000 + x + a + dx, 3000000 + b - dx) for (a, b), dx in zip(HOUSE, JITTER, strict=True)]
    text = ", ".join(f"{a} {b}" + (" 7" if z else "") for a, b in [*corners, corners[0]])
    return f"Polygon{'Z' if z else ''} (({text}))"


def multi(*polygons: str) -> str:
    return "MultiPolygon (" + ", ".join(text.partition("(")[1] + text.partition("(")[2] for text in polygons) + ")"


def regularize(layer, feedback=None, **parameters: object) -> dict:
    given = {"INPUT": layer, "OUTPUT": "memory:", **parameters}
    return processing.run("buildingfootprints:regularizefootprints", given, feedback=feedback)


def in_crs(layer: QgsVectorLayer, crs: str) -> QgsVectorLayer:
    target = QgsCoordinateReferenceSystem(crs)
    moved = QgsVectorLayer(f"Polygon?crs={crs}&field=id:integer", "moved", "memory")
    features = []
    for feature in layer.getFeatures():
        made = QgsFeature(moved.fields())
        made["id"] = feature["id"]
        made.setGeometry(transformed(feature.geometry(), layer.crs(), target))
        features.append(made)
    moved.dataProvider().addFeatures(features)
    return moved


def transformed(geometry, source, target) -> QgsGeometry:
    moved = QgsGeometry(geometry)
    moved.transform(QgsCoordinateTransform(source, target, QgsProject.instance()))
    return moved


def off_square_deg(geometry: QgsGeometry) -> float:
    """Return how far the worst corner of all outer rings is from a right angle."""
    worst = 0.0
    for polygon in geometry.asMultiPolygon() if geometry.isMultipart() else [geometry.asPolygon()]:
        ring = polygon[0][:-1]
        bearings = [math.atan2(b.y() - a.y(), b.x() - a.x()) for a, b in zip(ring, ring[1:] + ring[:1], strict=True)]
        for before, after in zip(bearings, bearings[1:] + bearings[:1], strict=True):
            turn = math.degrees(after - before) % 90
            worst = max(worst, min(turn, 90 - turn))
    return worst


@pytest.mark.parametrize("crs", ["EPSG:32645", "EPSG:4326", "EPSG:3857"])
def test_metres_are_metres_in_any_coordinate_system(polygons, crs):
    layer = polygons(ragged(0), ragged(40))
    results = regularize(layer if crs == "EPSG:32645" else in_crs(layer, crs), TOLERANCE=0.5)
    assert (results["COUNT"], results["REGULARIZED"]) == (2, 2)
    assert results["OUTPUT"].crs().authid() == crs
    for feature in results["OUTPUT"].getFeatures():
        outline = transformed(feature.geometry(), results["OUTPUT"].crs(), UTM)
        assert off_square_deg(outline) < 0.05
        assert outline.area() == pytest.approx(100, rel=0.03)


def test_rare_settings_reach_the_engine(polygons):
    results = regularize(polygons(ragged()), MIN_IOU=1, MIN_EDGE=2, RIGHT_ANGLES_ONLY=True)
    assert results["REGULARIZED"] == 0, "no straight outline is the very same as a ragged one"


def test_simplify_leaves_angles_alone(polygons):
    layer = polygons(ragged())
    slanted = next(regularize(layer, METHOD="simplify", TOLERANCE=0.05)["OUTPUT"].getFeatures()).geometry()
    assert off_square_deg(slanted) > 0.3


def test_every_field_is_kept_whatever_its_type_and_name():
    fields = "field=fid:integer&field=geom:string&field=day:date&field=Regularized:integer&field=done:bool"
    layer = QgsVectorLayer(f"Polygon?crs=EPSG:32645&{fields}", "odd", "memory")
    features = []
    for number in (0, 1):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(ragged(40 * number)))
        feature.setAttributes([7, f"house {number}", QDate(2026, 1, 1 + number), 99, bool(number)])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    made = regularize(layer)["OUTPUT"]
    assert made.fields().names() == ["geom", "day", "done", "regularized"], "fid repeats, so it is no key any more"
    found = [feature.attributes() for feature in made.getFeatures()]
    assert found == [["house 0", QDate(2026, 1, 1), False, 1], ["house 1", QDate(2026, 1, 2), True, 1]]


def test_a_key_that_is_one_is_kept(polygons, tmp_path):
    first = regularize(polygons(ragged(0), ragged(40)), OUTPUT=str(tmp_path / "a.gpkg"))["OUTPUT"]
    again = regularize(first, OUTPUT=str(tmp_path / "b.gpkg"))["OUTPUT"]
    layer = QgsVectorLayer(again, "", "ogr")
    assert [feature["fid"] for feature in layer.getFeatures()] == [1, 2]
    assert layer.fields().names() == ["fid", "id", "confidence", "regularized"]


def test_selected_features_only(polygons, qgis_new_project):
    layer = polygons(ragged(0), ragged(40), ragged(80))
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([2])
    results = regularize(QgsProcessingFeatureSourceDefinition(layer.id(), True))
    assert [feature["id"] for feature in results["OUTPUT"].getFeatures()] == [2]
    assert results["COUNT"] == 1


def test_features_that_are_not_saved_yet(polygons):
    """Their ids are negative."""
    layer = polygons(ragged())
    layer.startEditing()
    feature = QgsFeature(layer.fields())
    feature.setAttributes([2, 0.5])
    feature.setGeometry(QgsGeometry.fromWkt(ragged(40)))
    assert layer.addFeature(feature)
    results = regularize(layer)
    layer.rollBack()
    assert sorted(feature["id"] for feature in results["OUTPUT"].getFeatures()) == [1, 2]


@pytest.mark.parametrize(
    ("kind", "wkt", "made", "parts"),
    [
        ("MultiPolygon", multi(ragged(0), ragged(40)), QgsWkbTypes.Type.MultiPolygon, 2),
        ("MultiPolygon", multi(ragged(0)), QgsWkbTypes.Type.MultiPolygon, 1),  # a multi layer stays one
        ("PolygonZ", ragged(z=True), QgsWkbTypes.Type.Polygon, 1),
        ("Polygon", BOW_TIE, QgsWkbTypes.Type.MultiPolygon, 2),  # repaired into its two wings
        (
            "CurvePolygon",
            "CurvePolygon (CircularString (500000 3000000, 500010 3000010, 500020 3000000, 500010 2999990, "
            "500000 3000000))",
            QgsWkbTypes.Type.Polygon,
            1,
        ),
    ],
)
def test_geometries_of_every_kind(polygons, feedback, kind, wkt, made, parts):
    layer = regularize(polygons(wkt, kind=kind), feedback)["OUTPUT"]
    assert layer.wkbType() == made
    geometry = next(layer.getFeatures()).geometry()
    assert geometry.isGeosValid()
    assert len(geometry.asGeometryCollection()) == parts
    assert any("heights" in text for text in feedback.warnings) == kind.endswith("Z")


def test_repaired_and_left_out_features_are_named(polygons, feedback):
    flat = "Polygon ((500000 3000200, 500009 3000200, 500000 3000200))"
    layer = polygons(ragged(), BOW_TIE, flat)
    results = regularize(layer, feedback)
    assert [feature["id"] for feature in results["OUTPUT"].getFeatures()] == [1, 2]
    assert any("repaired: 2." in text for text in feedback.warnings)
    assert any("left out: 3." in text for text in feedback.warnings)


def test_more_features_than_one_batch(polygons, monkeypatch):
    monkeypatch.setattr("building_footprints_plugin.algorithms.sinks.BATCH", 3)
    layer = polygons(*(ragged(40 * number) for number in range(7)))
    found = [feature["id"] for feature in regularize(layer)["OUTPUT"].getFeatures()]
    assert found == [1, 2, 3, 4, 5, 6, 7]


def test_an_empty_layer(polygons):
    results = regularize(polygons())
    assert (results["COUNT"], results["REGULARIZED"], results["OUTPUT"].featureCount()) == (0, 0, 0)
    assert "regularized" in results["OUTPUT"].fields().names()


def test_no_coordinate_system_is_a_sentence(polygons):
    with pytest.raises(QgsProcessingException, match="polygons has no coordinate system; set it in the layer's"):
        regularize(polygons(ragged(), crs=""))


def test_results_are_plain_python(polygons):
    results = regularize(polygons(ragged()))
    assert {type(results[name]) for name in ("COUNT", "REGULARIZED")} == {int}


def test_a_loaded_layer_says_where_it_comes_from(polygons, context, feedback, qgis_new_project):
    output = QgsProcessingOutputLayerDefinition("memory:", QgsProject.instance())
    given = {"INPUT": polygons(ragged()), "OUTPUT": output, "TOLERANCE": 0.8}
    name = "buildingfootprints:regularizefootprints"
    layer = processing.run(name, given, context=context, feedback=feedback)["OUTPUT"]
    (details,) = context.layersToLoadOnCompletion().values()
    assert details.name == "polygons: regularized"
    details.postProcessor().postProcessLayer(layer, context, feedback)
    said = layer.metadata().abstract().splitlines()
    assert said[1:5] == [
        "Source: polygons",
        "Method: rectangular",
        "Tolerance: 0.8 m",
        "Shortest wall: left to the engine",
    ]
    assert layer.attributeDisplayName(layer.fields().indexOf("regularized")) == "Straightened in full"
