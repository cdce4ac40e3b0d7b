"""Rows and columns resampled one after the other: what GDAL's warp gives, which does both at once."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject

from building_footprints_plugin.engine.raster.georeference import Georeference, shifted
from building_footprints_plugin.engine.raster.grid import Grid
from building_footprints_plugin.engine.raster.separable import is_aligned, positions, resampled

UTM = CRS.from_epsg(32633)
WHOLE = Affine(0.3, 0, 500_000, 0, -0.3, 5_000_000)
GRID = Grid(UTM, WHOLE, 1000, 1000)
SIDE = 32


@pytest.mark.parametrize(
    ("across", "down"),
    [
        pytest.param(0.15, -0.15, id="half"),
        pytest.param(0.11, -0.11, id="no whole ratio"),
        pytest.param(0.25, -0.12, id="flat pixels"),
        pytest.param(0.29, -0.299, id="nearly the same: the kernel stays"),
        pytest.param(0.29, -0.28, id="wider across only a little, so both"),
        pytest.param(0.5, -0.5, id="coarser"),
        pytest.param(0.02, -0.02, id="fifteen to one"),
        pytest.param(0.13, 0.13, id="south up"),
    ],
)
def test_the_same_as_a_warp(across: float, down: float) -> None:
    height, width = (round(SIDE * 0.3 / abs(step)) + 40 for step in (down, across))
    top = 5_000_000 - 0.3 * 100 - down * 17.3 if down < 0 else 5_000_000 - 0.3 * (100 + SIDE) - down * 20.3
    place = Georeference(UTM, Affine(across, 0, 500_000 + 0.3 * 64 - across * 18.4, 0, down, top))
    values = np.random.default_rng(0).integers(0, 256, (2, height, width)).astype(np.float32)
    scale = min(1.0, across / 0.3), min(1.0, abs(down) / 0.3)
    expected = np.zeros((2, SIDE, SIDE), np.float32)
    reproject(
        values,
        expected,
        src_transform=place.transform,
        src_crs=UTM,
        dst_crs=UTM,
        dst_transform=shifted(WHOLE, 100, 64),
        resampling=Resampling.bilinear,
        XSCALE=scale[0],
        YSCALE=scale[1],
    )
    assert expected.std() > 2, "noise is still there"
    np.testing.assert_allclose(resampled(values, positions(place, GRID, 100, 64, SIDE), scale), expected, atol=0.01)


def test_by_hand() -> None:
    """Half as many pixels: the kernel of four reaches 1/8, 3/8, 3/8, 1/8 of them; beyond the values there is 0."""
    values = np.array([[[8, 16, 24, 80]]], np.float32)
    at = np.array([0.5]), np.array([2.0, 0.0, -9.0])
    np.testing.assert_allclose(resampled(values, at, (0.5, 1.0))[0, 0], [8 / 8 + 6 + 9 + 80 / 8, 3 + 2, 0])


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Georeference(UTM, WHOLE), True),
        (Georeference(CRS.from_epsg(32634), WHOLE), False),
        (Georeference(UTM, Affine(0.3, 0.01, 500_000, 0, -0.3, 5_000_000)), False),
        (Georeference(UTM, Affine(0.3, 0, 500_000, 0.01, -0.3, 5_000_000)), False),
        (Georeference(UTM, WHOLE, (GroundControlPoint(0, 0, 0, 0),)), False),
    ],
    ids=["aligned", "another zone", "sheared", "sheared the other way", "control points"],
)
def test_what_is_aligned(place: Georeference, expected: bool) -> None:
    assert is_aligned(place, GRID) is expected
