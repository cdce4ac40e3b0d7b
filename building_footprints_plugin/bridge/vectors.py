"""Polygon layers on their way to the engine: written to a temporary GeoPackage in their own CRS, and whole."""

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
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QMetaType, QVariant

from ..translation import tr
from .errors import BridgeError, RunCancelled

FID = "qgis_fid"  # a layer's own fields are often called fid, and hold other numbers
ID = "qgis_id"


def write_polygons(
    source: QgsProcessingFeatureSource,
    path: str,
    context: QgsCoordinateTransformContext,
    feedback: QgsFeedback,
    *,
    ids_only: bool = False,
) -> str:
    """Write the features of `source` (selected ones only, where it says so) to the GeoPackage `path`; return `path`.

    Geometries stay as they are, with curves, several parts and faults; of the fields, numbers and texts stay, or with
    `ids_only` none but a field `ID` with the feature's id. Each feature keeps its id. The layer is named like the file.
    Raises BridgeError if the file cannot be written, RunCancelled if the user cancels.
    """
    columns = [] if ids_only else _columns(source.fields())
    id_names = [ID, FID] if ids_only else [FID]
    writer = _writer(source, _fields(source, columns, id_names), path, context)
    request, count = QgsFeatureRequest(), 0
    request.setSubsetOfAttributes(columns)
    for feature in source.getFeatures(request, QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks):
        if feedback.isCanceled():
            raise RunCancelled(tr("Cancelled; no output was written."))
        values = feature.attributes()
        feature.setAttributes([values[column] for column in columns] + [feature.id()] * len(id_names))
        if not writer.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
            break
        count += 1
    reason = writer.errorMessage() if writer.hasError() else ""
    del writer  # this is what writes the rest and closes the file
    if reason:
        raise BridgeError(tr("{} could not be written: {}").format(path, reason))
    check_whole(path, count)
    return path


def features_in(target: str) -> int | None:
    """Return how many features of a layer, named as QGIS opens it, can be read; None if it is not in a file."""
    if not os.path.isfile(target.partition("|")[0]):
        return None
    layer = QgsVectorLayer(target, "", "ogr")
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
    return sum(1 for _ in layer.getFeatures(request)) if layer.isValid() else 0


def check_whole(target: str, count: int) -> None:
    """Refuse a layer in a file that does not hold `count` features: QGIS does not say that a disk was full on closing.

    `target` is as in `features_in`.
    """
    found = features_in(target)
    if found is not None and found < count:
        file = target.partition("|")[0]
        raise BridgeError(tr("{} could not be written to its end: is the disk full?").format(file))


def _writer(
    source: QgsProcessingFeatureSource, fields: QgsFields, path: str, context: QgsCoordinateTransformContext
) -> QgsVectorFileWriter:
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = os.path.splitext(os.path.basename(path))[0]
    options.layerOptions = [f"FID={FID}", "GEOMETRY_NAME=qgis_geometry", "SPATIAL_INDEX=NO"]
    return QgsVectorFileWriter.create(path, fields, source.wkbType(), source.sourceCrs(), context, options)


def _fields(source: QgsProcessingFeatureSource, columns: Sequence[int], id_names: Sequence[str]) -> QgsFields:
    fields = QgsFields()
    for column in columns:
        fields.append(source.fields().at(column))
    for name in id_names:
        fields.append(whole_number_field(name))
    return fields


def whole_number_field(name: str) -> QgsField:
    """Return a field of 64-bit integers; QGIS 3.38 changed how a type is named."""
    if Qgis.QGIS_VERSION_INT >= 33800:
        return QgsField(name, QMetaType.Type.LongLong)
    return QgsField(name, QVariant.LongLong)


def _columns(fields: QgsFields) -> list[int]:
    """Return the numbers of the fields that hold numbers or texts; of names equal but for case, the first."""
    kept = {
        field.name().lower(): number
        for number, field in reversed(list(enumerate(fields)))
        if field.isNumeric() or field.type() == QMetaType.Type.QString
    }
    return sorted(kept.values())
