"""Formats that QGIS's GDAL reads and the engine's does not: told apart, and copied through QGIS."""

from __future__ import annotations

import os
from pathlib import Path

import processing
import pytest
from conftest import ROOT, pixels
from osgeo import gdal
from qgis.core import QgsCoordinateTransformContext, QgsFeedback, QgsRasterLayer, QgsRectangle

from building_footprints_plugin.bridge.formats import engine_reads
from building_footprints_plugin.bridge.rasters import Wanted, raster_input

DEMO = ROOT / "tests" / "data" / "demo" / "vegas.tif"
HAS = ["GTiff", "VRT", "JPEG", "PNG"]  # the drivers of a modest GDAL


@pytest.fixture
def files(raster, tmp_path) -> Path:
    """The same picture in several formats, and virtual rasters of them."""
    source = str(raster("image.tif"))
    for name, kind in (("image.img", "HFA"), ("image.png", "PNG")):
        gdal.Translate(str(tmp_path / name), source, format=kind)
    for name, part in (("good.vrt", "image.tif"), ("bad.vrt", "image.img")):
        gdal.BuildVRT(str(tmp_path / name), [str(tmp_path / part)])
    gdal.BuildVRT(str(tmp_path / "outer.vrt"), [str(tmp_path / "bad.vrt")])
    gdal.BuildVRT(str(tmp_path / "ring.vrt"), [str(tmp_path / "good.vrt")])
    (tmp_path / "good.vrt").write_text((tmp_path / "good.vrt").read_text().replace("image.tif", "ring.vrt"))
    (tmp_path / "image.ecw").write_bytes((tmp_path / "image.tif").read_bytes())
    (tmp_path / "broken.tif").write_bytes(b"hello")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "drivers", "expected"),
    [
        pytest.param("image.tif", HAS, True, id="known"),
        pytest.param("image.img", HAS, False, id="not among its drivers"),
        pytest.param("image.img", [], True, id="an engine that does not tell is taken at its word"),
        pytest.param("image.ecw", HAS, True, id="what a file is counts, not how it is called"),
        pytest.param("bad.vrt", HAS, False, id="virtual, of a file it does not know"),
        pytest.param("outer.vrt", HAS, False, id="virtual, of a virtual one"),
        pytest.param("ring.vrt", HAS, True, id="virtual, of itself"),
        pytest.param("broken.tif", HAS, True, id="known to nobody: the engine says what is wrong"),
        pytest.param("missing.tif", HAS, True, id="not there: likewise"),
    ],
)
def test_which_files_the_engine_reads(files, name, drivers, expected):
    assert engine_reads(str(files / name), drivers) == expected


def test_the_setting_of_gdal_exceptions_does_not_matter(files):
    before = gdal.GetUseExceptions()
    try:
        for use in (gdal.UseExceptions, gdal.DontUseExceptions):
            use()
            assert engine_reads(str(files / "broken.tif"), HAS)
            assert not engine_reads(str(files / "bad.vrt"), HAS)
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()


def test_what_the_engine_does_not_read_is_copied(files, tmp_path):
    layer = QgsRasterLayer(str(files / "image.img"), "image")
    wanted = Wanted(QgsRectangle(), QgsRectangle(), 0.3, QgsCoordinateTransformContext(), HAS)
    (source,) = raster_input(layer, wanted).arguments(str(tmp_path), QgsFeedback())
    assert source == str(tmp_path / "layer.tif")
    assert [pixels(source, band) for band in (1, 2, 3)] == [pixels(files / "image.tif", band) for band in (1, 2, 3)]


def test_an_engine_without_the_format_finds_the_same(provider, tmp_path, monkeypatch, feedback):
    """A real engine whose GDAL lacks the driver of Erdas Imagine, in which the image is."""
    imagine = str(tmp_path / "image.img")
    gdal.Translate(imagine, str(DEMO), format="HFA", srcWin=[0, 0, 320, 300])
    expected = rows(imagine)
    python = os.environ["BUILDING_FOOTPRINTS_PYTHON"]
    hiding = tmp_path / "python"
    hiding.write_text(f'#!/bin/sh\nGDAL_SKIP=HFA exec {python} "$@"\n')
    hiding.chmod(0o755)
    monkeypatch.setenv("BUILDING_FOOTPRINTS_PYTHON", str(hiding))
    assert rows(imagine, feedback) == expected
    assert len(expected) > 3
    assert any(said.startswith("The engine cannot open this layer itself; 320 x 300") for said in feedback.infos)


def rows(source: str, feedback=None) -> list[tuple]:
    parameters = {"INPUT": source, "OUTPUT": "memory:"}
    made = processing.run("buildingfootprints:extractbuildings", parameters, feedback=feedback)["OUTPUT"]
    return sorted((feature["confidence"], feature.geometry().asWkt(8)) for feature in made.getFeatures())
