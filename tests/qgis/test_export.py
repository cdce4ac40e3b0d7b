"""Export training data inside QGIS: from layers and an extent to a folder that training takes."""

from __future__ import annotations

import json
from pathlib import Path

import processing
import pytest
from osgeo import gdal
from qgis.core import (
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsRasterRange,
)

from building_footprints_plugin.algorithms.base import EngineAlgorithm
from building_footprints_plugin.bridge.errors import BridgeError

pytestmark = pytest.mark.usefixtures("provider")
IGNORE = 65535
PIXEL_M = 0.3


def house(left: int, top: int, right: int, bottom: int) -> str:
    """A building whose walls lie on the borders of the image's pixels."""
    xs = [500000 + PIXEL_M * column for column in (left, right)]
    ys = [3000000 - PIXEL_M * row for row in (top, bottom)]
    ring = [(xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[0], ys[1]), (xs[0], ys[0])]
    return "Polygon ((" + ", ".join(f"{x} {y}" for x, y in ring) + "))"


def export(image, truth, folder: Path, **parameters: object) -> dict:
    given = {"INPUT": str(image), "TRUTH": truth, "FOLDER": str(folder), **parameters}
    return processing.run("buildingfootprints:exporttrainingdata", given)


def instances(place: str) -> list[list[int]]:
    """Return the labels of the place's only tile, row by row."""
    (path,) = (Path(place) / "instances").glob("*.png")
    dataset = gdal.Open(str(path))
    assert dataset.GetRasterBand(1).DataType == gdal.GDT_UInt16
    band, width = dataset.GetRasterBand(1), dataset.RasterXSize
    return [list(memoryview(band.ReadRaster(0, y, width, 1)).cast("H")) for y in range(dataset.RasterYSize)]


def test_tiles_labels_and_what_is_said_of_them(raster, polygons, tmp_path):
    truth = polygons(house(5, 3, 15, 13), house(20, 10, 30, 20))
    results = export(
        raster("my image.tif"), truth, tmp_path / "data", SPLIT="val", QUALITY="fair", LICENCE="CC0", ATTRIBUTION="me"
    )
    assert results["TILES"] == 1
    assert results["FOLDER"] == str(tmp_path / "data")
    assert results["PLACE"] == str(tmp_path / "data" / "my_image")
    said = json.loads((tmp_path / "data" / "my_image" / "place.json").read_text(encoding="utf-8"))
    assert said == {
        "name": "my_image",
        "gsd_m": PIXEL_M,
        "split_hint": "val",
        "label_quality": "fair",
        "licence": "CC0",
        "attribution": "me",
        "source": "my image.tif",
    }
    found = instances(results["PLACE"])
    assert (len(found), len(found[0])) == (30, 40)
    first, second = found[3][5], found[10][20]
    assert {first, second} == {1, 2}
    for y, row in enumerate(found):
        for x, value in enumerate(row):
            wanted = first if 5 <= x < 15 and 3 <= y < 13 else second if 20 <= x < 30 and 10 <= y < 20 else 0
            assert value == wanted, (x, y)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["my_image"]


def test_the_extent_is_what_is_cut_and_the_mask_what_is_known(raster, polygons, tmp_path):
    extent = "500000,500006,2999994,3000000 [EPSG:32645]"  # the first 20 columns and rows
    mask = polygons(house(0, 0, 20, 8))
    results = export(raster(), polygons(house(5, 3, 15, 13)), tmp_path / "d", EXTENT=extent, MASK=mask, NAME="a b")
    assert results["PLACE"].endswith("a_b")
    found = instances(results["PLACE"])
    assert (len(found), len(found[0])) == (8, 20)
    assert [row[10] for row in found] == [0, 0, 0, 1, 1, 1, 1, 1]


def test_selected_buildings_only(raster, polygons, tmp_path, qgis_new_project):
    layer = polygons(house(5, 3, 15, 13), house(20, 10, 30, 20))
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([2])
    found = instances(export(raster(), QgsProcessingFeatureSourceDefinition(layer.id(), True), tmp_path / "d")["PLACE"])
    assert (found[3][5], found[10][20]) == (0, 1)


def test_a_layer_that_is_copied_for_the_engine(raster, polygons, tmp_path):
    """The user says in QGIS which value is no data; there nothing is known."""
    layer = QgsRasterLayer(str(raster(bands=1)), "grey")
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(31, 31)])  # the first pixel's value
    given = {"INPUT": layer, "TRUTH": polygons(house(5, 3, 15, 13)), "FOLDER": str(tmp_path / "d")}
    found = instances(processing.run("buildingfootprints:exporttrainingdata", given)["PLACE"])
    assert (found[0][0], found[0][1], found[3][5]) == (IGNORE, 0, 1)


def test_many_tiles(raster, polygons, tmp_path):
    results = export(raster(size=(100, 70)), polygons(house(5, 3, 15, 13)), tmp_path / "d", TILE_SIZE=64)
    assert results["TILES"] == 4
    assert len(list((tmp_path / "d" / "image" / "images").glob("*.jpg"))) == 4


def test_a_temporary_folder(raster, polygons):
    results = export(raster(), polygons(house(5, 3, 15, 13)), "TEMPORARY_OUTPUT")
    assert (Path(results["PLACE"]) / "place.json").is_file()


def test_a_place_that_is_there_already_stays(raster, polygons, tmp_path):
    (tmp_path / "d" / "image").mkdir(parents=True)
    (tmp_path / "d" / "image" / "mine.txt").touch()
    with pytest.raises(QgsProcessingException, match="image is there already; choose another name"):
        export(raster(), polygons(house(5, 3, 15, 13)), tmp_path / "d")
    assert [path.name for path in (tmp_path / "d" / "image").iterdir()] == ["mine.txt"]


def test_a_failed_run_leaves_nothing(raster, polygons, tmp_path, monkeypatch):
    def fail(self, arguments, feedback, bar_end=100):
        Path(arguments[3]).mkdir()
        raise BridgeError("The engine fell over.")

    monkeypatch.setattr(EngineAlgorithm, "engine", fail)
    with pytest.raises(QgsProcessingException, match="fell over"):
        export(raster(), polygons(house(5, 3, 15, 13)), tmp_path / "d")
    assert list((tmp_path / "d").iterdir()) == []


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"BANDS": [9]}, "Band 9 was asked for"),
        ({"EXTENT": "0,1,0,1 [EPSG:32645]"}, "lies outside image"),
    ],
)
def test_what_cannot_work_is_a_sentence(raster, polygons, tmp_path, parameters, says):
    with pytest.raises(QgsProcessingException, match=says):
        export(raster(), polygons(house(5, 3, 15, 13)), tmp_path / "d", **parameters)
    assert not (tmp_path / "d").exists()


def test_buildings_without_a_coordinate_system(raster, polygons, tmp_path):
    with pytest.raises(QgsProcessingException, match="polygons has no coordinate system"):
        export(raster(), polygons(house(5, 3, 15, 13), crs=""), tmp_path / "d")
