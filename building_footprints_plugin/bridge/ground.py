"""Metres on the ground in the units of a layer's coordinate system."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsDistanceArea,
    QgsPointXY,
    QgsRectangle,
)

ELLIPSOID = "EPSG:7030"  # WGS 84
STEP_DEG = 1e-4
STEP = 10.0  # of any other unit


@dataclass(frozen=True)
class Scale:
    """How many units of a coordinate system, eastwards and northwards, are one metre on the ground at some point."""

    x: float
    y: float

    @classmethod
    def at(cls, point: QgsPointXY, crs: QgsCoordinateReferenceSystem, context: QgsCoordinateTransformContext) -> Scale:
        """Measure along short lines from `point`, which is in `crs`."""
        measure = QgsDistanceArea()
        measure.setSourceCrs(crs, context)
        measure.setEllipsoid(ELLIPSOID)
        step = STEP_DEG if crs.isGeographic() else STEP
        east, north = QgsPointXY(point.x() + step, point.y()), QgsPointXY(point.x(), point.y() + step)
        return cls(step / measure.measureLine(point, east), step / measure.measureLine(point, north))

    def grown(self, bounds: QgsRectangle, margin_m: float) -> QgsRectangle:
        """Return `bounds` with a margin on every side."""
        dx, dy = margin_m * self.x, margin_m * self.y
        return QgsRectangle(
            bounds.xMinimum() - dx, bounds.yMinimum() - dy, bounds.xMaximum() + dx, bounds.yMaximum() + dy
        )
