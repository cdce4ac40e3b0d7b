"""Polygonize buildings on masks as other people make them: every one of these shows the same two buildings."""

from __future__ import annotations

import struct
from pathlib import Path

import processing
import pytest
from osgeo import gdal, osr
from qgis.core import QgsProcessingException, QgsRasterLayer, QgsRasterRange

pytestmark = pytest.mark.usefixtures("provider")
WIDTH, HEIGHT, PIXEL_M = 60, 40, 0.3
GRID = (500000, PIXEL_M, 0, 3000000, 0, -PIXEL_M)
BUILDINGS = ((5, 5, 35, 30), (40, 10, 55, 35))  # column, row to column, row
AREA_M2 = (30 * 25 + 15 * 25) * PIXEL_M**2


def mask(path: Path, kind: int, code: str, values: tuple[float, float], epsg: int = 32645, grid=GRID, **facts) -> str:
    """Write a raster of one band: `values` are those of ground and of building."""
    made = gdal.GetDriverByName("GTiff").Create(str(path), WIDTH, HEIGHT, 1, kind)
    made.SetGeoTransform(grid)
    if epsg:
        system = osr.SpatialReference()
        system.ImportFromEPSG(epsg)
        made.SetProjection(system.ExportToWkt())
    built = {(x, y) for left, top, right, end in BUILDINGS for x in range(left, right) for y in range(top, end)}
    cells = [values[(x, y) in built] for y in range(HEIGHT) for x in range(WIDTH)]
    band = made.GetRasterBand(1)
    band.WriteRaster(0, 0, WIDTH, HEIGHT, struct.pack(f"{len(cells)}{code}", *cells))
    if "nodata" in facts:
        band.SetNoDataValue(facts["nodata"])
    return str(path)


def polygonize(layer, **parameters: object) -> dict:
    given = {"INPUT": layer, "OUTPUT": "memory:", "REGULARIZE": "simplify", **parameters}
    return processing.run("buildingfootprints:polygonizebuildings", given)


@pytest.mark.parametrize(
    ("kind", "code", "values", "facts"),
    [
        pytest.param(gdal.GDT_Byte, "B", (0, 1), {}, id="0 and 1"),
        pytest.param(gdal.GDT_Byte, "B", (0, 255), {}, id="0 and 255"),
        pytest.param(gdal.GDT_Byte, "B", (0, 1), {"nodata": 0}, id="no building is no data"),
        pytest.param(gdal.GDT_Int16, "h", (-9999, 1), {"nodata": -9999}, id="16-bit with no data"),
        pytest.param(gdal.GDT_Int32, "i", (0, 1), {}, id="raster calculator, whole numbers"),
        pytest.param(gdal.GDT_Float32, "f", (0, 1), {}, id="raster calculator, decimals"),
        pytest.param(gdal.GDT_Float32, "f", (float("nan"), 1), {"nodata": float("nan")}, id="NaN"),
        pytest.param(gdal.GDT_Float32, "f", (0.1, 0.8), {}, id="probability"),
    ],
)
def test_masks_of_every_kind(tmp_path, kind, code, values, facts):
    results = polygonize(mask(tmp_path / "mask.tif", kind, code, values, **facts))
    assert results["COUNT"] == 2
    assert results["TOTAL_AREA"] == pytest.approx(AREA_M2, rel=0.03)
    assert {feature["id"] for feature in results["OUTPUT"].getFeatures()} == {1, 2}


def test_metres_are_metres_in_degrees(tmp_path):
    """A degree is 111,320 m along the equator and 110,574 m across it."""
    step = (PIXEL_M / 111_320, PIXEL_M / 110_574)
    grid = (9.0, step[0], 0, 0.0, 0, -step[1])
    results = polygonize(mask(tmp_path / "mask.tif", gdal.GDT_Byte, "B", (0, 1), 4326, grid))
    assert results["COUNT"] == 2
    assert results["TOTAL_AREA"] == pytest.approx(AREA_M2, rel=0.04)
    assert results["OUTPUT"].crs().authid() == "EPSG:4326"


def test_no_data_that_was_set_in_qgis(tmp_path):
    """The user says that 7 is no data; the rest is a mask."""
    layer = QgsRasterLayer(mask(tmp_path / "mask.tif", gdal.GDT_Byte, "B", (7, 1)), "mask")
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(7, 7)])
    assert polygonize(layer)["COUNT"] == 2


def test_what_is_no_mask_is_said(tmp_path):
    path = mask(tmp_path / "classes.tif", gdal.GDT_Int16, "h", (300, 4000))
    with pytest.raises(QgsProcessingException, match="holds values from .* expected a mask of 0 and 1"):
        polygonize(path)


def test_no_coordinate_system_is_a_sentence(tmp_path):
    path = mask(tmp_path / "mask.tif", gdal.GDT_Byte, "B", (0, 1), epsg=0)
    with pytest.raises(QgsProcessingException, match="mask has no coordinate system"):
        polygonize(path)
