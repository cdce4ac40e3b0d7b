"""Layers that are somebody's map server: what is fetched of them, and what is said of what does not come."""

from __future__ import annotations

import threading
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import Listener
from osgeo import gdal
from qgis.core import Qgis, QgsCoordinateTransformContext, QgsFeedback, QgsRasterLayer, QgsRectangle
from web_maps import GROUND, HALF_M, LEVEL_19_M, TILE_M, Server, layer

from building_footprints_plugin.bridge.errors import BridgeError, RunCancelled
from building_footprints_plugin.bridge.gaps import Gaps, find_gaps
from building_footprints_plugin.bridge.rasters import Wanted, raster_input

GSD_M = 0.25


@pytest.fixture
def server(map_server) -> Server:
    return map_server


@pytest.fixture
def box(server) -> QgsRectangle:
    return server.box


def copied(web: QgsRasterLayer, box: QgsRectangle, folder: Path, feedback: QgsFeedback | None = None) -> str:
    wanted = Wanted(box, box, GSD_M, QgsCoordinateTransformContext())
    return raster_input(web, wanted).arguments(str(folder), feedback or QgsFeedback())[0]


def corners(path: str) -> tuple[float, float, float, float]:
    dataset = gdal.Open(path)
    left, dx, _, top, _, dy = dataset.GetGeoTransform()
    return left, top + dy * dataset.RasterYSize, left + dx * dataset.RasterXSize, top


@pytest.mark.parametrize("kind", ["xyz", "wmts"])
def test_tiles_come_whole_and_as_they_are(server, box, tmp_path, kind):
    """Of the coarsest zoom level that is fine enough: 0.241 m, as 0.25 m were asked for."""
    path = copied(getattr(server, kind)(), box, tmp_path)
    left, bottom, right, top = corners(path)
    assert [side / TILE_M for side in (left, bottom, right, top)] == pytest.approx(
        [round(side / TILE_M) for side in (left, bottom, right, top)], abs=1e-4
    ), "the edges are those of tiles"
    assert left < box.xMinimum()
    assert right > box.xMaximum()
    column, row = int((box.center().x() + HALF_M) / TILE_M), int((HALF_M - box.center().y()) / TILE_M)
    tile = tmp_path / "tile.png"
    urllib.request.urlretrieve(f"{server.address}/xyz/19/{column}/{row}.png", tile)
    x, y = column * 256 - round((left + HALF_M) / LEVEL_19_M), row * 256 - round((HALF_M - top) / LEVEL_19_M)
    found, served = block(path, x, y), block(str(tile), 0, 0)
    if Qgis.QGIS_VERSION_INT < 34400:
        assert found == served, "no resampling on the way"
    assert all(within_a_pixel(*bands) for bands in zip(found, served, strict=True))
    assert {url.split("/")[2] for url in server.asked() if url.startswith("/xyz/")} == {"19"}


def block(path: str, x: int, y: int) -> list[bytes]:
    dataset = gdal.Open(path)
    return [bytes(dataset.GetRasterBand(band).ReadRaster(x, y, 256, 256)) for band in (1, 2, 3, 4)]


def within_a_pixel(found: bytes, served: bytes) -> bool:
    """Whether each value is one of those around it in the tile: QGIS 3.44 draws parts of tiles a pixel off."""
    around = [256 * down + right for down in (0, 1, -1) for right in (0, 1, -1)]
    inside = (256 * row + column for row in range(1, 255) for column in range(1, 255))
    return all(any(found[at] == served[at + step] for step in around) for at in inside)


def test_no_tile_is_asked_for_twice(server, box, tmp_path):
    before = len(server.asked())
    copied(server.xyz("grey"), box.scaled(6), tmp_path)
    tiles = server.asked()[before:]
    assert len(set(tiles)) == len(tiles) > 40


@pytest.mark.parametrize(
    ("levels", "pixel_m"),
    [
        pytest.param((16, 20), LEVEL_19_M, id="as fine as needed"),
        pytest.param((16, 17), 4 * LEVEL_19_M, id="the finest there is"),
        pytest.param((20, 20), LEVEL_19_M / 2, id="the coarsest there is"),
    ],
)
def test_which_zoom_level_is_fetched(server, box, tmp_path, levels, pixel_m):
    path = copied(server.xyz(levels=levels), box, tmp_path)
    assert gdal.Open(path).GetGeoTransform()[1] == pytest.approx(pixel_m)


def test_a_server_that_renders_is_asked_for_the_models_pixels(server, box, tmp_path):
    """The extent, and 100 pixels around it, as the engine looks beyond it."""
    path = copied(server.wms(), box, tmp_path)
    left, _, right, _ = corners(path)
    metre = 1 / GROUND
    assert (left, right) == pytest.approx((box.xMinimum() - 25 * metre, box.xMaximum() + 25 * metre), abs=0.3)
    assert gdal.Open(path).RasterXSize == pytest.approx((box.width() / metre + 50) / GSD_M, abs=2)
    assert any("REQUEST=GetMap" in url for url in server.asked())


def test_a_coverage_has_pixels_of_its_own(server, tmp_path):
    coverage = server.wcs()
    path = copied(coverage, coverage.extent().scaled(0.3), tmp_path)
    assert gdal.Open(path).GetGeoTransform()[1] == pytest.approx(0.0000027, rel=1e-4)
    assert find_gaps(path, coverage.extent().scaled(0.3)) == Gaps(missing=0, plain=0)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        pytest.param("xyz", "", id="nothing is said of a good server"),
        pytest.param("missing", "of the picture did not come from the map server", id="no answer for some tiles"),
        pytest.param("grey", "of the picture are tiles of one colour", id="tiles that show nothing"),
    ],
)
def test_what_is_missing_is_said(server, box, tmp_path, kind, says):
    """Two thirds of the box lie east of the edge between two columns of tiles."""
    listener = Listener()
    copied(server.xyz(kind), box, tmp_path, listener)
    assert len(listener.warnings) == (1 if says else 0)
    share = 2 / 3 if round((box.xMinimum() + box.width() / 3) / TILE_M) % 2 else 1 / 3  # of the odd columns
    for warning in listener.warnings:
        number, _, text = warning.partition("% ")
        assert float(number) == pytest.approx(100 * share, abs=1)
        assert text.startswith(says)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda server: server.xyz("broken"), id="tiles"),
        pytest.param(lambda server: server.wms("broken"), id="pictures"),
        pytest.param(
            lambda server: layer("type=xyz&zmax=19&url=http://127.0.0.1:9/%7Bz%7D/%7Bx%7D/%7By%7D.png", "wms"),
            id="nobody there",
        ),
    ],
)
def test_a_server_that_gives_nothing_is_an_error(server, box, tmp_path, broken):
    with pytest.raises(BridgeError, match="The map server gave no picture of this extent; check the address"):
        copied(broken(server), box, tmp_path)


def test_waiting_for_a_server_can_be_cancelled(server, box, tmp_path):
    """Once it has been asked for a first tile; each takes half a second, and there are hundreds."""
    feedback, large = QgsFeedback(), QgsRectangle(box).scaled(20)

    def cancel() -> None:
        while not any(url.startswith("/slow/") for url in server.asked()):
            time.sleep(0.05)
        feedback.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(RunCancelled):
        copied(server.xyz("slow"), large, tmp_path, feedback)
    asked = sum(url.startswith("/slow/") for url in server.asked())
    assert asked < large.width() * large.height() / TILE_M**2


def test_whose_imagery_it_is_is_said(server, box, feedback):
    web = server.xyz()
    metadata = web.metadata()
    metadata.setRights(["© the flyers"])
    web.setMetadata(metadata)
    wanted = Wanted(box, box, GSD_M, QgsCoordinateTransformContext())
    raster_input(web, wanted).copy.announce(feedback)
    (said,) = feedback.warnings
    assert said.startswith("768 x 512 pixels (about 6 tiles) are fetched from a map server. Make sure that its terms")
    assert said.endswith("It names as source: © the flyers")
