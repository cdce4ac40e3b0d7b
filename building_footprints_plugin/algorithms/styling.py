"""Styles that output layers get when they are loaded into the project."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)
from qgis.PyQt import sip

STYLES = Path(__file__).resolve().parent.parent / "styles"

# QGIS owns a styler from the time it is set and deletes it after use, but keeps nothing of its Python side: without
# these references it would be left with an object that does nothing.
_stylers: list[LayerStyler] = []


class LayerStyler(QgsProcessingLayerPostProcessorInterface):
    """Applies `styles/<style>.qml`."""

    def __init__(self, style: str) -> None:
        super().__init__()
        self._file = str(STYLES / f"{style}.qml")

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        text, fine = layer.loadNamedStyle(self._file)
        if not fine:
            feedback.pushWarning(text)
        layer.triggerRepaint()


def style_on_load(context: QgsProcessingContext, layer_id: str, style: str) -> None:
    """Let `layer_id` (an output as returned) be loaded with `style`, if it is to be loaded at all."""
    if layer_id and context.willLoadLayerOnCompletion(layer_id):
        styler = LayerStyler(style)
        _stylers[:] = [kept for kept in _stylers if not sip.isdeleted(kept)] + [styler]
        context.layerToLoadOnCompletionDetails(layer_id).setPostProcessor(styler)
