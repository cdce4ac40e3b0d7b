"""Check installation: a report on plugin, QGIS and engine that can be pasted into a bug report."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
)

from ..bridge.report import installation_report
from ..translation import tr
from .texts import FootprintsAlgorithm


class CheckInstallation(FootprintsAlgorithm):
    """Says what is there and what to do about the rest; it never fails for want of an engine."""

    ID = "checkinstallation"
    TITLE = "Check installation"
    GROUP = ("installation", "Installation")
    TAGS = ("install", "engine", "diagnosis", "GPU", "torch", "version")
    HELP = (
        "Tries every Python that could run the engine and reports which one is used, why the others are not, the "
        "versions of everything, the GPU, and what to do. Paste the report into a bug report.\n\n"
        "Run it after installing or removing packages: the answers are remembered until then."
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.addOutput(QgsProcessingOutputString("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputBoolean("OK", tr("Whether everything is there")))

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        text, works = installation_report()
        for line in text.splitlines():
            feedback.pushInfo(line)
        if not works:
            feedback.pushWarning(tr("No engine was found that can do everything; the report says what to do."))
        return {"REPORT": text, "OK": works}
