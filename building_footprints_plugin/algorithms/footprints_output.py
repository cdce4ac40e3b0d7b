"""The footprints an engine command wrote, as the outputs OUTPUT, COUNT and TOTAL_AREA."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
)

from ..bridge.answers import NUMBER
from ..translation import tr
from .provenance import About
from .sinks import EngineLayer, fill_sink
from .styling import style_on_load
from .values import Values

FOOTPRINTS_ANSWER = {"count": int, "total_area_m2": NUMBER}
LAYER = "footprints"  # of the engine's temporary GeoPackage
ENGINE_SHARE = 95  # of the progress bar; copying into the sink fills the rest


def add_footprints_output(algorithm: QgsProcessingAlgorithm) -> None:
    """Add the sink and the numbers that a model can go on with."""
    polygons = QgsProcessing.SourceType.TypeVectorPolygon
    algorithm.addParameter(QgsProcessingParameterFeatureSink("OUTPUT", tr("Footprints"), polygons))
    algorithm.addOutput(QgsProcessingOutputNumber("COUNT", tr("Number of footprints")))
    algorithm.addOutput(QgsProcessingOutputNumber("TOTAL_AREA", tr("Total area of the footprints (m²)")))


def footprints_output(
    values: Values, source: EngineLayer, result: dict[str, Any], feedback: QgsProcessingFeedback, made: About
) -> dict[str, Any]:
    """Copy the footprints into the sink, let them be styled and described, and return the three outputs."""
    target = fill_sink(values, "OUTPUT", source, feedback)
    style_on_load(values.context, target, "footprints", made)
    return {
        "OUTPUT": target,
        "COUNT": int(result["count"]),
        "TOTAL_AREA": float(result["total_area_m2"]),
    }
