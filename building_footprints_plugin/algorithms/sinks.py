"""From the engine's temporary GeoPackage into whatever sink the user chose."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsVectorLayer,
)

from ..bridge.errors import RunCancelled
from ..translation import tr
from .values import Values

BATCH = 2000  # features handed over at once
KEY = "fid"  # the GeoPackage's own number of a feature; a sink makes its own


@dataclass(frozen=True)
class EngineLayer:
    """A layer the engine wrote; `crs` stands for what the file says where QGIS knows it better."""

    path: str
    name: str
    crs: QgsCoordinateReferenceSystem | None = None

    def open(self) -> QgsVectorLayer:
        """Open it; raise QgsProcessingException if the engine wrote no such layer."""
        layer = QgsVectorLayer(f"{self.path}|layername={self.name}", self.name, "ogr")
        if not layer.isValid():
            text = tr(
                "The engine's result has no layer {}; engine and plugin are of different versions: install again."
            )
            raise QgsProcessingException(text.format(self.name))
        return layer


def fill_sink(values: Values, name: str, source: EngineLayer, feedback: QgsProcessingFeedback) -> str:
    """Copy all features of `source` into the sink parameter `name` and return the id of what was made.

    Attributes are kept by name; an empty text is returned for a sink nobody asked for. A file that was made here is
    removed again when the run fails or is cancelled.
    """
    if not values.given(name):
        return ""
    layer = source.open()
    columns = [number for number, field in enumerate(layer.fields()) if field.name().lower() != KEY]
    fields = QgsFields()
    for column in columns:
        fields.append(layer.fields().at(column))
    files_before = _files_of(values.destination(name))
    try:
        return _pour(values, name, _Source(layer, columns, fields, source.crs or layer.crs()), feedback)
    except BaseException:
        for made in _files_of(values.destination(name)) - files_before:
            made.unlink()
        raise


@dataclass(frozen=True)
class _Source:
    layer: QgsVectorLayer
    columns: list[int]
    fields: QgsFields
    crs: QgsCoordinateReferenceSystem

    def batches(self) -> Iterator[list[QgsFeature]]:
        features = self.layer.getFeatures()
        while True:
            batch = [self._only_columns(feature) for feature in islice(features, BATCH)]
            if not batch:
                return
            yield batch

    def _only_columns(self, feature: QgsFeature) -> QgsFeature:
        values = feature.attributes()
        made = QgsFeature(self.fields)
        made.setGeometry(feature.geometry())
        made.setAttributes([values[column] for column in self.columns])
        return made


def _pour(values: Values, name: str, source: _Source, feedback: QgsProcessingFeedback) -> str:
    algorithm = values.algorithm
    sink, target = algorithm.parameterAsSink(
        values.parameters, name, values.context, source.fields, source.layer.wkbType(), source.crs
    )
    if sink is None:
        raise QgsProcessingException(algorithm.invalidSinkError(values.parameters, name))
    for batch in source.batches():
        if feedback.isCanceled():
            raise RunCancelled(tr("Cancelled; no output was written."))
        if not sink.addFeatures(batch, QgsFeatureSink.Flag.FastInsert):
            raise QgsProcessingException(algorithm.writeFeatureError(sink, values.parameters, name))
    return str(target)


def _files_of(destination: str) -> set[Path]:
    """Return the files there are of a file-based destination: a shapefile is several."""
    target = Path(destination)
    if not target.suffix or not target.parent.is_dir():
        return set()
    return set(target.parent.glob(glob.escape(target.stem) + ".*"))
