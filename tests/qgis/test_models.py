"""The models that come with the plugin: offered, in step with the algorithms, and running."""

from __future__ import annotations

import json
from pathlib import Path

import processing
import pytest
from conftest import ROOT
from osgeo import gdal
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

pytestmark = pytest.mark.usefixtures("provider")
DEMO = ROOT / "tests" / "data" / "demo"
SHIPPED = {
    "extractandscore": ["extractbuildings", "regularizefootprints", "scorefootprints"],
    "exporttrainingtiles": ["buildvirtualraster", "exporttrainingdata"],
}
CHOSEN = {"REGULARIZE": "simplify"}  # what a model sets on purpose


@pytest.fixture(params=SHIPPED)
def model(request, provider) -> QgsProcessingModelAlgorithm:
    return provider.algorithm(request.param).create()


def test_models_are_offered_with_help(model):
    assert model.group() == "Models"
    assert len(model.shortHelpString()) > 100
    assert all(each.description() for each in model.parameterDefinitions())
    steps = [child.algorithmId().partition(":")[2] for child in model.childAlgorithms().values()]
    assert sorted(steps) == sorted(SHIPPED[model.name()])
    assert model.canExecute() == (True, "")


def test_models_keep_the_defaults_of_their_steps(model):
    """If this fails, `make models`."""
    static = QgsProcessingModelChildParameterSource.fromStaticValue("").source()  # its enum moved in QGIS 3.40
    for child in model.childAlgorithms().values():
        for name, sources in child.parameterSources().items():
            definition = child.algorithm().parameterDefinition(name)
            assert definition is not None, f"{child.algorithmId()} has no {name} any more"
            if sources[0].source() == static and child.algorithmId().startswith("buildingfootprints:"):
                assert sources[0].staticValue() == CHOSEN.get(name, definition.defaultValue()), name


def test_extract_square_and_score(tmp_path, qgis_new_project):
    """A quarter of the demo's image."""
    image = QgsRasterLayer(str(DEMO / "vegas.tif"), "vegas")
    box = image.extent()
    area = QgsVectorLayer("Polygon?crs=EPSG:4326", "area", "memory")
    box.scale(0.5)
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromRect(box))
    area.dataProvider().addFeatures([feature])
    given = {"score:output": "memory:", "score:missed": "memory:", "score:report": str(tmp_path / "report.html")}
    truth = QgsVectorLayer(str(DEMO / "vegas.geojson"), "truth", "ogr")
    results = processing.run(
        "buildingfootprints:extractandscore", {"image": image, "area": area, "truth": truth, **given}
    )
    found = results["score:output"]
    assert found.featureCount() > 3
    assert {"regularized", "status", "iou"} <= set(found.fields().names())
    assert (tmp_path / "report.html").is_file()
    assert 0 < results["CHILD_RESULTS"]["score"]["F1"] <= 1


def test_rows_of_a_batch(provider, raster, polygons, feedback, tmp_path, qgis_new_project):
    """A batch runs one and the same object for row after row, each in a context of its own."""
    model = provider.algorithm("exporttrainingtiles")
    house = "Polygon ((500003 2999997, 500006 2999997, 500006 2999994, 500003 2999994, 500003 2999997))"
    whole = "Polygon ((500000 3000000, 500012 3000000, 500012 2999991, 500000 2999991, 500000 3000000))"
    given = {"images": [str(raster())], "buildings": polygons(house), "areas": polygons(whole)}
    places = [f"{tmp_path}/data/{name}" for name in ("north", "south")]
    for place in places:
        row = {**given, "place": Path(place).name, "export:folder": str(tmp_path / "data")}
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        results, succeeded = model.run(row, context, feedback)
        assert succeeded
        assert results["CHILD_RESULTS"]["export"] == {"FOLDER": str(tmp_path / "data"), "TILES": 1, "PLACE": place}
    assert sorted(str(path) for path in (tmp_path / "data").iterdir()) == places


def test_export_training_data_of_image_tiles(raster, polygons, tmp_path, qgis_new_project):
    """Two tiles side by side become one image, of which what lies within the areas is known."""
    left, right = raster("left.tif"), raster("right.tif")
    dataset = gdal.Open(str(right), gdal.GA_Update)
    dataset.SetGeoTransform((500012, 0.3, 0, 3000000, 0, -0.3))
    del dataset
    layers = [QgsRasterLayer(str(path), path.stem) for path in (left, right)]
    QgsProject.instance().addMapLayers(layers)
    house = "Polygon ((500009 2999997, 500015 2999997, 500015 2999994, 500009 2999994, 500009 2999997))"
    whole = "Polygon ((500000 3000000, 500024 3000000, 500024 2999991, 500000 2999991, 500000 3000000))"
    given = {"images": layers, "buildings": polygons(house), "areas": polygons(whole), "place": "town"}
    processing.run("buildingfootprints:exporttrainingtiles", {**given, "export:folder": str(tmp_path / "data")})
    place = tmp_path / "data" / "town"
    assert json.loads((place / "place.json").read_text(encoding="utf-8"))["name"] == "town"
    (path,) = Path(place / "instances").glob("*.png")
    found = gdal.Open(str(path))
    assert (found.RasterXSize, found.RasterYSize) == (80, 30)
    cells = memoryview(found.ReadRaster(0, 0, 80, 30)).cast("H")
    assert sum(value == 1 for value in cells) == 20 * 10
