"""The Processing provider: what stands under "Building Footprints" in the toolbox."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication, QgsMessageLog, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from . import __version__
from .algorithms import algorithm_classes
from .algorithms.shipped_model import ShippedModel
from .translation import tr

ICON = Path(__file__).parent / "icons" / "icon.svg"
MODELS = Path(__file__).parent / "models"


class BuildingFootprintsProvider(QgsProcessingProvider):
    """Offers every algorithm of the plugin, whether an engine is installed or not."""

    def id(self) -> str:
        """The prefix of every algorithm's id; never changed."""
        return "buildingfootprints"

    def name(self) -> str:
        return "Building Footprints"

    def longName(self) -> str:
        return f"Building Footprints {__version__}"

    def versionInfo(self) -> str:
        return __version__

    def icon(self) -> QIcon:
        return QIcon(str(ICON))

    def svgIconPath(self) -> str:
        return str(ICON)

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        """GeoTIFF only: it is what the engine writes."""
        return ["tif"]

    def loadAlgorithms(self) -> None:
        """Offer the algorithms, and the models once these are known to QGIS: a model looks its steps up there."""
        for algorithm in algorithm_classes():
            self.addAlgorithm(algorithm())
        if QgsApplication.processingRegistry().providerById(self.id()) is not None:
            for model in shipped_models():
                self.addAlgorithm(model)


def shipped_models() -> list[ShippedModel]:
    """Return the models that come with the plugin; one that this QGIS cannot read is left out and logged."""
    models = []
    for path in sorted(MODELS.glob("*.model3")):
        model = ShippedModel()
        if model.fromFile(str(path)):
            model.translate()
            models.append(model)
        else:
            text = tr("{} cannot be read; install the plugin again.").format(path)
            QgsMessageLog.logMessage(text, "Building Footprints")
    return models
