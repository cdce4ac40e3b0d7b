"""Styles that output layers get when they are loaded into the project."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsVectorLayer,
)
from qgis.PyQt import sip

from ..translation import tr
from .provenance import About

STYLES = Path(__file__).resolve().parent.parent / "styles"

# QGIS owns a styler from the time it is set and deletes it after use, but keeps nothing of its Python side: without
# these references it would be left with an object that does nothing.
_stylers: list[LayerStyler] = []


ALIASES = {
    "confidence": "Confidence",
    "area_m2": "Area (m²)",
    "perimeter_m": "Perimeter (m)",
    "status": "Matched or false",
    "iou": "IoU with the truth",
    "truth_id": "Building it matches",
    "regularized": "Straightened in full",
}


class LayerStyler(QgsProcessingLayerPostProcessorInterface):
    """Applies `styles/<style>.qml` (none for an empty name), says what fields mean, and how the layer was made."""

    def __init__(self, style: str, made: About | None = None) -> None:
        super().__init__()
        self._file = str(STYLES / f"{style}.qml") if style else ""
        self._about = made

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        if self._file:
            text, fine = layer.loadNamedStyle(self._file)
            if not fine:
                feedback.pushWarning(text)
        if isinstance(layer, QgsVectorLayer):
            _name_fields(layer)
        if self._about is not None:
            metadata = layer.metadata()
            metadata.setTitle(self._about.name)
            metadata.setAbstract(self._about.abstract)
            layer.setMetadata(metadata)
        layer.triggerRepaint()


def style_on_load(context: QgsProcessingContext, layer_id: str, style: str, made: About | None = None) -> None:
    """Let `layer_id` (an output as returned) be loaded with `style`, described by `made`, if it is to be loaded."""
    if layer_id and context.willLoadLayerOnCompletion(layer_id):
        styler = LayerStyler(style, made)
        _stylers[:] = [kept for kept in _stylers if not sip.isdeleted(kept)] + [styler]
        details = context.layerToLoadOnCompletionDetails(layer_id)
        details.setPostProcessor(styler)
        if made is not None and details.name == made.label:
            details.name = made.name


def _name_fields(layer: QgsVectorLayer) -> None:
    for number, field in enumerate(layer.fields()):
        if field.name() in ALIASES and not field.alias():
            layer.setFieldAlias(number, tr(ALIASES[field.name()]))
