"""Polygon layers on their way to the engine: written to a temporary GeoPackage in their own CRS."""

from __future__ import annotations

import os
from collections.abc import Sequence

from qgis.core import (
    Qgis,
    QgsCoordinateTransformContext,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsFeedback,
    QgsField,
    QgsFields,
    QgsProcessingFeatureSource,
    QgsVectorFileWriter,
)
from qgis.PyQt.QtCore import QMetaType, QVariant

from ..translation import tr
from .errors import BridgeError, RunCancelled

FID = "qgis_fid"  # a layer's own fields are often called fid, and hold other numbers


def write_polygons(
    source: QgsProcessingFeatureSource, path: str, context: QgsCoordinateTransformContext, feedback: QgsFeedback
) -> str:
    """Write the features of `source` (selected ones only, where it says so) to the GeoPackage `path`; return `path`.

    Geometries stay as they are, with curves, several parts and faults; of the fields, numbers and texts stay, and each
    feature keeps its id. The layer is named like the file. Raises BridgeError if the file cannot be written,
    RunCancelled if the user cancels.
    """
    columns = _columns(source.fields())
    writer = _writer(source, columns, path, context)
    request = QgsFeatureRequest()
    request.setSubsetOfAttributes(columns)
    for feature in source.getFeatures(request, QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks):
        if feedback.isCanceled():
            raise RunCancelled(tr("Cancelled; no output was written."))
        values = feature.attributes()
        feature.setAttributes([*(values[column] for column in columns), feature.id()])
        if not writer.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
            break
    reason = writer.errorMessage() if writer.hasError() else ""
    del writer  # this is what writes the rest and closes the file
    if reason:
        raise BridgeError(tr("{} could not be written: {}").format(path, reason))
    return path


def _writer(
    source: QgsProcessingFeatureSource, columns: Sequence[int], path: str, context: QgsCoordinateTransformContext
) -> QgsVectorFileWriter:
    fields = QgsFields()
    for column in columns:
        fields.append(source.fields().at(column))
    fields.append(_id_field())
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = os.path.splitext(os.path.basename(path))[0]
    options.layerOptions = [f"FID={FID}", "GEOMETRY_NAME=qgis_geometry", "SPATIAL_INDEX=NO"]
    return QgsVectorFileWriter.create(path, fields, source.wkbType(), source.sourceCrs(), context, options)


def _id_field() -> QgsField:
    if Qgis.QGIS_VERSION_INT >= 33800:
        return QgsField(FID, QMetaType.Type.LongLong)
    return QgsField(FID, QVariant.LongLong)


def _columns(fields: QgsFields) -> list[int]:
    """Return the numbers of the fields that hold numbers or texts; of names equal but for case, the first."""
    kept = {
        field.name().lower(): number
        for number, field in reversed(list(enumerate(fields)))
        if field.isNumeric() or field.type() == QVariant.String
    }
    return sorted(kept.values())
