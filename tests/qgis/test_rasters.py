"""What the engine is told to open for a raster layer, and what is copied for it when it cannot."""

from __future__ import annotations

import shutil

import pytest
from conftest import pixels
from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeedback,
    QgsRasterLayer,
    QgsRasterRange,
    QgsRectangle,
)

from building_footprints_plugin.bridge.copying import BLOCK_PX, MOST_SERVED_MPX
from building_footprints_plugin.bridge.errors import BridgeError, RunCancelled
from building_footprints_plugin.bridge.ground import Scale
from building_footprints_plugin.bridge.rasters import Wanted, engine_source, raster_input
from building_footprints_plugin.bridge.rendering import rendered_grid

EVERYTHING = QgsRectangle()


def wanted(bounds: QgsRectangle = EVERYTHING, gsd_m: float = 0.3) -> Wanted:
    return Wanted(bounds, bounds, gsd_m, QgsCoordinateTransformContext())


def arguments_of(layer: QgsRasterLayer, folder, bounds: QgsRectangle = EVERYTHING) -> list[str]:
    assert layer.isValid(), layer.error().message()
    return raster_input(layer, wanted(bounds)).arguments(str(folder), QgsFeedback())


def test_a_file_is_opened_as_it_is(raster, tmp_path):
    path = raster()
    assert arguments_of(QgsRasterLayer(str(path), "image"), tmp_path) == [str(path)]


def test_bounds_keep_every_digit(raster, tmp_path):
    bounds = QgsRectangle(-500000.1, 2999991.123456789, 500012, 1 / 3)
    given = raster_input(QgsRasterLayer(str(raster()), "image"), wanted(bounds)).arguments(str(tmp_path), QgsFeedback())
    assert given[1] == f"--bounds=-500000.1,{1 / 3!r},500012.0,2999991.123456789"


@pytest.mark.parametrize(
    ("suffix", "copied"),
    [
        ("|option:NUM_THREADS=2", False),  # changes how, not what is read
        ("|option:NUM_THREADS=2|option:OVERVIEW_LEVEL=0", True),
    ],
)
def test_options_behind_a_bar(raster, tmp_path, suffix, copied):
    path = raster(size=(512, 512))
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.BuildOverviews("NEAREST", [2])
    del dataset
    layer = QgsRasterLayer(f"{path}{suffix}", "image")
    source = arguments_of(layer, tmp_path)[0]
    assert (source != str(path)) == copied
    assert gdal.Open(source).RasterXSize == layer.width() == (256 if copied else 512)


def test_a_table_in_a_geopackage(raster, tmp_path):
    gdal.Translate(str(tmp_path / "tables.gpkg"), str(raster()), format="GPKG", creationOptions=["RASTER_TABLE=ortho"])
    layer = QgsRasterLayer(f"GPKG:{tmp_path / 'tables.gpkg'}:ortho", "ortho")
    assert arguments_of(layer, tmp_path) == [f"GPKG:{tmp_path / 'tables.gpkg'}:ortho"]


def test_a_file_in_an_archive(raster, tmp_path):
    path = raster()
    shutil.make_archive(str(tmp_path / "archive"), "zip", tmp_path, path.name)
    source = f"/vsizip/{tmp_path / 'archive.zip'}/{path.name}"
    assert arguments_of(QgsRasterLayer(source, "image"), tmp_path) == [source]


def test_a_virtual_raster(raster, tmp_path):
    path = str(tmp_path / "mosaic.vrt")
    gdal.BuildVRT(path, [str(raster())])
    assert arguments_of(QgsRasterLayer(path, "mosaic"), tmp_path) == [path]


def test_what_only_this_process_holds_in_memory_is_copied(raster, tmp_path):
    gdal.Translate("/vsimem/image.tif", str(raster()))
    source = arguments_of(QgsRasterLayer("/vsimem/image.tif", "image"), tmp_path)[0]
    assert source == str(tmp_path / "layer.tif")
    assert pixels(source, 3) == pixels(raster(), 3)


def test_a_relative_path_is_made_absolute(raster, tmp_path, monkeypatch):
    path = raster()
    monkeypatch.chdir(tmp_path)
    assert arguments_of(QgsRasterLayer(path.name, "image"), tmp_path) == [str(path)]


def test_a_coordinate_system_set_in_qgis_goes_to_the_engine(raster, tmp_path):
    layer = QgsRasterLayer(str(raster(epsg=None)), "image")
    layer.setCrs(QgsCoordinateReferenceSystem("EPSG:32633"))
    assert arguments_of(layer, tmp_path)[1:] == ["--crs=EPSG:32633"]
    layer.setCrs(QgsCoordinateReferenceSystem.fromProj("+proj=tmerc +lon_0=7 +k=1 +x_0=123 +datum=WGS84 +units=m"))
    assert arguments_of(layer, tmp_path)[1].startswith("--crs=PROJCRS[")


def set_no_data(layer: QgsRasterLayer, low: float, high: float) -> None:
    """As the dialog of QGIS does it: for every band."""
    for band in range(1, layer.bandCount() + 1):
        layer.dataProvider().setUserNoDataValue(band, [QgsRasterRange(low, high)])


def test_no_data_set_in_qgis_is_in_the_copy(raster, tmp_path):
    """All values of the range become the one that the file declares; the type stays 8 bit."""
    path = raster()
    layer = QgsRasterLayer(str(path), "image")
    set_no_data(layer, 40, 60)
    copy = gdal.Open(arguments_of(layer, tmp_path)[0])
    assert [copy.GetRasterBand(band).GetNoDataValue() for band in (1, 2, 3)] == [40, 40, 40]
    assert copy.GetRasterBand(2).DataType == gdal.GDT_Byte
    expected = bytes(40 if 40 <= value <= 60 else value for value in pixels(path, 2))
    assert pixels(tmp_path / "layer.tif", 2) == expected


def test_no_data_of_the_file_that_qgis_was_told_to_ignore_is_gone_from_the_copy(raster, tmp_path):
    path = raster(bands=1)
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.GetRasterBand(1).SetNoDataValue(50)
    del dataset
    layer = QgsRasterLayer(str(path), "image")
    assert arguments_of(layer, tmp_path) == [str(path)]
    layer.dataProvider().setUseSourceNoDataValue(1, False)
    copy = gdal.Open(arguments_of(layer, tmp_path)[0])
    assert copy.GetRasterBand(1).GetNoDataValue() is None
    assert pixels(tmp_path / "layer.tif") == pixels(path)


def test_no_data_of_some_bands_only_is_refused(raster, tmp_path):
    layer = QgsRasterLayer(str(raster()), "image")
    layer.dataProvider().setUserNoDataValue(2, [QgsRasterRange(40, 60)])
    with pytest.raises(BridgeError, match="different no-data values; set the same"):
        arguments_of(layer, tmp_path)


def test_four_bands_stay_four_bands_of_data(raster, tmp_path):
    """GDAL takes the fourth of four 8-bit bands for alpha unless told otherwise; near infrared is not."""
    layer = QgsRasterLayer(str(raster(bands=4)), "image")
    set_no_data(layer, 0, 0)
    copy = gdal.Open(arguments_of(layer, tmp_path)[0])
    assert copy.RasterCount == 4
    assert copy.GetRasterBand(4).GetColorInterpretation() != gdal.GCI_AlphaBand


def test_an_internal_mask_becomes_alpha_in_the_copy(raster, tmp_path):
    path = raster()
    with_mask = gdal.Open(str(path), gdal.GA_Update)
    gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
    with_mask.CreateMaskBand(gdal.GMF_PER_DATASET)
    with_mask.GetRasterBand(1).GetMaskBand().WriteRaster(0, 0, 40, 30, bytes([255] * 600 + [0] * 600))
    del with_mask
    layer = QgsRasterLayer(str(path), "image")
    set_no_data(layer, 0, 0)
    copy = gdal.Open(arguments_of(layer, tmp_path)[0])
    alpha = copy.GetRasterBand(copy.RasterCount)
    assert alpha.GetColorInterpretation() == gdal.GCI_AlphaBand
    assert pixels(tmp_path / "layer.tif", copy.RasterCount) == bytes([255] * 600 + [0] * 600)


def test_only_the_part_that_is_needed_is_copied_on_the_layers_own_grid(raster, tmp_path):
    """With the 30 m around it that the engine looks at as well: columns 33.4 to 243.3, rows 56.7 to 266.6."""
    path = raster(size=(400, 300))
    layer = QgsRasterLayer(str(path), "image")
    set_no_data(layer, 250, 250)
    bounds = QgsRectangle(500040.0, 2999950.0, 500043.0, 2999953.0)
    source, given_bounds = arguments_of(layer, tmp_path, bounds)
    copy = gdal.Open(source)
    assert (copy.RasterXSize, copy.RasterYSize) == (211, 211)
    assert copy.GetGeoTransform() == pytest.approx((500009.9, 0.3, 0, 2999983.2, 0, -0.3))
    assert bytes(copy.GetRasterBand(3).ReadRaster(0, 0, 211, 1)) == pixels(path, 3)[56 * 400 + 33 : 56 * 400 + 244]
    assert given_bounds.startswith("--bounds=500040.0,")


@pytest.fixture
def web_map(tmp_path):
    """A web map of two tiles that meet at longitude 0 and latitude 60: a red one in the west, a blue one."""
    for column, band in ((65535, 1), (65536, 3)):
        tile = gdal.GetDriverByName("MEM").Create("", 256, 256, 3)
        tile.GetRasterBand(band).WriteRaster(0, 0, 256, 256, bytes([200]) * 256 * 256)
        folder = tmp_path / "17" / str(column)
        folder.mkdir(parents=True)
        gdal.GetDriverByName("PNG").CreateCopy(str(folder / "38063.png"), tile)
    url = f"file://{tmp_path}/{{z}}/{{x}}/{{y}}.png".replace("{", "%7B").replace("}", "%7D")
    return QgsRasterLayer(f"type=xyz&zmin=17&zmax=17&url={url}", "web", "wms")


def test_a_web_map_is_fetched_in_whole_tiles(web_map, tmp_path):
    source = arguments_of(web_map, tmp_path, QgsRectangle(-60, 8399640, 60, 8399700))[0]
    copy = gdal.Open(source)
    assert (copy.RasterXSize, copy.RasterYSize) == (512, 256)
    assert copy.RasterCount == 4
    assert copy.GetRasterBand(4).GetColorInterpretation() == gdal.GCI_AlphaBand
    assert copy.GetRasterBand(1).DataType == gdal.GDT_Byte
    assert pixels(source, 1) == (bytes([200]) * 256 + bytes(256)) * 256
    assert pixels(source, 3) == (bytes(256) + bytes([200]) * 256) * 256


class Levels:
    """Stands in for the provider of a service with zoom levels."""

    def __init__(self, *units: float) -> None:
        self.nativeResolutions = lambda: list(units)


@pytest.mark.parametrize(
    ("levels", "scale", "size"),
    [
        pytest.param((), Scale(2, 2), (200, 100), id="60 degrees north: two metres of Mercator are one on the ground"),
        pytest.param((), Scale(1 / 0.9, 1), (360, 200), id="a pixel is as wide as high on the ground"),
        pytest.param((0.3, 0.61, 1.2), Scale(2, 2), (256, 256), id="0.61 for 0.6 will do"),
        pytest.param((0.3, 0.64, 1.2), Scale(2, 2), (512, 256), id="0.64 for 0.6 is too coarse"),
        pytest.param((4.8, 2.4, 1.2), Scale(2, 2), (256, 256), id="the finest where none is fine enough"),
    ],
)
def test_the_grid_of_a_service(levels, scale, size):
    extent, found = rendered_grid(Levels(*levels), QgsRectangle(0, 0, 120, 60), 0.3, scale)
    assert found == size
    assert extent.contains(QgsRectangle(0, 0, 120, 60))


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        (EVERYTHING, "no pixels of its own .* extent .* must be given"),
        (QgsRectangle(0, 0, 1e5, 1e5), f"must be copied .* megapixels are too many; at most {MOST_SERVED_MPX}"),
    ],
)
def test_a_web_map_needs_a_small_extent(web_map, bounds, says):
    with pytest.raises(BridgeError, match=says):
        raster_input(web_map, wanted(bounds))


def test_copying_can_be_cancelled(raster, tmp_path):
    """In its midst: there are four blocks, and after the first of them it is cancelled."""
    layer = QgsRasterLayer(str(raster(size=(2 * BLOCK_PX, 2 * BLOCK_PX), bands=1)), "image")
    set_no_data(layer, 0, 0)
    prepared = raster_input(layer, wanted())
    feedback, fractions = QgsFeedback(), []
    feedback.progressChanged.connect(lambda percent: (fractions.append(percent), feedback.cancel()))
    with pytest.raises(RunCancelled):
        prepared.arguments(str(tmp_path), feedback)
    assert max(fractions) < 100


def test_engine_source_of_other_providers_is_empty(web_map):
    assert engine_source(web_map) == ""
