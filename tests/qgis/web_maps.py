"""Layers of the map server of the tests, which shows the demo's image."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsRasterLayer,
    QgsRectangle,
)

HALF_M = 20037508.342789244  # half the width of Web Mercator
LEVEL_19_M = 2 * HALF_M / 2**19 / 256  # of Web Mercator; times cos(36.19°) it is 0.241 m on the ground
TILE_M = 256 * LEVEL_19_M
GROUND = 0.8071  # metres on the ground in a metre of Web Mercator


@dataclass(frozen=True)
class Server:
    """The address of the test server and the image it shows."""

    address: str
    image: Path

    def xyz(self, kind: str = "xyz", levels: tuple[int, int] = (16, 20)) -> QgsRasterLayer:
        url = f"{self.address}/{kind}/%7Bz%7D/%7Bx%7D/%7By%7D.png"
        return layer(f"type=xyz&zmin={levels[0]}&zmax={levels[1]}&url={url}", "wms")

    def wms(self, name: str = "ortho") -> QgsRasterLayer:
        return layer(f"crs=EPSG:3857&format=image/png&layers={name}&styles=&url={self.address}/ows", "wms")

    def wmts(self) -> QgsRasterLayer:
        url = f"{self.address}/ows?SERVICE%3DWMTS%26REQUEST%3DGetCapabilities"
        return layer(f"crs=EPSG:3857&format=image/png&layers=ortho&styles=default&tileMatrixSet=g&url={url}", "wms")

    def wcs(self) -> QgsRasterLayer:
        return layer(f"identifier=ortho&url={self.address}/ows&crs=EPSG:4326&format=GeoTIFF", "wcs")

    @property
    def box(self) -> QgsRectangle:
        """In Web Mercator: 73 x 48 m on the ground, a third of it west of the edge between two columns of tiles."""
        image = QgsRasterLayer(str(self.image), "")
        middle = to_mercator(image).transformBoundingBox(image.extent()).center()
        edge = round(middle.x() / TILE_M) * TILE_M
        return QgsRectangle(edge - 30, middle.y() - 30, edge + 60, middle.y() + 30)

    def asked(self) -> list[str]:
        with urllib.request.urlopen(f"{self.address}/log") as answer:
            return list(json.load(answer))


def layer(source: str, provider: str) -> QgsRasterLayer:
    made = QgsRasterLayer(source, "web", provider)
    assert made.isValid(), made.error().message()
    return made


def serve(picture: Path, folder: Path) -> Iterator[Server]:
    """Yield a server of an 8-bit version of `picture`, as servers have no 16 bit; it ends with the generator."""
    image = folder / "image.tif"
    gdal.Translate(str(image), str(picture), outputType=gdal.GDT_Byte, scaleParams=[[0, 1500, 0, 255]] * 3)
    command = [sys.executable, str(Path(__file__).with_name("map_server.py")), str(image)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Server(f"http://127.0.0.1:{int(process.stdout.readline())}", image)
        finally:
            process.terminate()


def to_mercator(image: QgsRasterLayer) -> QgsCoordinateTransform:
    return QgsCoordinateTransform(
        image.crs(), QgsCoordinateReferenceSystem("EPSG:3857"), QgsCoordinateTransformContext()
    )
