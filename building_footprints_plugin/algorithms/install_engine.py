"""Install engine: makes, completes, makes anew or removes the environment in which the engine runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
    QgsSettings,
)

from ..bridge.errors import BridgeError
from ..bridge.install import Order, install, remove
from ..bridge.network import network_environment
from ..bridge.packages import Source
from ..bridge.probe import forget, probe
from ..bridge.python import FOLDER_SETTING, SETTING, VARIABLE, Candidate, managed_folder
from ..translation import tr
from .settings import as_advanced
from .texts import FootprintsAlgorithm
from .values import Values

ACTIONS = ("install", "repair", "remove", "use")
_FILE, _FOLDER = QgsProcessingParameterFile.Behavior.File, QgsProcessingParameterFile.Behavior.Folder
ANY_FILE = "* (*)"  # the default, *.*, wants a dot in the name
FILES = {
    "PYTHON": (_FILE, "Python", "The Python the environment is made with; with use, the one that runs the engine."),
    "FOLDER": (_FOLDER, "Folder", "Where the environment is kept. Default: in the QGIS profile."),
    "WHEELS": (_FOLDER, "Folder of wheels", "Install from these files alone, without the internet."),
}


class InstallEngine(FootprintsAlgorithm):
    """Translates between QGIS and `bridge.install`."""

    ID = "installengine"
    TITLE = "Install engine"
    GROUP = ("installation", "Installation")
    TAGS = ("install", "engine", "setup", "torch", "python", "uv", "pip", "GPU", "remove")
    HELP = (
        "Makes a Python environment for the engine in your QGIS profile, with the versions this plugin was tested "
        "with. QGIS's own Python stays as it is. About 1 GB is fetched, several with a GPU. Once is enough; after an "
        "update of the plugin run it again if a message asks for it. A run that was cancelled goes on where it "
        "stopped.\n\n"
        "install: make it, or complete what is there. repair: make it anew; the old one stays until the new one works, "
        "so there must be room for both. remove: delete it. use: fetch nothing, and let the engine run in the Python "
        "named below, if that has all packages.\n\n"
        "QGIS's proxy settings and certificates are used. Without the internet: on another machine of the same kind "
        "run pip download with the file engine_lock.txt of this plugin, and name the folder here."
    )

    def __init__(self) -> None:
        super().__init__()
        self._network: dict[str, str] = {}

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.addParameter(QgsProcessingParameterEnum("ACTION", tr("Action"), ACTIONS, False, "install", False, True))
        cpu = QgsProcessingParameterBoolean("CPU_ONLY", tr("For the CPU only"), False)
        cpu.setHelp(tr("Leave out what a GPU needs: a much smaller download. Without this the GPU is looked for."))
        self.addParameter(cpu)
        for name, (kind, label, text) in FILES.items():
            parameter = QgsProcessingParameterFile(name, tr(label), kind, "", None, True, ANY_FILE)
            parameter.setHelp(tr(text))
            self.addParameter(as_advanced(parameter))
        index = QgsProcessingParameterString("INDEX", tr("Package index"), None, False, True)
        index.setHelp(tr("Address of a mirror of the Python package index; torch is then taken from there as well."))
        self.addParameter(as_advanced(index))
        self.addOutput(QgsProcessingOutputString("PYTHON_USED", tr("The engine's Python")))

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        fine, text = super().checkParameterValues(parameters, context)
        complaint = text if not fine else _complaint(Values(self, parameters, context))
        return not complaint, complaint

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        values = Values(self, parameters, context)
        if values.choice("ACTION") in ("install", "repair"):
            self._network = network_environment(_folder(values) / "tools")
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        values = Values(self, parameters, context)
        complaint = _complaint(values)
        if complaint:
            raise QgsProcessingException(complaint)
        acts = {"use": _use, "remove": _remove}
        try:
            return {"PYTHON_USED": acts.get(values.choice("ACTION"), self._install)(values, feedback)}
        except BridgeError as error:
            raise QgsProcessingException(str(error)) from error

    def _install(self, values: Values, feedback: QgsProcessingFeedback) -> str:
        source = Source(values.text("INDEX"), values.input_file("WHEELS"), values.tick("CPU_ONLY"))
        anew = values.choice("ACTION") == "repair"
        order = Order(_folder(values), source, values.input_file("PYTHON"), self._network, anew)
        python = str(install(order, feedback))
        if values.given("FOLDER"):
            QgsSettings().setValue(FOLDER_SETTING, values.input_file("FOLDER"))
        QgsSettings().remove(SETTING)  # an earlier choice of another Python, which would go first
        if os.environ.get(VARIABLE):
            feedback.pushWarning(tr("The variable {} names another Python, which goes first.").format(VARIABLE))
        return python


def _folder(values: Values) -> Path:
    return managed_folder(values.input_file("FOLDER")).parent


def _use(values: Values, feedback: QgsProcessingFeedback) -> str:
    forget()
    python = values.input_file("PYTHON")
    lacks = probe(Candidate(python, tr("named"))).lacks(with_network=True)
    if lacks:
        raise BridgeError(tr("{} cannot run the engine: {}.").format(python, lacks))
    QgsSettings().setValue(SETTING, python)
    return python


def _remove(values: Values, feedback: QgsProcessingFeedback) -> str:
    folder = _folder(values)
    if not remove(folder):
        feedback.pushInfo(tr("There was nothing to remove in {}.").format(folder))
    if folder == managed_folder().parent:
        QgsSettings().remove(FOLDER_SETTING)
    return ""


def _complaint(values: Values) -> str:
    if values.choice("ACTION") == "use" and not values.given("PYTHON"):
        return tr("Name the Python that is to be used.")
    for name, exists in (("PYTHON", os.path.isfile), ("WHEELS", os.path.isdir)):
        path = values.input_file(name)
        if path and not exists(path):
            return tr("There is no {}; choose another.").format(path)
    return ""
