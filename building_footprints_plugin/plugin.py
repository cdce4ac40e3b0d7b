"""What QGIS loads: it registers the Processing provider, with a window or without one."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication

from .bridge.warm import end_engines
from .offer import Offer
from .provider import BuildingFootprintsProvider
from .translation import load_translation


class BuildingFootprintsPlugin:
    """The plugin; `iface` is None in `qgis_process` and in scripts."""

    def __init__(self, iface: Any = None) -> None:
        self.iface = iface
        self.provider: BuildingFootprintsProvider | None = None
        self.offer: Offer | None = None
        self.translator = load_translation()

    def initProcessing(self) -> None:
        """Register the provider, once."""
        if self.provider is None:
            self.provider = BuildingFootprintsProvider()
            QgsApplication.processingRegistry().addProvider(self.provider)
            self.provider.refreshAlgorithms()  # only now can the models find their steps

    def initGui(self) -> None:
        """Register the provider; the toolbox shows what it offers."""
        self.initProcessing()
        if self.iface is not None and self.offer is None:
            self.offer = Offer(self.iface)

    def unload(self) -> None:
        """Take the provider out of the registry, which also deletes it, and end the engine."""
        end_engines()
        if self.offer is not None:
            self.offer.withdraw()
            self.offer = None
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        if self.translator is not None:
            QCoreApplication.removeTranslator(self.translator)
            self.translator = None
