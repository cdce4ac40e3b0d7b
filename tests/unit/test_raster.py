"""Reading a raster on its own grid: values, bands, windows and errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio._env import get_gdal_config
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.shutil import copy
from rasters import EAST, NORTH, noise, north_up, write_raster

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import open_raster
from building_footprints_plugin.engine.raster.bands import choose_bands
from building_footprints_plugin.engine.raster.source import GDAL_CACHE_BYTES, gdal

RGBA = {"photometric": "RGB", "alpha": "YES"}
NIR = {"photometric": "RGB", "alpha": "NO"}


def read_all(source: str | Path, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    with open_raster(source, gsd_m=0.3, **options) as reader:
        return reader.read(0, 0, *reader.grid.shape)


@pytest.mark.parametrize("size", [(40, 60), (1, 1), (1, 700), (700, 1), (300, 17), (513, 511)])
def test_own_grid_returns_the_very_pixels(tmp_path: Path, size: tuple[int, int]) -> None:
    pixels = noise(3, *size)
    got, valid = read_all(write_raster(tmp_path / "in.tif", pixels))
    assert got.dtype == np.uint8
    assert (got == pixels).all()
    assert valid.all()


@pytest.mark.parametrize(
    "window",
    [(0, 0, 40, 60), (-5, -7, 60, 80), (10, 20, 5, 6), (39, 59, 10, 10), (-20, 0, 10, 10), (0, 60, 5, 5)],
)
def test_boundless_windows(tmp_path: Path, window: tuple[int, int, int, int]) -> None:
    pixels = noise(3, 40, 60)
    padded = np.pad(pixels, ((0, 0), (100, 100), (100, 100)))
    row, col, height, width = window
    inside = np.s_[100 + row : 100 + row + height, 100 + col : 100 + col + width]
    with open_raster(write_raster(tmp_path / "in.tif", pixels), gsd_m=0.3) as reader:
        got, valid = reader.read(*window)
    assert (got == padded[(slice(None), *inside)]).all()
    assert (valid == (padded[0][inside] > 0)).all()


@pytest.mark.parametrize(
    ("count", "profile", "bands", "expected", "read", "why"),
    [
        (3, {}, None, 3, [1, 2, 3], "as it is"),
        (4, NIR, None, 3, [1, 2, 3], "near infrared is left"),
        (4, RGBA, None, 3, [1, 2, 3], "alpha is no colour"),
        (4, NIR, (4, 1, 2), 3, [4, 1, 2], "in the order asked for"),
        (4, NIR, None, 4, [1, 2, 3, 4], "weights with four bands"),
        (1, {}, None, 3, [1, 1, 1], "grey repeated"),
        (2, {"photometric": "MINISBLACK", "alpha": "YES"}, None, 3, [1, 1, 1], "grey with alpha"),
        (3, {}, (2,), 3, [2, 2, 2], "one band of several, repeated"),
        (3, {}, None, 1, [1], "weights with one band"),
    ],
)
def test_bands(tmp_path: Path, count: int, profile: dict, bands: Any, expected: int, read: list[int], why: str) -> None:
    pixels = noise(count, 10, 12)
    source = write_raster(tmp_path / "in.tif", pixels, **profile)
    with open_raster(source, gsd_m=0.3, bands=bands, bands_expected=expected) as reader:
        got, valid = reader.read(0, 0, 10, 12)
        assert reader.band_count == expected
        assert bool(reader.warnings) is (len(set(read)) < len(read)), why
    assert (got == pixels[np.array(read) - 1]).all(), why
    assert valid.all()


@pytest.mark.parametrize(
    ("count", "profile", "bands", "expected", "message"),
    [
        (3, {}, (1, 2, 5), 3, "Band 5 was asked for; .* has bands 1 to 3"),
        (3, {}, (0, 1, 2), 3, "Band 0 was asked for; .* has bands 1 to 3"),
        (3, {}, (1, 1, 2), 3, "Bands 1,1,2 name one band twice"),
        (3, {}, (1, 2), 3, "Bands 1,2 were asked for; the weights expect 3"),
        (3, {}, (), 3, "the weights expect 3"),
        (2, {}, None, 3, "has 2 bands besides alpha; the weights expect 3"),
        (4, RGBA, None, 4, "has 3 bands besides alpha; the weights expect 4"),
    ],
)
def test_bands_refused(tmp_path: Path, count: int, profile: dict, bands: Any, expected: int, message: str) -> None:
    source = write_raster(tmp_path / "in.tif", noise(count, 10, 12), **profile)
    with pytest.raises(BadInput, match=message):
        open_raster(source, gsd_m=0.3, bands=bands, bands_expected=expected)


@pytest.mark.parametrize("pixel", [0.3, 0.15], ids=["own grid", "warped"])
def test_palette_becomes_colours_before_any_resampling(tmp_path: Path, pixel: float) -> None:
    index = np.repeat(np.repeat([[[0, 1, 2]]], 20, axis=1), 10, axis=2).astype(np.uint8)
    source = write_raster(tmp_path / "in.tif", index, transform=north_up(pixel))
    path = tmp_path / "in.vrt"  # a GeoTIFF's colour table holds no alpha
    copy(source, path, driver="VRT")
    colours = ((10, 20, 30, 255), (200, 100, 50, 255), (1, 2, 3, 0))
    entries = "".join('<Entry c1="{}" c2="{}" c3="{}" c4="{}"/>'.format(*colour) for colour in colours)
    table = f"<ColorInterp>Palette</ColorInterp><ColorTable>{entries}</ColorTable><SimpleSource>"
    path.write_text(path.read_text().replace("<ColorInterp>Gray</ColorInterp>", "").replace("<SimpleSource>", table))
    got, valid = read_all(path)
    middle, third = got.shape[1] // 2, got.shape[2] // 3
    assert list(got[:, middle, third // 2]) == [10, 20, 30]
    assert list(got[:, middle, third + third // 2]) == [200, 100, 50]
    assert valid[middle, : 2 * third].all()
    assert not valid[middle, 2 * third :].any(), "a colour with alpha 0 is not there"


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "float32", "float64", "int8", "uint32"])
def test_other_types_are_stretched_over_the_whole_raster(tmp_path: Path, dtype: str) -> None:
    low, high = (-100, 100) if dtype == "int8" else (0, 10_000) if dtype.startswith("u") else (-5_000, 5_000)
    ramp = np.linspace(low, high, 100 * 101).reshape(1, 100, 101).astype(dtype)
    source = write_raster(tmp_path / "in.tif", np.repeat(ramp, 3, axis=0))
    with open_raster(source, gsd_m=0.3) as reader:
        got, _ = reader.read(0, 0, 100, 101)
        corner, _ = reader.read(0, 0, 4, 4)
    assert (got[0, 0, 0], got[0, -1, -1]) == (0, 255)
    assert got[0, 50, 50] == pytest.approx(127.5, abs=2)
    assert (corner == got[:, :4, :4]).all(), "never per window"


@pytest.mark.parametrize("values", [(0, 1), (0, 255), (3, 7)])
def test_8bit_stays_as_it_is(tmp_path: Path, values: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).choice(np.array(values, np.uint8), (3, 20, 20))
    assert (read_all(write_raster(tmp_path / "in.tif", pixels))[0] == pixels).all()


def test_one_bit_is_the_palette_it_declares_black_and_white(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 2, (1, 20, 20)).astype(np.uint8)
    assert (read_all(write_raster(tmp_path / "in.tif", pixels, nbits=1))[0] == 255 * pixels).all()


@pytest.mark.parametrize("overviews", [(), (2, 4)], ids=["windows", "overviews"])
def test_stretch_of_a_raster_larger_than_the_sample(tmp_path: Path, overviews: tuple[int, ...]) -> None:
    # A ramp along the columns: any fair sample finds its percentiles, a sample of one corner does not.
    ramp = np.broadcast_to(np.arange(3000, dtype=np.uint16), (1, 1500, 3000))
    source = write_raster(tmp_path / "in.tif", ramp, tiled=True, overviews=overviews)
    with open_raster(source, gsd_m=0.3) as reader:
        assert reader.stretch is not None
        assert reader.stretch.low[0] == pytest.approx(30, abs=40)
        assert reader.stretch.high[0] == pytest.approx(2970, abs=40)


def test_a_small_valid_spot_between_sample_windows_is_found(tmp_path: Path) -> None:
    pixels = np.zeros((1, 3000, 3000), np.uint16)
    pixels[0, 40:80, 40:80] = noise(1, 40, 40, "uint16")[0]
    with open_raster(write_raster(tmp_path / "in.tif", pixels, nodata=0, tiled=True), gsd_m=0.3) as reader:
        assert reader.read(0, 0, 100, 100)[1].sum() == 1600


class TestCrs:
    def test_given_where_the_raster_has_none(self, tmp_path: Path) -> None:
        source = write_raster(tmp_path / "in.tif", noise(3, 10, 12), crs=None)
        with pytest.raises(BadInput, match="--crs"):
            open_raster(source, gsd_m=0.3)
        with open_raster(source, gsd_m=0.3, crs="EPSG:32736") as reader:
            assert reader.crs == reader.grid.crs == CRS.from_epsg(32736)

    def test_given_instead_of_a_wrong_one(self, tmp_path: Path) -> None:
        source = write_raster(tmp_path / "in.tif", noise(3, 10, 12), crs="EPSG:4326")
        with open_raster(source, gsd_m=0.3, crs=CRS.from_epsg(32736).to_wkt()) as reader:
            assert reader.grid.crs == CRS.from_epsg(32736)

    def test_not_a_crs(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="'EPSG:nonsense' is not a CRS; expected EPSG:n or WKT"):
            open_raster(write_raster(tmp_path / "in.tif", noise(3, 4, 4)), gsd_m=0.3, crs="EPSG:nonsense")


@pytest.mark.parametrize(
    ("pixel", "warned", "refused"),
    [(0.3, False, False), (0.05, False, False), (0.01, True, False), (0.9, True, False), (10.0, True, False),
     (20.0, True, True)],
)  # fmt: skip
def test_rasters_much_coarser_or_finer_than_the_model(
    tmp_path: Path, pixel: float, warned: bool, refused: bool
) -> None:
    source = write_raster(tmp_path / "in.tif", noise(3, 10, 12), transform=north_up(pixel))
    if refused:
        with pytest.raises(BadInput, match=r"20 m per pixel.*too coarse"):
            open_raster(source, gsd_m=0.3)
        return
    with open_raster(source, gsd_m=0.3) as reader:
        assert bool(reader.warnings) is warned


@pytest.mark.parametrize(
    ("bounds", "expected", "why"),
    [
        ((0, 0, 18, 12), (0, 0, 40, 60), "all of it"),
        ((-100, -100, 100, 100), (0, 0, 40, 60), "clipped to the grid"),
        ((3, 6, 6, 9), (10, 10, 10, 10), "exactly along pixels"),
        ((3.1, 6.1, 5.9, 8.9), (10, 10, 10, 10), "snapped outward"),
        ((17.95, 0, 30, 0.05), (39, 59, 1, 1), "the last pixel"),
    ],
)
def test_window_of_bounds(tmp_path: Path, bounds: tuple, expected: tuple, why: str) -> None:
    # The raster is 18 m x 12 m; bounds are given from its lower left corner.
    x, y = EAST, NORTH - 12
    shifted = (x + bounds[0], y + bounds[1], x + bounds[2], y + bounds[3])
    with open_raster(write_raster(tmp_path / "in.tif", noise(3, 40, 60)), gsd_m=0.3) as reader:
        assert reader.window(shifted) == expected, why


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((0, 0, 10, 10), r"extent 0,0,10,10 misses the raster, which covers 500000,4999988,500018,5000000"),
        ((500018, 4999988, 500020, 5000000), "misses the raster"),  # it only touches
        ((500018, 4999988, 500000, 5000000), "is empty"),
        ((float("nan"), 0, 1, 1), "is empty"),
    ],
)
def test_window_refused(tmp_path: Path, bounds: tuple, message: str) -> None:
    source = write_raster(tmp_path / "in.tif", noise(3, 40, 60))
    with open_raster(source, gsd_m=0.3) as reader, pytest.raises(BadInput, match=message):
        reader.window(bounds)


def test_footprints_stay_as_they_are_in_the_same_crs(tmp_path: Path) -> None:
    shapes = np.array([shapely.box(EAST, NORTH - 5, EAST + 4, NORTH)])
    with open_raster(write_raster(tmp_path / "in.tif", noise(3, 40, 60)), gsd_m=0.3) as reader:
        assert reader.footprint_to_layer(shapes)[0].equals(shapes[0])


def test_block_cache_is_modest_and_given_back() -> None:
    before = get_gdal_config("GDAL_CACHEMAX")
    with gdal():
        assert get_gdal_config("GDAL_CACHEMAX") == GDAL_CACHE_BYTES >= 2**20, "in bytes"
    assert get_gdal_config("GDAL_CACHEMAX") == before


def test_alpha_asked_for_is_a_colour(tmp_path: Path) -> None:
    # GDAL declares the fourth band of any 8-bit GeoTIFF to be alpha unless told otherwise: it may be infrared.
    pixels = noise(4, 10, 12)
    pixels[3, 0, 0] = 0
    source = write_raster(tmp_path / "in.tif", pixels, **RGBA)
    with open_raster(source, gsd_m=0.3, bands=(4, 1, 2)) as reader:
        got, valid = reader.read(0, 0, 10, 12)
        assert "to be alpha; it is read as a colour" in reader.warnings[0]
    assert valid.all()
    assert (got == pixels[[3, 0, 1]]).all()


def test_alpha_is_recognised_by_its_meaning(tmp_path: Path) -> None:
    source = write_raster(tmp_path / "in.tif", noise(4, 10, 12))
    with rasterio.open(source, "r+") as dataset:
        dataset.colorinterp = [ColorInterp.alpha, ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    with rasterio.open(source) as dataset:
        pixels = dataset.read()
    assert (read_all(source)[0] == pixels[1:]).all()


def test_alpha_is_looked_for_once_however_many_bands_there_are() -> None:
    """A thousand bands once took minutes: each asked for the meaning of all, for each of all."""
    asked = []

    class Many:
        indexes = range(1, 1001)
        count, name = 1000, "many"

        @property
        def colorinterp(self) -> list[ColorInterp]:
            asked.append(1)
            return [ColorInterp.gray] * 1000

    assert choose_bands(Many(), None, 3) == (1, 2, 3)
    assert len(asked) == 1
