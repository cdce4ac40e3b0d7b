"""Styles: valid, in the promised colours, applied when a layer is loaded and never otherwise."""

from __future__ import annotations

import gc

import processing
from conftest import ROOT
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsProcessingContext,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from building_footprints_plugin.algorithms.styling import LayerStyler, style_on_load

SQUARE = "Polygon ((500000 2999990, 500010 2999990, 500010 3000000, 500000 3000000, 500000 2999990))"
FAR = "Polygon ((500100 2999990, 500110 2999990, 500110 3000000, 500100 3000000, 500100 2999990))"


def colours(symbol) -> tuple[str, str, bool]:
    layer = symbol.symbolLayer(0)
    return layer.strokeColor().name(), layer.fillColor().name(), 0 < layer.fillColor().alpha() < 255


def test_missed_buildings_are_blue(polygons, context, feedback):
    layer = polygons(SQUARE)
    LayerStyler("missed").postProcessLayer(layer, context, feedback)
    assert colours(layer.renderer().symbol()) == ("#1e64ff", "#1e64ff", True)
    assert feedback.warnings == []


def test_footprints_are_the_darker_the_surer(polygons, context, feedback):
    layer = polygons(SQUARE)
    LayerStyler("footprints").postProcessLayer(layer, context, feedback)
    renderer = layer.renderer()
    assert renderer.classAttribute() == "confidence"
    limits = [(each.lowerValue(), each.upperValue()) for each in renderer.ranges()]
    assert [low for low, _ in limits] == [0, *(high for _, high in limits[:-1])], "no confidence falls between"
    assert limits[-1][1] == 1
    shades = [each.symbol().symbolLayer(0).strokeColor().lightness() for each in renderer.ranges()]
    assert shades == sorted(shades, reverse=True)
    assert feedback.warnings == []


def test_matched_is_green_and_false_is_red(context, feedback):
    layer = QgsVectorLayer("Polygon?crs=EPSG:32645&field=status:string", "scored", "memory")
    LayerStyler("scored").postProcessLayer(layer, context, feedback)
    renderer = layer.renderer()
    assert isinstance(renderer, QgsCategorizedSymbolRenderer)
    assert renderer.classAttribute() == "status"
    found = {category.value(): colours(category.symbol())[0] for category in renderer.categories()}
    assert found == {"matched": "#28aa46", "false": "#e12323"}


def test_probability_from_clear_to_bright(raster, context, feedback):
    layer = QgsRasterLayer(str(raster()), "probability")
    LayerStyler("probability").postProcessLayer(layer, context, feedback)
    ramp = layer.renderer().shader().rasterShaderFunction()
    assert (ramp.minimumValue(), ramp.maximumValue()) == (0, 1)
    assert ramp.shade(0)[4] == 0, "no building is transparent"
    assert ramp.shade(1)[4] > 200


def test_every_style_file_is_used():
    used = {"footprints", "missed", "scored", "probability"}
    assert {path.stem for path in (ROOT / "building_footprints_plugin" / "styles").glob("*.qml")} == used


def test_only_layers_that_are_loaded_get_a_style():
    context = QgsProcessingContext()
    details = QgsProcessingContext.LayerDetails("Footprints", QgsProject.instance(), "OUTPUT")
    context.addLayerToLoadOnCompletion("/a.gpkg", details)
    style_on_load(context, "/b.gpkg", "footprints")
    style_on_load(context, "", "footprints")
    assert context.layerToLoadOnCompletionDetails("/a.gpkg").postProcessor() is None
    style_on_load(context, "/a.gpkg", "footprints")
    assert isinstance(context.layerToLoadOnCompletionDetails("/a.gpkg").postProcessor(), LayerStyler)


def test_loaded_results_are_styled(provider, polygons, feedback, qgis_new_project):
    """The way the dialog goes; twice, as a batch does, and with the algorithm's own object gone by then."""
    truth = polygons(SQUARE, FAR)
    for _ in range(2):
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        wanted = {name: loaded() for name in ("OUTPUT", "MISSED")}
        parameters = {"PROPOSALS": polygons(SQUARE), "TRUTH": truth, **wanted}
        layers = processing.run("buildingfootprints:scorefootprints", parameters, context=context, feedback=feedback)
        gc.collect()
        for details in context.layersToLoadOnCompletion().values():  # what QGIS does after a run
            details.postProcessor().postProcessLayer(layers[details.outputName], context, feedback)
        names = {details.outputName: details.name for details in context.layersToLoadOnCompletion().values()}
        assert names == {"OUTPUT": "polygons: matched and false footprints", "MISSED": "polygons: missed buildings"}
        scored, missed = layers["OUTPUT"], layers["MISSED"]
        said = scored.metadata().abstract().splitlines()
        assert {"polygons compared with the ground truth polygons", "Matched 1, false 0, missed 1"} <= set(said)
        assert isinstance(scored.renderer(), QgsCategorizedSymbolRenderer)
        assert [feature["status"] for feature in scored.getFeatures()] == ["matched"]
        assert colours(missed.renderer().symbol())[0] == "#1e64ff"


def loaded() -> QgsProcessingOutputLayerDefinition:
    """A temporary layer that is to be loaded into the project, under the name the algorithm gives it."""
    return QgsProcessingOutputLayerDefinition("memory:", QgsProject.instance())
