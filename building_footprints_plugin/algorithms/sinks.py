"""From the engine's temporary GeoPackage into whatever sink the user chose."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from traceback import clear_frames

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..bridge.errors import RunCancelled
from ..bridge.vectors import check_whole, features_in
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


class Features:
    """What a sink is filled with: batches of features that have `fields`, geometries of type `kind`, and `crs`."""

    def __init__(self, fields: QgsFields, kind: QgsWkbTypes.Type, crs: QgsCoordinateReferenceSystem) -> None:
        self.fields = fields
        self.kind = kind
        self.crs = crs

    def batches(self) -> Iterator[list[QgsFeature]]:
        """Yield the features, about `BATCH` at once."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the engine's file before it is deleted; QGIS would keep it open else, for good."""
        raise NotImplementedError


def in_batches(features: Iterable[QgsFeature]) -> Iterator[list[QgsFeature]]:
    """Yield lists of `BATCH` features; the last may be shorter."""
    following = iter(features)
    while batch := list(islice(following, BATCH)):
        yield batch


def fill_sink(values: Values, name: str, source: EngineLayer, feedback: QgsProcessingFeedback) -> str:
    """Copy all features of `source` into the sink parameter `name`; see `pour`. Attributes are kept by name."""
    return pour(values, name, _Copy(source), feedback) if values.given(name) else ""


def pour(values: Values, name: str, features: Features, feedback: QgsProcessingFeedback) -> str:
    """Put `features` into the sink parameter `name` and return the id of what was made.

    A file that was begun here is removed again when the run fails or is cancelled.
    """
    before = features_in(values.destination(name)) if values.appends(name) else 0
    with closing(features), whole_or_gone(values, name):
        target, count = _pour(values, name, features, feedback)
        check_whole(target, (before or 0) + count)
    return target


@contextmanager
def whole_or_gone(values: Values, name: str) -> Iterator[None]:
    """Remove what was written to the destination `name` within the block when the block fails or is cancelled.

    A layer that features are added to stays: it holds what is the user's.
    """
    if values.appends(name):
        yield
        return
    destination = values.destination(name)
    files_before, state_before = _files_of(destination), _state(destination)
    try:
        yield
    except BaseException as error:
        clear_frames(error.__traceback__)  # closes the sink: Windows deletes no file that is open
        for made in _files_of(destination) - files_before:
            made.unlink()
        if _state(destination) not in (None, state_before):  # QGIS has written over what was there
            os.unlink(destination)
        raise


class _Copy(Features):
    """The features of a layer of the engine, without the GeoPackage's own key."""

    def __init__(self, source: EngineLayer) -> None:
        self._layer = source.open()
        columns = enumerate(self._layer.fields())
        self._columns = [number for number, field in columns if field.name().lower() != KEY]
        fields = QgsFields()
        for column in self._columns:
            fields.append(self._layer.fields().at(column))
        super().__init__(fields, self._layer.wkbType(), source.crs or self._layer.crs())

    def batches(self) -> Iterator[list[QgsFeature]]:
        for batch in in_batches(self._layer.getFeatures()):
            yield [self._only_columns(feature) for feature in batch]

    def close(self) -> None:
        del self._layer

    def _only_columns(self, feature: QgsFeature) -> QgsFeature:
        values = feature.attributes()
        made = QgsFeature(self.fields)
        made.setGeometry(feature.geometry())
        made.setAttributes([values[column] for column in self._columns])
        return made


def _pour(values: Values, name: str, features: Features, feedback: QgsProcessingFeedback) -> tuple[str, int]:
    """Return the id of what was made, and how many features were handed over; the sink is closed then."""
    algorithm, count = values.algorithm, 0
    sink, target = algorithm.parameterAsSink(
        values.parameters, name, values.context, features.fields, features.kind, features.crs
    )
    if sink is None:
        raise QgsProcessingException(algorithm.invalidSinkError(values.parameters, name))
    for batch in features.batches():
        if feedback.isCanceled():
            raise RunCancelled(tr("Cancelled; no output was written."))
        if not sink.addFeatures(batch, QgsFeatureSink.Flag.FastInsert):
            text = tr("{} cannot be written ({}); close it where it is open, or choose another place.")
            reason = algorithm.writeFeatureError(sink, values.parameters, name)
            raise QgsProcessingException(text.format(values.destination(name), reason))
        count += len(batch)
    return str(target), count


def _files_of(destination: str) -> set[Path]:
    """Return the files there are of a file-based destination: a shapefile is several."""
    target = Path(destination)
    if not target.suffix or not target.parent.is_dir():
        return set()
    return set(target.parent.glob(glob.escape(target.stem) + ".*"))


def _state(destination: str) -> tuple[int, int] | None:
    """Return size and date of a file; None where `destination` is none that is there."""
    try:
        about = os.stat(destination)
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns
