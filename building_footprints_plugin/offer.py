"""The hint, where there is a window, that an engine can be installed."""

from __future__ import annotations

from typing import Any

from qgis.core import Qgis
from qgis.PyQt.QtCore import QCoreApplication, QThread
from qgis.PyQt.QtWidgets import QPushButton

from .translation import tr

_offers: list[Offer] = []


class Offer:
    """Shows, once in a session, a message with a button that opens Install Engine."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface
        self._made = False
        _offers.append(self)

    def show(self) -> None:
        """Show it, unless that was done before."""
        if self._made:
            return
        self._made = True
        bar = self._iface.messageBar()
        item = bar.createMessage(tr("Building Footprints"), tr("The engine that finds the buildings is not installed."))
        button = QPushButton(tr("Install engine…"), item)
        button.clicked.connect(self._open)
        item.layout().addWidget(button)
        bar.pushWidget(item, Qgis.MessageLevel.Warning)

    def withdraw(self) -> None:
        """Show it no more."""
        _offers.remove(self)

    def _open(self) -> None:
        import processing  # noqa: TID251 - QGIS's own plugin, which is there wherever there is a window

        self._iface.messageBar().popWidget()
        processing.execAlgorithmDialog("buildingfootprints:installengine", {})


def tell_missing() -> None:
    """Say that an algorithm found no engine; nothing happens without a window, or in another thread than its own."""
    application = QCoreApplication.instance()
    if application is not None and QThread.currentThread() == application.thread():
        for offer in _offers:
            offer.show()
