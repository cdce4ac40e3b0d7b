"""Blocks whose way into the raster is affine, gathered tap by tap: what GDAL's warp gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject
from rasters import noise, north_up, write_raster

from building_footprints_plugin.engine.raster import gathered, open_raster, warp
from building_footprints_plugin.engine.raster.gathered import affine_to, resampled
from building_footprints_plugin.engine.raster.georeference import apply_affine

# rasterio says so of the arrays it warps when two threads do; the engine itself has a filter, which pytest removes.
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

UTM = CRS.from_epsg(32633)
SIDE = 32
DEGREE = 0.3 / 111_320


@pytest.mark.parametrize(
    ("to_source", "scale"),
    [
        pytest.param(Affine(1.02, 0.03, 5.3, -0.02, 0.98, 7.6), (1.0, 1.0), id="nearly one to one"),
        pytest.param(Affine(1.23, -0.022, 8.6, 0.018, 1.0, 4.6), (0.81, 1.0), id="degrees: columns lie denser"),
        pytest.param(Affine(1.9, -0.04, 9.6, 0.03, 1.9, 6.6), (0.53, 0.53), id="half as large"),
        pytest.param(Affine(0.5, 0.01, 5.1, -0.01, 0.5, 5.6), (1.0, 1.0), id="coarser"),
        pytest.param(Affine(0.8, -0.6, 30.2, 0.6, 0.8, 4.4), (1.0, 1.0), id="turned by 37 degrees"),
        pytest.param(Affine(0, 1.3, 4.2, 1.2, 0, 5.4), (0.77, 0.83), id="rows and columns swapped"),
        pytest.param(Affine(1.1, 0, 4.2, 0, -1.2, 50.4), (0.91, 0.83), id="south up"),
    ],
)
def test_the_same_as_a_warp(to_source: Affine, scale: tuple[float, float]) -> None:
    assert gathered.is_small(scale)
    values = np.random.default_rng(0).integers(0, 256, (2, 90, 90)).astype(np.float32)
    grid = Affine(0.3, 0, 500_000, 0, -0.3, 5_000_000)
    (left, across, down), (top, right, below) = apply_affine(grid, *apply_affine(~to_source, *np.eye(2, 3, 1)))
    expected = np.zeros((2, SIDE, SIDE), np.float32)
    reproject(
        values,
        expected,
        src_transform=Affine(across - left, down - left, left, right - top, below - top, top),
        src_crs=UTM,
        dst_crs=UTM,
        dst_transform=grid,
        resampling=Resampling.bilinear,
        XSCALE=scale[0],
        YSCALE=scale[1],
    )
    assert expected.std() > 2, "noise is still there"
    np.testing.assert_allclose(resampled(values, to_source, SIDE, scale), expected, atol=0.02)


def test_by_hand() -> None:
    """Two pixels to the right, and a quarter further: three quarters of the third and one of the fourth."""
    values = np.array([[[8, 16, 24, 80, 8]] * 3], np.float32)
    moved = resampled(values, Affine.translation(2.25, 0.5), 1, (1.0, 1.0))
    np.testing.assert_allclose(moved, [[[0.75 * 24 + 0.25 * 80]]])


@pytest.mark.parametrize("col", [-300.0, -1.1, 3.9, 900.0])
def test_nothing_beyond_the_values(col: float) -> None:
    """Where a pixel of the kernel is missing; `WarpedBlocks` reads so wide that those have no part in a picture."""
    values = np.full((1, 4, 4), 7, np.float32)
    assert resampled(values, Affine.translation(col, 1), 1, (1.0, 1.0))[0, 0, 0] == 0


def test_an_affine_way_is_found_and_a_bent_one_is_not() -> None:
    cols, rows = np.meshgrid(np.linspace(0, 256, 5), np.linspace(0, 256, 5))
    way = Affine(1.2, -0.02, 2000.5, 0.02, 0.98, -300.25)
    found = affine_to(*apply_affine(way, cols, rows), 256, 0.02)
    assert found is not None
    assert found.almost_equals(way, 1e-9)
    bent = cols + 0.05 * np.sin(rows / 128 * np.pi / 2), rows
    assert affine_to(*bent, 256, 0.02) is None
    assert affine_to(cols, np.full_like(rows, np.nan), 256, 0.02) is None


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        pytest.param("EPSG:4326", north_up(DEGREE, 15.0, 45.0), id="degrees"),
        pytest.param("EPSG:4326", Affine(2 * DEGREE, 0, 17.9, 0, -DEGREE, 60.2), id="where meridians lean most"),
        pytest.param("EPSG:3857", north_up(0.6, 1_669_792, 8_399_738), id="Web-Mercator at 60 degrees"),
        pytest.param("EPSG:32633", Affine(0.26, 0.15, 500_000, 0.15, -0.26, 5_000_000), id="rotated"),
    ],
)
@pytest.mark.parametrize("hole", [False, True], ids=["all there", "nodata and the raster's edges"])
def test_a_raster_reads_as_gdal_warps_it(
    tmp_path: Path, crs: str, transform: Affine, hole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = noise(3, 300, 340)
    pixels[pixels == 0] = 1
    if hole:
        pixels[:, 90:180, 60:200] = 0
    source = write_raster(tmp_path / "in.tif", pixels, crs=crs, transform=transform, nodata=0 if hole else None)
    warped = []
    original = warp.WarpedBlocks._warped
    monkeypatch.setattr(warp.WarpedBlocks, "_warped", lambda *block: warped.append(block) or original(*block))
    read = []
    for most_taps in (gathered.MOST_TAPS, 0):
        assert not warped, "none of these needs GDAL's warp until it is asked for"
        monkeypatch.setattr(gathered, "MOST_TAPS", most_taps)
        with open_raster(source, gsd_m=0.3) as reader:
            read.append(reader.read(0, 0, *reader.grid.shape))
    assert warped
    (mine, mine_there), (gdals, gdals_there) = read
    both = mine_there & gdals_there
    assert (mine_there == gdals_there).mean() > 0.999, "half a kernel, to the digits of a float"
    assert 0.3 < both.mean() < 1
    difference = np.abs(mine[:, both].astype(int) - gdals[:, both])
    assert difference.max() <= 2, "GDAL places pixels to 0.02 px, of noise of 0 to 255"
    assert (difference <= 1).mean() > 0.9999
