"""Raster layers of every kind: what the engine opens itself, what is copied, and what never changes a pixel."""

from __future__ import annotations

import struct

import pytest
from conftest import ROOT, pixels
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeedback,
    QgsMultiBandColorRenderer,
    QgsRasterDataProvider,
    QgsRasterLayer,
    QgsRectangle,
    QgsSingleBandGrayRenderer,
)

from building_footprints_plugin.bridge.rasters import Wanted, raster_input
from building_footprints_plugin.bridge.weights_file import weights_gsd_m

WHOLE = Wanted(QgsRectangle(), QgsRectangle(), 0.3, QgsCoordinateTransformContext())


def arguments_of(layer: QgsRasterLayer, folder) -> list[str]:
    assert layer.isValid(), layer.error().message()
    return raster_input(layer, WHOLE).arguments(str(folder), QgsFeedback())


def infrared(layer: QgsRasterLayer) -> None:
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), 3, 1, 2))


def one_band(layer: QgsRasterLayer) -> None:
    layer.setRenderer(QgsSingleBandGrayRenderer(layer.dataProvider(), 2))


def faint(layer: QgsRasterLayer) -> None:
    layer.setOpacity(0.2)
    layer.brightnessFilter().setBrightness(90)
    layer.hueSaturationFilter().setSaturation(-100)


def temporal(layer: QgsRasterLayer) -> None:
    layer.temporalProperties().setIsActive(True)


@pytest.mark.parametrize("show", [infrared, one_band, faint, temporal])
def test_how_a_layer_is_shown_changes_no_pixel(raster, tmp_path, show):
    """Of the file itself, and of a copy."""
    layer = QgsRasterLayer(str(raster()), "image")
    show(layer)
    assert arguments_of(layer, tmp_path) == [str(raster())]
    gdal.Translate("/vsimem/shown.tif", str(raster()))
    layer = QgsRasterLayer("/vsimem/shown.tif", "image")
    show(layer)
    (copy,) = arguments_of(layer, tmp_path)
    assert [pixels(copy, band) for band in (1, 2, 3)] == [pixels(raster(), band) for band in (1, 2, 3)]


def test_a_subset_of_bands(raster, tmp_path):
    """GDAL's own way to name one, which QGIS 3.22 opens as well."""
    source = f"vrt://{raster(bands=4)}?bands=4,1,2"
    (given, *_) = arguments_of(QgsRasterLayer(source, "subset"), tmp_path)
    assert [pixels(given, band) for band in (1, 2, 3)] == [pixels(raster(bands=4), band) for band in (4, 1, 2)]


def test_a_virtual_raster_that_is_no_file(raster, tmp_path):
    vrt = gdal.BuildVRT("", [str(raster())]).GetMetadata("xml:VRT")[0]
    (given, *_) = arguments_of(QgsRasterLayer(vrt, "mosaic"), tmp_path)
    assert pixels(given, 2) == pixels(raster(), 2)


@pytest.fixture
def calculated(raster) -> QgsRasterLayer:
    """A layer of QGIS's virtual raster provider, as the raster calculator makes it: no GDAL reads it."""
    source = QgsRasterDataProvider.VirtualRasterInputLayers()
    source.name, source.uri, source.provider = "image", str(raster()), "gdal"
    asked = QgsRasterDataProvider.VirtualRasterParameters()
    image = QgsRasterLayer(str(raster()), "image")
    asked.crs, asked.extent, asked.width, asked.height = image.crs(), image.extent(), 40, 30
    asked.formula, asked.rInputLayers = '"image@1" + 1000', [source]
    uri = QgsRasterDataProvider.encodeVirtualRasterProviderUri(asked)
    return QgsRasterLayer(uri, "calculated", "virtualraster")


def test_what_a_provider_other_than_gdal_reads_is_copied_block_by_block(calculated, raster, tmp_path):
    """Stands for PostGIS raster as well, of which there is no server here: the way is the same."""
    calculated.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    (copy,) = arguments_of(calculated, tmp_path)
    dataset = gdal.Open(copy)
    cells = dataset.GetRasterBand(1).ReadRaster(0, 0, 40, 30, buf_type=gdal.GDT_Float64)
    assert [value - 1000 for value in struct.unpack("1200d", bytes(cells))] == list(pixels(raster(), 1))
    assert dataset.GetSpatialRef().GetAuthorityCode(None) == "32633"


def header(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(None, 0.25, id="the plugin's own"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"hello, no weights", None, id="no weights"),
        pytest.param(struct.pack("<Q", 2) + b"{}", None, id="without a manifest"),
        pytest.param(struct.pack("<Q", 2**60) + b"{}", None, id="a header that cannot be"),
        pytest.param(header("[" * 100_000), None, id="nested without end"),
        pytest.param(header('{"__metadata__": {"manifest": "{\\"gsd_m\\": 0.5}"}}'), 0.5, id="half a metre"),
        pytest.param(header('{"__metadata__": {"manifest": "{\\"gsd_m\\": 0}"}}'), None, id="no size"),
        pytest.param(header('{"__metadata__": {"manifest": "{\\"gsd_m\\": NaN}"}}'), None, id="no number"),
        pytest.param(header('{"__metadata__": {"manifest": "{\\"gsd_m\\": 1' + "0" * 400 + '}"}}'), None, id="vast"),
    ],
)
def test_the_resolution_that_weights_say(tmp_path, content, expected):
    path = ROOT / "building_footprints_plugin" / "weights" / "buildings.safetensors"
    if content is not None:
        path = tmp_path / "w.safetensors"
        path.write_bytes(content)
    assert weights_gsd_m(str(path)) == expected
