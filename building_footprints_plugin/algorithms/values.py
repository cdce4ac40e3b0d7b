"""The values a user gave to an algorithm, read by parameter name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProcessingOutputLayerDefinition,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtCore import QVariant

from ..translation import tr


@dataclass(frozen=True)
class Values:
    """One call of `algorithm`: its parameters as given, evaluated in `context`."""

    algorithm: QgsProcessingAlgorithm
    parameters: dict[str, Any]
    context: QgsProcessingContext

    def given(self, name: str) -> bool:
        """Whether the user gave `name` a value; NULL, None and an empty text or list mean no."""
        value = self.parameters.get(name)
        if isinstance(value, QVariant) and value.isNull():
            return False
        return value is not None and value not in ("", [])

    def number(self, name: str) -> float:
        return float(self.algorithm.parameterAsDouble(self.parameters, name, self.context))

    def whole(self, name: str) -> int:
        return int(self.algorithm.parameterAsInt(self.parameters, name, self.context))

    def wholes(self, name: str) -> list[int]:
        if not self.given(name):
            return []
        return [int(value) for value in self.algorithm.parameterAsInts(self.parameters, name, self.context)]

    def tick(self, name: str) -> bool:
        return bool(self.algorithm.parameterAsBool(self.parameters, name, self.context))

    def choice(self, name: str) -> str:
        return str(self.algorithm.parameterAsEnumString(self.parameters, name, self.context))

    def text(self, name: str) -> str:
        return str(self.algorithm.parameterAsString(self.parameters, name, self.context)) if self.given(name) else ""

    def input_file(self, name: str) -> str:
        """Return the absolute path of a file to read, or an empty text where none was given."""
        path = self.algorithm.parameterAsFile(self.parameters, name, self.context) if self.given(name) else ""
        return os.path.abspath(path) if path else ""

    def raster(self, name: str) -> QgsRasterLayer | None:
        """Return a raster layer that can be read, or None."""
        layer = self.algorithm.parameterAsRasterLayer(self.parameters, name, self.context)
        return layer if layer is not None and layer.isValid() else None

    def extent(self, name: str, crs: QgsCoordinateReferenceSystem) -> QgsRectangle:
        """Return an extent as its bounding box in `crs`; a null rectangle where none was given."""
        if not self.given(name):
            return QgsRectangle()
        return self.algorithm.parameterAsExtent(self.parameters, name, self.context, crs)

    def source(self, name: str) -> QgsProcessingFeatureSource | None:
        """Return the features of a layer, selected ones only where that was asked for; None where none was given.

        Raises QgsProcessingException when a layer was given that cannot be read.
        """
        if not self.given(name):
            return None
        source = self.algorithm.parameterAsSource(self.parameters, name, self.context)
        if source is None:
            raise QgsProcessingException(self.algorithm.invalidSourceError(self.parameters, name))
        return source

    def crs_complaint(self, *names: str) -> str:
        """Return a sentence about the first of these layers that has no coordinate system, or an empty text."""
        for source in map(self.source, names):
            if source is not None and not source.sourceCrs().isValid():
                text = tr("{} has no coordinate system; set it in the layer's properties and run again.")
                return text.format(source.sourceName())
        return ""

    def output_raster(self, name: str) -> str:
        """Return where a raster is to be written, or an empty text where it is not wanted."""
        return str(self.algorithm.parameterAsOutputLayer(self.parameters, name, self.context) or "")

    def output_file(self, name: str) -> str:
        """Return where a file is to be written, or an empty text where it is not wanted."""
        return str(self.algorithm.parameterAsFileOutput(self.parameters, name, self.context) or "")

    def destination(self, name: str) -> str:
        """Return what the user named as the destination of a layer, without evaluating it."""
        value = self.parameters.get(name)
        if isinstance(value, QgsProcessingOutputLayerDefinition):
            value = value.sink.staticValue()
        return str(value or "")

    def appends(self, name: str) -> bool:
        """Return whether features are to be added to a layer that is there (only scripts and models can ask for it)."""
        value = self.parameters.get(name)
        return isinstance(value, QgsProcessingOutputLayerDefinition) and value.useRemapping()

    def destination_file(self, name: str) -> str:
        """Return the file that the user named as the destination of a layer, or an empty text if it is none."""
        named = self.destination(name)
        return named if os.path.isabs(named) and os.path.splitext(named)[1] else ""
