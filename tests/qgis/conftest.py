"""Fixtures for the tests inside QGIS. The engine's Python is `.venv` unless the environment names another."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsSettings,
    QgsVectorLayer,
)

ROOT = Path(__file__).resolve().parent.parent.parent
FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")

os.environ.setdefault("BUILDING_FOOTPRINTS_PYTHON", str(ROOT / ".venv" / "bin" / "python"))


@pytest.fixture(scope="session")
def provider(qgis_app: QgsApplication, qgis_processing: None) -> Iterator[object]:
    """The provider, registered as QGIS registers it where there is no window."""
    from building_footprints_plugin import classFactory

    plugin = classFactory(None)
    plugin.initProcessing()
    yield QgsApplication.processingRegistry().providerById("buildingfootprints")
    plugin.unload()


@pytest.fixture(autouse=True)
def _forgotten_engines() -> Iterator[None]:
    """Every test asks the Pythons anew and leaves no settings behind."""
    from building_footprints_plugin.bridge import probe

    yield
    probe._answers.clear()
    QgsSettings().remove("BuildingFootprints")


class Listener(QgsProcessingFeedback):
    """A feedback that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__(False)
        self.infos: list[str] = []
        self.warnings: list[str] = []
        self.fractions: list[float] = []
        self.progressChanged.connect(self.fractions.append)

    def pushInfo(self, text: str) -> None:
        self.infos.append(text)

    def pushWarning(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture
def feedback() -> Listener:
    return Listener()


@pytest.fixture
def context() -> QgsProcessingContext:
    made = QgsProcessingContext()
    made.setProject(QgsProject.instance())
    return made


@pytest.fixture
def fake_engine() -> Callable[..., list[str]]:
    """Return the command of a fake engine that behaves as named."""
    return lambda *behaviour: [sys.executable, str(FAKE_ENGINE), *map(str, behaviour)]


@pytest.fixture
def polygons() -> Callable[..., QgsVectorLayer]:
    """Make a memory layer of polygons from WKT."""

    def make(*wkts: str, crs: str = "EPSG:32645", kind: str = "Polygon") -> QgsVectorLayer:
        layer = QgsVectorLayer(f"{kind}?crs={crs}&field=id:integer&field=confidence:double", "polygons", "memory")
        features = []
        for number, wkt in enumerate(wkts, start=1):
            feature = QgsFeature(layer.fields())
            feature.setAttributes([number, 1.0 - number / 100])
            feature.setGeometry(QgsGeometry.fromWkt(wkt))
            features.append(feature)
        layer.dataProvider().addFeatures(features)
        layer.updateExtents()
        return layer

    return make
