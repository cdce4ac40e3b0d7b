"""Regularize footprints: any polygon layer with its outlines straightened."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from qgis.core import (
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsWkbTypes,
)

from ..bridge.answers import Kinds
from ..bridge.vectors import write_polygons
from ..translation import tr
from .base import EngineAlgorithm
from .provenance import about, settings_said
from .settings import REGULARIZE, add_settings, arguments
from .sinks import EngineLayer, pour
from .straightened import Straightened
from .styling import style_on_load
from .values import Values

LAYER = "straightened"  # of the engine's temporary GeoPackage
ENGINE_SHARE = 80  # of the progress bar; joining the fields takes the rest


class RegularizeFootprints(EngineAlgorithm):
    """Runs the engine's `regularize`, which needs no torch."""

    ANSWER: ClassVar[Kinds] = {"count": int, "regularized": int}
    ID = "regularizefootprints"
    TITLE = "Regularize footprints"
    TAGS = ("regularize", "simplify", "square", "orthogonalize", "right angles", "straighten", "outlines", "OSM")
    HELP = (
        "Straightens the outlines of buildings, whatever they were drawn or traced by: this plugin, OpenStreetMap, the "
        "open footprints of Microsoft or Google. Walls become straight, corners right angles where the building has "
        "them, and neighbours do not come to overlap.\n\n"
        "Fields are kept. The field regularized is 1 where the method was applied in full, and 0 where the outline "
        "would have become untrue and a simpler one was kept. The tolerance is in metres in any coordinate system. "
        "Invalid outlines are repaired, curves become lines, and heights are dropped."
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        polygons = QgsProcessing.SourceType.TypeVectorPolygon
        self.addParameter(QgsProcessingParameterFeatureSource("INPUT", tr("Footprints"), [polygons]))
        add_settings(self, REGULARIZE)
        self.addParameter(QgsProcessingParameterFeatureSink("OUTPUT", tr("Regularized"), polygons))
        self.addOutput(QgsProcessingOutputNumber("COUNT", tr("Number of footprints")))
        self.addOutput(QgsProcessingOutputNumber("REGULARIZED", tr("Number to which the method was applied in full")))

    def complaint(self, values: Values) -> str:
        return values.crs_complaint("INPUT")

    def execute(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        source = values.source("INPUT")
        if QgsWkbTypes.hasZ(source.wkbType()):
            feedback.pushWarning(tr("The heights of the outlines are dropped."))
        given, made = os.path.join(folder, "footprints.gpkg"), os.path.join(folder, "straightened.gpkg")
        write_polygons(source, given, values.context.transformContext(), feedback, ids_only=True)
        command = ["regularize", given, made, f"--layer={LAYER}", *arguments(REGULARIZE, values)]
        result = self.engine(command, feedback, ENGINE_SHARE)
        output = pour(values, "OUTPUT", Straightened(source, EngineLayer(made, LAYER)), feedback)
        said = about(values, "OUTPUT", source.sourceName(), settings_said(REGULARIZE, values))
        style_on_load(values.context, output, "", said)
        return {"OUTPUT": output, "COUNT": int(result["count"]), "REGULARIZED": int(result["regularized"])}
