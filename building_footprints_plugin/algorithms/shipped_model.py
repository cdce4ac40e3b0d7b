"""A model that comes with the plugin: what QGIS reads from its file, with a title apart from its name."""

from __future__ import annotations

from qgis.core import QgsProcessingModelAlgorithm
from qgis.PyQt.QtGui import QIcon

from ..translation import tr
from .texts import ICON, help_url

TITLES = {
    "extractandscore": "Extract, square and score footprints",
    "exporttrainingtiles": "Export training data of image tiles",
}


class ShippedModel(QgsProcessingModelAlgorithm):
    """Its texts are in the user's language; QGIS itself would show the name, by which scripts call it, as the title."""

    def createInstance(self) -> ShippedModel:
        made = ShippedModel()
        made.loadVariant(self.toVariant())
        made.setProvider(self.provider())
        made.translate()
        return made

    def displayName(self) -> str:
        return tr(TITLES.get(self.name(), self.name()))

    def icon(self) -> QIcon:
        return QIcon(str(ICON))

    def helpUrl(self) -> str:
        return help_url(self.name())

    def translate(self) -> None:
        """Bring group, help, parameters and outputs into the user's language."""
        self.setGroup(tr(self.group()))
        self.setHelpContent({name: tr(text) if text else text for name, text in self.helpContent().items()})
        for each in (*self.parameterDefinitions(), *self.outputDefinitions()):
            each.setDescription(tr(each.description()))
        for each in self.parameterDefinitions():
            each.setHelp(tr(each.help()) if each.help() else "")
