"""Styles that output layers get when they are loaded into the project."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)

STYLES = Path(__file__).resolve().parent.parent / "styles"

# QGIS keeps no reference of its own to a post-processor; one per style lives as long as the plugin.
_stylers: dict[str, LayerStyler] = {}


class LayerStyler(QgsProcessingLayerPostProcessorInterface):
    """Applies `styles/<style>.qml`; it holds no other state, so one serves any number of layers."""

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
        styler = _stylers.setdefault(style, LayerStyler(style))
        context.layerToLoadOnCompletionDetails(layer_id).setPostProcessor(styler)
