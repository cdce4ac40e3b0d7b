"""Fixtures for the tests inside QGIS. The engine's Python is `.venv` unless the environment names another."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from osgeo import gdal, osr
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)

ROOT = Path(__file__).resolve().parent.parent.parent
FAKE_ENGINE = Path(__file__).with_name("fake_engine.py")

os.environ.setdefault("BUILDING_FOOTPRINTS_PYTHON", str(ROOT / ".venv" / "bin" / "python"))


def pytest_sessionstart() -> None:
    """Let the tests import `processing`, which QGIS keeps among its plugins."""
    sys.path.append(os.path.join(QgsApplication.pkgDataPath(), "python", "plugins"))


@pytest.fixture(scope="session", autouse=True)
def _layers_go_before_qgis(qgis_app: QgsApplication) -> Iterator[None]:
    """A layer that only a failed test's traceback or the garbage collector still holds crashes if it outlives QGIS."""
    yield
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        sys.__dict__.pop(name, None)
    gc.collect()


@pytest.fixture(scope="session")
def provider(qgis_app: QgsApplication, qgis_processing: None) -> Iterator[object]:
    """The provider, registered as QGIS registers it where there is no window."""
    from building_footprints_plugin import classFactory

    plugin = classFactory(None)
    plugin.initProcessing()
    yield QgsApplication.processingRegistry().providerById("buildingfootprints")
    plugin.unload()


@pytest.fixture(scope="session")
def map_server(qgis_app: QgsApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A map server on loopback that shows the demo's image, a `web_maps.Server`."""
    from web_maps import serve

    yield from serve(ROOT / "tests" / "data" / "demo" / "vegas.tif", tmp_path_factory.mktemp("server"))


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
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a killed process until it is gone: a busy machine may take longer than a user should wait."""
    monkeypatch.setattr("building_footprints_plugin.bridge.process.KILL_S", 60.0)


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


@pytest.fixture
def raster(tmp_path: Path) -> Callable[..., Path]:
    """Make a small 8-bit GeoTIFF: band b holds (7 * column + 3 * row + 31 * b) % 251."""

    def make(
        name: str = "image.tif", bands: int = 3, size: tuple[int, int] = (40, 30), epsg: int | None = 32645
    ) -> Path:
        width, height = size
        path = tmp_path / name
        options = ["PHOTOMETRIC=MINISBLACK", "TILED=YES"]
        made = gdal.GetDriverByName("GTiff").Create(str(path), width, height, bands, gdal.GDT_Byte, options)
        made.SetGeoTransform((500000, 0.3, 0, 3000000, 0, -0.3))
        if epsg:
            system = osr.SpatialReference()
            system.ImportFromEPSG(epsg)
            made.SetProjection(system.ExportToWkt())
        for band in range(1, bands + 1):
            cells = bytes((7 * x + 3 * y + 31 * band) % 251 for y in range(height) for x in range(width))
            made.GetRasterBand(band).WriteRaster(0, 0, width, height, cells)
        return path

    return make


def pixels(path: Path | str, band: int = 1) -> bytes:
    """Return the cells of a band of an 8-bit raster, row by row."""
    dataset = gdal.Open(str(path))
    return bytes(dataset.GetRasterBand(band).ReadRaster(0, 0, dataset.RasterXSize, dataset.RasterYSize))
