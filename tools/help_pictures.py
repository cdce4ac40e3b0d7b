"""The pictures of the help pages: what goes in and what comes out, side by side; made during the tour of QGIS."""

# mypy: ignore-errors
# PyQGIS has no types.

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem, QgsMapRendererParallelJob, QgsMapSettings, QgsRectangle
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QColor, QImage, QPainter

TARGET = Path(__file__).resolve().parent.parent / "building_footprints_plugin" / "help" / "pictures"
SIDE_PX, GAP_PX, QUALITY = 340, 8, 78
CRS = "EPSG:32611"


def side_by_side(name: str, box: QgsRectangle, *views: list) -> None:
    """Save the picture of algorithm `name`: each of `views`, layers with the topmost first, over `box` in `CRS`."""
    made = QImage(len(views) * (SIDE_PX + GAP_PX) - GAP_PX, SIDE_PX, QImage.Format.Format_RGB32)
    made.fill(QColor("white"))
    painter = QPainter(made)
    for number, layers in enumerate(views):
        painter.drawImage(number * (SIDE_PX + GAP_PX), 0, _map(layers, box))
    painter.end()
    save(name, made)


def save(name: str, picture: QImage) -> None:
    """Save `picture` as that of algorithm `name`."""
    TARGET.mkdir(parents=True, exist_ok=True)
    width = min(picture.width(), 2 * SIDE_PX + GAP_PX)
    smaller = picture.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
    smaller.save(str(TARGET / f"{name}.jpg"), "JPG", QUALITY)


def _map(layers: list, box: QgsRectangle) -> QImage:
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(CRS))
    settings.setExtent(box)
    settings.setOutputSize(QSize(SIDE_PX, SIDE_PX))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()
