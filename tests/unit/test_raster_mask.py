"""What is there and what is not: nodata, alpha, masks and NaN, on the own grid and warped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasters import EAST, NORTH, noise, north_up, write_raster

from building_footprints_plugin.engine.raster import RasterReader, open_raster

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NodataShadowWarning")

HOLE = np.s_[20:50, 30:70]
SIZE = (120, 160)


def with_hole(kind: str, path: Path, transform: Affine) -> str:
    """Write a raster whose HOLE is not there, by the means `kind` names."""
    pixels = noise(3, *SIZE)
    hole = np.zeros(SIZE, bool)
    hole[HOLE] = True
    if kind == "nodata":
        pixels[:, hole] = 0
        return write_raster(path, pixels, transform=transform, nodata=0)
    if kind == "alpha":
        alpha = np.where(hole, 0, 255).astype(np.uint8)
        return write_raster(path, np.stack([*pixels, alpha]), transform=transform, photometric="RGB", alpha="YES")
    if kind == "alpha and nodata":
        pixels[:, 0, 0] = 0
        alpha = np.where(hole, 0, 255).astype(np.uint8)
        stacked = np.stack([*pixels, alpha])
        return write_raster(path, stacked, transform=transform, photometric="RGB", alpha="YES", nodata=0)
    if kind == "internal mask":
        return write_raster(path, pixels, transform=transform, mask=~hole)
    if kind == "external mask":
        write_raster(path, pixels, transform=transform)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as dataset:
            dataset.write_mask(~hole)
        return str(path)
    floats = pixels.astype(np.float32)
    if kind == "nodata -9999":
        floats[:, hole] = -9999
        return write_raster(path, floats, transform=transform, nodata=-9999)
    if kind == "nodata NaN":
        floats[:, hole] = np.nan
        return write_raster(path, floats, transform=transform, nodata=np.nan)
    floats[0, hole] = {"NaN": np.nan, "infinite": np.inf}[kind]
    return write_raster(path, floats, transform=transform)


KINDS = [
    "nodata",
    "alpha",
    "alpha and nodata",
    "internal mask",
    "external mask",
    "nodata -9999",
    "nodata NaN",
    "NaN",
    "infinite",
]


def read_all(reader: RasterReader) -> tuple[np.ndarray, np.ndarray]:
    return reader.read(0, 0, *reader.grid.shape)


@pytest.mark.parametrize("kind", KINDS)
def test_hole_on_the_own_grid(tmp_path: Path, kind: str) -> None:
    with open_raster(with_hole(kind, tmp_path / "in.tif", north_up()), gsd_m=0.3) as reader:
        pixels, valid = read_all(reader)
    expected = np.ones(SIZE, bool)
    expected[HOLE] = False
    expected[0, 0] = kind != "alpha and nodata"
    assert (valid == expected).all()
    assert (pixels[:, ~valid] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_hole_in_a_warped_raster(tmp_path: Path, kind: str) -> None:
    # Pixels of 0.15 m read at 0.3 m: the hole covers whole target pixels, and is half as many.
    with open_raster(with_hole(kind, tmp_path / "in.tif", north_up(0.15)), gsd_m=0.3) as reader:
        pixels, valid = read_all(reader)
    assert valid.shape == (60, 80)
    expected = np.ones((60, 80), bool)
    expected[10:25, 15:35] = False
    assert (valid == expected).all()
    assert (pixels[:, ~valid] == 0).all()


@pytest.mark.parametrize("kind", ["nodata", "alpha", "internal mask", "nodata -9999", "NaN"])
def test_values_beside_a_hole_are_not_mixed_with_it(tmp_path: Path, kind: str) -> None:
    # The ground is 200 everywhere; whatever the hole holds must not leak into its neighbours.
    pixels = np.full((3, 40, 40), 200, np.uint8)
    hole = np.zeros((40, 40), bool)
    hole[:, 13:] = True
    write = {"transform": Affine(0.1, 0, EAST, 0, -0.1, NORTH)}
    path = tmp_path / "in.tif"
    if kind == "nodata":
        source = write_raster(path, np.where(hole, 0, pixels).astype(np.uint8), nodata=0, **write)
    elif kind == "alpha":
        stacked = np.stack([*np.where(hole, 3, pixels), np.where(hole, 0, 255)]).astype(np.uint8)
        source = write_raster(path, stacked, photometric="RGB", alpha="YES", **write)
    elif kind == "internal mask":
        source = write_raster(path, np.where(hole, 3, pixels).astype(np.uint8), mask=~hole, **write)
    else:
        value = np.nan if kind == "NaN" else -9999.0
        floats = np.where(hole, value, pixels).astype(np.float32)
        floats[:, 0, :2] = 0, 255  # something to stretch between
        source = write_raster(path, floats, nodata=None if kind == "NaN" else -9999, **write)
    with open_raster(source, gsd_m=0.3) as reader:
        got, valid = read_all(reader)
    assert valid[5:-1, :4].all()
    assert not valid[:, 5:].any()
    assert len(np.unique(got[:, 5:-1, :4])) == 1


def test_nodata_in_one_band_only_is_a_colour(tmp_path: Path) -> None:
    pixels = noise(3, 10, 12)
    pixels[0, 2, 3] = 0
    with open_raster(write_raster(tmp_path / "in.tif", pixels, nodata=0), gsd_m=0.3) as reader:
        got, valid = read_all(reader)
    assert valid.all()
    assert (got == pixels).all()


def test_nodata_counts_in_the_chosen_bands_only(tmp_path: Path) -> None:
    pixels = noise(5, 10, 12, "uint16")
    pixels[:3, 2, 3] = 0
    with open_raster(write_raster(tmp_path / "in.tif", pixels, nodata=0), gsd_m=0.3, bands=(1, 2, 3)) as reader:
        _, valid = read_all(reader)
    assert not valid[2, 3]
    assert valid.sum() == 119


def test_nodata_does_not_count_for_the_stretch(tmp_path: Path) -> None:
    pixels = noise(3, 50, 50, "uint16") + 1000
    pixels[:, :25] = 65535
    with open_raster(write_raster(tmp_path / "in.tif", pixels, nodata=65535), gsd_m=0.3) as reader:
        assert reader.stretch is not None
        assert max(reader.stretch.high) < 1300


@pytest.mark.parametrize("nodata", [-1, 256, 300])
def test_nodata_that_the_type_cannot_hold_hides_nothing(tmp_path: Path, nodata: int) -> None:
    path = tmp_path / "in.vrt"
    write_raster(tmp_path / "in.tif", noise(3, 10, 12))
    path.write_text(
        '<VRTDataset rasterXSize="12" rasterYSize="10"><SRS>EPSG:32633</SRS>'
        "<GeoTransform>500000,0.3,0,5000000,0,-0.3</GeoTransform>"
        + "".join(
            f'<VRTRasterBand dataType="Byte" band="{band}"><NoDataValue>{nodata}</NoDataValue><SimpleSource>'
            f'<SourceFilename relativeToVRT="1">in.tif</SourceFilename><SourceBand>{band}</SourceBand>'
            "</SimpleSource></VRTRasterBand>"
            for band in (1, 2, 3)
        )
        + "</VRTDataset>"
    )
    with open_raster(path, gsd_m=0.3) as reader:
        assert read_all(reader)[1].all()
