"""The hint that an engine can be installed: once, in the window, from the main thread."""

from __future__ import annotations

import threading

import processing
import pytest
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QWidget

from building_footprints_plugin import offer
from building_footprints_plugin.algorithms import base
from building_footprints_plugin.bridge.errors import EngineMissing
from building_footprints_plugin.plugin import BuildingFootprintsPlugin


class Bar:
    """Stands in for the message bar of QGIS."""

    def __init__(self) -> None:
        self.shown: list[QWidget] = []

    def createMessage(self, title: str, text: str) -> QWidget:
        widget = QWidget()
        QHBoxLayout(widget)
        return widget

    def pushWidget(self, widget: QWidget, level: object) -> None:
        self.shown.append(widget)

    def popWidget(self) -> None:
        self.shown.pop()


class Window:
    """Stands in for QGIS's iface."""

    def __init__(self) -> None:
        self.bar = Bar()

    def messageBar(self) -> Bar:
        return self.bar


@pytest.fixture
def window(monkeypatch):
    def missing(with_network):
        raise EngineMissing("No Python was found.")

    monkeypatch.setattr(base, "find_engine", missing)
    made = Window()
    plugin = BuildingFootprintsPlugin(made)
    monkeypatch.setattr(plugin, "initProcessing", lambda: None)
    plugin.initGui()
    plugin.initGui()
    yield made
    plugin.unload()
    assert offer._offers == []


def test_a_missing_engine_is_said_once(provider, window):
    algorithm = provider.algorithm("extractbuildings").create()
    assert [algorithm.canExecute()[0] for _ in range(3)] == [False] * 3
    assert len(window.bar.shown) == 1


def test_the_button_opens_the_installer(provider, window, monkeypatch):
    opened = []
    monkeypatch.setattr(processing, "execAlgorithmDialog", lambda name, parameters: opened.append(name), raising=False)
    provider.algorithm("polygonizebuildings").create().canExecute()
    window.bar.shown[0].findChild(QPushButton).click()
    assert opened == ["buildingfootprints:installengine"]
    assert window.bar.shown == []


def test_another_thread_does_not_touch_the_window(provider, window):
    algorithm = provider.algorithm("extractbuildings").create()
    thread = threading.Thread(target=algorithm.canExecute)
    thread.start()
    thread.join()
    assert window.bar.shown == []


def test_without_a_window_nothing_is_offered(provider):
    plugin = BuildingFootprintsPlugin(None)
    plugin.initProcessing = lambda: None
    plugin.initGui()
    offer.tell_missing()
    plugin.unload()
