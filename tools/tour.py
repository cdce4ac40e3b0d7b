"""What QGIS does while it is photographed for the tutorial; run by tools/screenshots.py through qgis --code."""

# mypy: ignore-errors
# PyQGIS has no types.

from __future__ import annotations

import os
import traceback
from pathlib import Path

import processing
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapLayer,
    QgsPointXY,
    QgsProcessingOutputLayerDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QEventLoop, Qt, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QDockWidget, QToolBar
from qgis.utils import iface

from tools import help_pictures

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ["TOUR_FOLDER"])
DEMO = ROOT / "tests" / "data" / "demo"
TARGET = ROOT / "docs" / "tutorial"
ENGINE = "BUILDING_FOOTPRINTS_PYTHON"
KEPT_BARS = {"mFileToolBar", "mMapNavToolBar", "mAttributesToolBar"}
QUALITY = 82
DIALOG = (900, 620)


def wait(seconds: float) -> None:
    """Let QGIS go on working."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def photograph(name: str, seconds: float = 1.5) -> None:
    """Save what the screen shows, after the map has been drawn."""
    iface.mapCanvas().waitWhileRendering()
    wait(seconds)
    TARGET.mkdir(parents=True, exist_ok=True)
    QGuiApplication.primaryScreen().grabWindow(0).save(str(TARGET / f"{name}.jpg"), "JPG", QUALITY)


def tidy() -> None:
    """Only the layers and the toolbox beside the map."""
    window = iface.mainWindow()
    window.showMaximized()
    for dock in window.findChildren(QDockWidget):
        dock.setVisible(dock.objectName() in {"Layers", "ProcessingToolbox"})
    for bar in window.findChildren(QToolBar):
        if bar.parent() is window:
            bar.setVisible(bar.objectName() in KEPT_BARS)
    toolbox = window.findChild(QDockWidget, "ProcessingToolbox")
    toolbox.searchBox.setText("footprints")
    window.resizeDocks([window.findChild(QDockWidget, "Layers"), toolbox], [230, 280], Qt.Orientation.Horizontal)
    wait(2)


def open_image() -> QgsRasterLayer:
    """Load the demo's image and look at it undistorted."""
    project = QgsProject.instance()
    image = QgsRasterLayer(str(DEMO / "vegas.tif"), "vegas")
    image.brightnessFilter().setBrightness(25)
    project.addMapLayer(image)
    wait(1)
    project.setCrs(QgsCoordinateReferenceSystem(help_pictures.CRS))
    iface.setActiveLayer(image)
    iface.zoomToActiveLayer()
    return image


def dialog(algorithm: str, parameters: dict, name: str = "") -> None:
    """Photograph the window of an algorithm over the map, or by itself for its help page where there is no name."""
    window = processing.createAlgorithmDialog(f"buildingfootprints:{algorithm}", parameters)
    window.show()
    window.resize(*DIALOG)
    frame = iface.mainWindow().geometry()
    window.move(frame.center().x() - DIALOG[0] // 2, frame.center().y() - DIALOG[1] // 2)
    if name:
        photograph(name)
    else:
        wait(1.5)
        help_pictures.save(algorithm, window.grab().toImage())
    window.close()
    wait(0.5)


def run(algorithm: str, **parameters: object) -> dict[str, QgsMapLayer]:
    """Run an algorithm and load what it makes, named as its window names it; return the layers by output."""
    found = QgsApplication.processingRegistry().algorithmById(f"buildingfootprints:{algorithm}")
    project = QgsProject.instance()
    for each in found.destinationParameterDefinitions():
        if each.name() in parameters and each.type() != "folderDestination":
            layer = QgsProcessingOutputLayerDefinition(str(FOLDER / parameters[each.name()]), project)
            layer.destinationName = each.description()
            parameters[each.name()] = layer
    results = processing.runAndLoadResults(found.id(), parameters)
    wait(1)
    loaded = {layer.source().partition("|")[0]: layer for layer in project.mapLayers().values()}
    return {name: loaded[value] for name, value in results.items() if value in loaded}


def show(*shown: QgsMapLayer) -> None:
    """Show these layers of the project and no others."""
    for node in QgsProject.instance().layerTreeRoot().findLayers():
        node.setItemVisibilityChecked(node.layer() in shown)
        node.setExpanded(node.layer() in shown and not isinstance(node.layer(), QgsRasterLayer))


def look(image: QgsRasterLayer, share: float, x: float = 0.5, y: float = 0.5) -> QgsRectangle:
    """Return a square around a point of the image (from 0 to 1), as wide as this share of it, in the project's CRS."""
    project = QgsProject.instance()
    transform = QgsCoordinateTransform(image.crs(), project.crs(), project)
    box = transform.transformBoundingBox(image.extent())
    middle = QgsPointXY(box.xMinimum() + x * box.width(), box.yMinimum() + y * box.height())
    half = share * box.width() / 2
    return QgsRectangle(middle.x() - half, middle.y() - half, middle.x() + half, middle.y() + half)


def install(image: QgsRasterLayer) -> None:
    """Photograph the offer to install the engine, as where there is none, and the window that does it."""
    engine = os.environ.pop(ENGINE)
    provider = QgsApplication.processingRegistry().providerById("buildingfootprints")
    provider.algorithm("extractbuildings").create().canExecute()
    photograph("1-offer")
    dialog("installengine", {"CPU_ONLY": True}, "2-install")
    iface.messageBar().clearWidgets()
    os.environ[ENGINE] = engine


def extract(image: QgsRasterLayer) -> dict[str, QgsMapLayer]:
    """Photograph the extraction and its footprints; return what it made by output."""
    dialog("extractbuildings", {"INPUT": image}, "3-extract")
    made = run("extractbuildings", INPUT=image, OUTPUT="buildings.gpkg", PROBABILITY="probability.tif")
    show(image, made["OUTPUT"])
    photograph("4-footprints")
    box, near = look(image, 0.5, 0.4, 0.7), look(image, 0.2, 0.35, 0.75)
    help_pictures.side_by_side("extractbuildings", box, [image], [made["OUTPUT"], image])
    help_pictures.side_by_side("segmentbuildings", box, [image], [made["PROBABILITY"]])
    help_pictures.side_by_side("polygonizebuildings", box, [made["PROBABILITY"]], [made["OUTPUT"], image])
    traced = run("polygonizebuildings", INPUT=made["PROBABILITY"], REGULARIZE="none", OUTPUT="traced.gpkg")["OUTPUT"]
    square = run("regularizefootprints", INPUT=traced, OUTPUT="square.gpkg")["OUTPUT"]
    square.setRenderer(traced.renderer().clone())
    help_pictures.side_by_side("regularizefootprints", near, [traced, image], [square, image])
    QgsProject.instance().removeMapLayers([traced.id(), square.id()])
    return made


def score(image: QgsRasterLayer, truth: QgsVectorLayer, footprints: QgsVectorLayer) -> None:
    """Photograph the window of the score, and what was found, false and missed."""
    given = {"PROPOSALS": footprints, "TRUTH": truth}
    dialog("scorefootprints", given, "5-score")
    scored = run("scorefootprints", **given, OUTPUT="scored.gpkg", MISSED="missed.gpkg")
    show(image, *scored.values())
    photograph("6-scored")
    box = look(image, 0.5, 0.4, 0.7)
    help_pictures.side_by_side("scorefootprints", box, [truth, image], [*scored.values(), image])


def adapt(image: QgsRasterLayer, truth: QgsVectorLayer) -> None:
    """Photograph the export of training data."""
    show(image, truth)
    dialog("exporttrainingdata", {"INPUT": image, "TRUTH": truth, "NAME": "mytown", "SPLIT": "val"}, "7-export")
    help_pictures.side_by_side("exporttrainingdata", look(image, 0.9), [image], [truth, image])


def tour() -> None:
    """Go through the tutorial, then photograph the windows that only the help pages show."""
    tidy()
    image = open_image()
    install(image)
    made = extract(image)
    truth = QgsVectorLayer(str(DEMO / "vegas.geojson"), "drawn by hand")
    QgsProject.instance().addMapLayer(truth)
    score(image, truth, made["OUTPUT"])
    adapt(image, truth)
    for name in ("installengine", "checkinstallation", "extractandscore", "exporttrainingtiles"):
        dialog(name, {})


def main() -> None:
    """Take the tour, say in tour.log how it went, and end QGIS."""
    log = FOLDER / "tour.log"
    try:
        tour()
        log.write_text("done\n")
    except Exception:
        log.write_text(traceback.format_exc())
    finally:
        os._exit(0)  # QGIS would ask whether the project is to be saved


QTimer.singleShot(4000, main)
