"""Score footprints: proposals against ground truth."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from qgis.core import (
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFileDestination,
)

from ..bridge.answers import Kinds
from ..bridge.files import whole_file
from ..bridge.rasters import bounds_argument
from ..bridge.vectors import write_polygons
from ..translation import tr
from .base import EngineAlgorithm
from .provenance import about, settings_said
from .score_numbers import descriptions, numbers
from .settings import SCORE, add_settings, arguments
from .sinks import EngineLayer, fill_sink, whole_or_gone
from .styling import style_on_load
from .values import Values

ENGINE_SHARE = 90


class ScoreFootprints(EngineAlgorithm):
    """Runs the engine's `score`, which needs no torch."""

    ANSWER: ClassVar[Kinds] = {"tp": int, "fp": int, "fn": int, "f1_by_iou": dict, "recall_by_size": list}
    ID = "scorefootprints"
    TITLE = "Score footprints"
    TAGS = ("score", "accuracy", "validation", "SpaceNet", "F1", "IoU", "precision", "recall", "ground truth")
    HELP = (
        "Compares footprints with ground truth the way the SpaceNet challenges do: each footprint may match one "
        "building, and counts as found from the given overlap (intersection over union) on.\n\n"
        "Returns precision, recall and F1 as numbers, the proposals marked as matched or false with their IoU, the "
        "buildings that were missed, and on demand a report in one HTML file. Proposals that have a field confidence "
        "are matched in that order. The layers may be in different coordinate systems.\n\n"
        "With Measure shapes, it also returns how far outlines lie apart, how much buildings are turned, how many "
        "corners are right angles, and how many footprints overlap or are invalid."
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(QgsProcessingParameterFeatureSource("PROPOSALS", tr("Footprints to score"), polygons))
        self.addParameter(QgsProcessingParameterFeatureSource("TRUTH", tr("Ground truth"), polygons))
        add_settings(self, SCORE)
        area = QgsProcessingParameterFeatureSource("AOI", tr("Area of interest"), polygons, None, True)
        area.setHelp(tr("Only what lies within these polygons is compared; in any coordinate system."))
        extent = QgsProcessingParameterExtent("EXTENT", tr("Extent"), None, True)
        extent.setHelp(tr("Only this part is compared; in any coordinate system."))
        self.addParameter(area)
        self.addParameter(extent)
        self._add_outputs(QgsProcessing.SourceType.TypeVectorPolygon)

    def _add_outputs(self, polygons: QgsProcessing.SourceType) -> None:
        self.addParameter(QgsProcessingParameterFeatureSink("OUTPUT", tr("Matched and false footprints"), polygons))
        missed = QgsProcessingParameterFeatureSink("MISSED", tr("Missed buildings"), polygons, None, True, True)
        html = tr("HTML files") + " (*.html)"
        report = QgsProcessingParameterFileDestination("REPORT", tr("Report"), html, None, True, False)
        self.addParameter(missed)
        self.addParameter(report)
        for name, description in descriptions().items():
            self.addOutput(QgsProcessingOutputNumber(name, description))

    def complaint(self, values: Values) -> str:
        return values.crs_complaint("PROPOSALS", "TRUTH", "AOI")

    def execute(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        scored = os.path.join(folder, "scored.gpkg")
        report = values.output_file("REPORT") if values.given("REPORT") else ""
        with whole_or_gone(values, "OUTPUT"), whole_file(report) as made:
            command = self._command(values, folder, feedback)
            command += [f"--output={scored}", *([f"--report={made}"] if made else [])]
            result = self.engine(command, feedback, ENGINE_SHARE)
            outputs: dict[str, Any] = {**numbers(result)}
            outputs["OUTPUT"] = fill_sink(values, "OUTPUT", EngineLayer(scored, "proposals"), feedback)
            outputs["MISSED"] = fill_sink(values, "MISSED", EngineLayer(scored, "missed"), feedback)
        facts = _facts(values, result)
        for name, source, style in (("OUTPUT", "PROPOSALS", "scored"), ("MISSED", "TRUTH", "missed")):
            made_of = about(values, name, values.source(source).sourceName(), facts)
            style_on_load(values.context, outputs[name], style, made_of)
        return {**outputs, "REPORT": report} if report else outputs

    def _command(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> list[str]:
        files = {}
        for name in ("PROPOSALS", "TRUTH", "AOI"):
            source = values.source(name)
            if source is not None:
                path = os.path.join(folder, f"{name.lower()}.gpkg")
                files[name] = write_polygons(source, path, values.context.transformContext(), feedback)
        titles = [f"--{name.lower()}-title={values.source(name).sourceName()}" for name in ("PROPOSALS", "TRUTH")]
        crs = values.source("TRUTH").sourceCrs()
        area = [f"--aoi={files['AOI']}"] if "AOI" in files else []
        bounds = bounds_argument(values.extent("EXTENT", crs))
        return ["score", files["PROPOSALS"], files["TRUTH"], *arguments(SCORE, values), *area, *bounds, *titles]


def _facts(values: Values, result: dict[str, Any]) -> list[str]:
    """Return what was compared with what, under which rule, and how it came out."""
    sides = tr("{} compared with the ground truth {}").format(
        values.source("PROPOSALS").sourceName(), values.source("TRUTH").sourceName()
    )
    found = tr("Matched {}, false {}, missed {}").format(*(result[name] for name in ("tp", "fp", "fn")))
    return [sides, *settings_said(SCORE, values), found]
