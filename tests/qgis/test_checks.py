"""What is refused before a run, each with one sentence that says what to do."""

from __future__ import annotations

import processing
import pytest
from qgis.core import QgsCoordinateReferenceSystem, QgsProcessingException, QgsRasterLayer, QgsVectorLayer

SQUARE = "Polygon ((500000 2999995, 500009 2999995, 500009 2999999, 500000 2999999, 500000 2999995))"


def complaint(provider, name: str, context, **parameters: object) -> str:
    fine, text = provider.algorithm(name).create().checkParameterValues(parameters, context)
    assert fine == (not text)
    return text


def bare_layer(name: str) -> QgsVectorLayer:
    """A polygon layer without a coordinate system; QGIS gives a new one a default."""
    layer = QgsVectorLayer("Polygon", name, "memory")
    layer.setCrs(QgsCoordinateReferenceSystem())
    return layer


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({}, ""),
        ({"BANDS": [3, 2, 1], "EXTENT": "500001,500005,2999995,2999999 [EPSG:32645]", "THRESHOLD": None}, ""),
        ({"INPUT": "/no/image.tif"}, "Could not load source layer for INPUT: /no/image.tif not found"),
        ({"BANDS": [1, 2, 4]}, "Band 4 was asked for, but image has 3 band(s); choose from 1 to 3."),
        ({"BANDS": [0]}, "Band 0 was asked for"),
        ({"WEIGHTS": "/no/weights.safetensors"}, "There is no weights file /no/weights.safetensors; choose another"),
        ({"WEIGHTS": "/etc/hostname"}, "Incorrect parameter value for WEIGHTS"),
        ({"EXTENT": "0,10,0,10 [EPSG:32645]"}, "lies outside image, which covers 500000"),
        ({"EXTENT": "10,11,50,51 [EPSG:4326]"}, "lies outside image"),
        (
            {"OVERLAP": 171, "TILE_SIZE": 512},
            "Overlap is 171; expected at most a third of the tile size, which is 512",
        ),
        ({"THRESHOLD": 1.5}, "Incorrect parameter value for THRESHOLD"),
        ({"MIN_AREA": -1}, "Incorrect parameter value for MIN_AREA"),
        ({"REGULARIZE": "round"}, "Incorrect parameter value for REGULARIZE"),
        ({"DEVICE": "abacus"}, "Incorrect parameter value for DEVICE"),
        ({"MASK": "/no/mask.gpkg"}, "MASK"),
        ({"PROBABILITY": "/tmp/p.jpg"}, ""),  # QGIS itself checks the extension in its dialog
    ],
)
def test_extract_buildings(provider, context, raster, parameters, says):
    given = {"INPUT": str(raster()), "OUTPUT": "memory:", **parameters}
    text = complaint(provider, "extractbuildings", context, **given)
    assert says in text
    assert bool(text) == bool(says)


@pytest.mark.parametrize("name", ["extractbuildings", "segmentbuildings", "polygonizebuildings"])
def test_a_raster_without_a_coordinate_system(provider, context, raster, name):
    layer = QgsRasterLayer(str(raster(epsg=None)), "scan")
    text = complaint(provider, name, context, INPUT=layer, OUTPUT="/tmp/out.tif")
    assert text == "scan has no coordinate system; set it in the layer's properties, tab Source, and run again."


def test_a_mask_without_a_coordinate_system(provider, context, raster):
    mask = bare_layer("mask")
    text = complaint(provider, "extractbuildings", context, INPUT=str(raster()), OUTPUT="memory:", MASK=mask)
    assert "mask layer has no coordinate system" in text


@pytest.mark.parametrize("bare", ["PROPOSALS", "TRUTH", "AOI"])
def test_scoring_needs_coordinate_systems(provider, context, polygons, bare):
    layers = {name: polygons(SQUARE) for name in ("PROPOSALS", "TRUTH", "AOI")}
    layers[bare] = bare_layer("bare")
    text = complaint(provider, "scorefootprints", context, **layers, OUTPUT="memory:")
    assert text == "bare has no coordinate system; set it in the layer's properties and run again."


def test_a_script_that_does_not_ask_first_hears_the_same(provider, context, raster, feedback):
    """`alg.run` goes straight to prepareAlgorithm."""
    algorithm = provider.algorithm("extractbuildings").create()
    with pytest.raises(QgsProcessingException, match="Band 9 was asked for"):
        algorithm.run({"INPUT": str(raster()), "BANDS": [9], "OUTPUT": "memory:"}, context, feedback, {}, False)


def test_a_web_map_without_an_extent(provider, tmp_path):
    url = f"type=xyz&zmin=0&zmax=0&url=file://{tmp_path}/%7Bz%7D/%7Bx%7D/%7By%7D.png"
    layer = QgsRasterLayer(url, "web", "wms")
    with pytest.raises(QgsProcessingException, match="extent to extract must be given"):
        processing.run("buildingfootprints:extractbuildings", {"INPUT": layer, "OUTPUT": "memory:"})
