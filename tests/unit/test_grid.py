"""Which metric grid a raster gets."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from rasters import EAST, NORTH, UTM, north_up, write_raster

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster.georeference import LON_LAT, apply_affine, convert, datum_wkt, ground_m
from building_footprints_plugin.engine.raster.grid import Grid, is_true_to_scale, metric_grid, utm_at

DEGREE = 0.3 / 111_320  # about 0.3 m of latitude


def grid_of(
    path: Path, transform: Affine, crs: str = UTM, *, size: tuple[int, int] = (40, 60), gsd_m: float = 0.3
) -> Grid:
    source = write_raster(path / "in.tif", np.zeros((1, *size), np.uint8), crs=crs, transform=transform)
    with rasterio.open(source) as dataset:
        return metric_grid(dataset, gsd_m)


@pytest.mark.parametrize(
    ("pixel", "gsd_m", "own", "why"),
    [
        (0.3, 0.3, True, "the model's own resolution"),
        (0.31, 0.3, True, "3 % off: not worth a resampling"),
        (0.2855, 0.3, True, "just within 5 %"),
        (0.32, 0.3, False, "7 % off"),
        (0.15, 0.3, False, "twice as fine"),
        (0.6, 0.3, False, "twice as coarse"),
    ],
)
def test_own_grid_only_within_5_percent(tmp_path: Path, pixel: float, gsd_m: float, own: bool, why: str) -> None:
    grid = grid_of(tmp_path, north_up(pixel), gsd_m=gsd_m)
    assert (grid.transform == north_up(pixel) and grid.shape == (40, 60)) is own, why
    assert grid.pixel_m == pytest.approx(pixel if own else gsd_m)
    assert grid.crs == CRS.from_user_input(UTM)


@pytest.mark.parametrize(
    ("crs", "x", "y", "pixel", "epsg", "why"),
    [
        ("EPSG:32633", EAST, NORTH, 0.15, 32633, "metric: kept"),
        ("EPSG:3067", 400_000, 7_000_000, 0.15, 3067, "national, metric and true: kept"),
        ("EPSG:2056", 2_600_000, 1_200_000, 0.15, 2056, "national, metric and true: kept"),
        ("EPSG:4326", 36.8, -1.3, DEGREE, 32737, "degrees, south of the equator"),
        ("EPSG:4326", 36.8, 1.3, DEGREE, 32637, "degrees, north of the equator"),
        ("EPSG:4326", 190.0, 1.3, DEGREE, 32602, "longitudes of 0..360"),
        ("EPSG:4326", -179.9, -17.0, DEGREE, 32701, "just east of the date line"),
        ("EPSG:3857", 4_000_000, 8_400_000, 0.6, 32636, "Web-Mercator, twice too long at 60 degrees"),
        ("EPSG:3395", 4_000_000, 8_400_000, 0.6, 32636, "World Mercator, likewise"),
        ("EPSG:4087", 1_000_000, 6_000_000, 0.3, 32632, "plate carree in metres: metres along columns only"),
        ("EPSG:2263", 990_000, 200_000, 1.0, 26918, "US feet"),
        ("EPSG:4230", 10.0, 52.0, DEGREE, 23032, "UTM on the layer's own datum, ED50: no datum shift"),
        ("EPSG:4979", 10.0, 50.0, DEGREE, 32632, "3D degrees"),
    ],
)
def test_target_crs(tmp_path: Path, crs: str, x: float, y: float, pixel: float, epsg: int, why: str) -> None:
    grid = grid_of(tmp_path, north_up(pixel, x, y), crs)
    assert grid.crs == CRS.from_epsg(epsg), why
    middle = apply_affine(grid.transform, grid.width / 2, grid.height / 2)
    assert ground_m(grid.crs, middle, [(grid.pixel_m, 0), (0, -grid.pixel_m)]) == pytest.approx([0.3, 0.3], rel=0.01)


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:4326", "EPSG:3857", "EPSG:2263", "EPSG:4807"])
def test_grid_covers_the_whole_raster_and_no_more_than_needed(tmp_path: Path, crs: str) -> None:
    at = {"EPSG:32633": (EAST, NORTH, 0.2), "EPSG:4326": (15.0, 60.0, DEGREE), "EPSG:3857": (1.7e6, 8.4e6, 0.6)}
    at |= {"EPSG:2263": (990_000, 200_000, 1.0), "EPSG:4807": (2.5, 52.0, DEGREE)}  # Paris meridian, in grads
    left, top, pixel = at[crs]
    grid = grid_of(tmp_path, north_up(pixel, left, top), crs, size=(300, 500))
    xs = left + pixel * np.array([0, 500, 0, 500, 250])
    ys = top - pixel * np.array([0, 0, 300, 300, 0])
    cols, rows = apply_affine(~grid.transform, *convert(CRS.from_user_input(crs), grid.crs, xs, ys))
    assert min(cols) == pytest.approx(0, abs=1e-3)
    assert min(rows) == pytest.approx(0, abs=1e-3)
    assert 0 <= grid.width - max(cols) < 1.001
    assert 0 <= grid.height - max(rows) < 1.001


def test_web_mercator_at_60_degrees_has_metric_pixels(tmp_path: Path) -> None:
    # 1000 x 2000 pixels of 0.6 units are 0.6 * cos(60 deg) = 0.3 m, times the ellipsoid's 1.0025 and less.
    grid = grid_of(tmp_path, north_up(0.6, 1_669_792, 8_399_738), "EPSG:3857", size=(1000, 2000))
    assert grid.crs == CRS.from_epsg(32633)
    assert grid.width == pytest.approx(2000, rel=0.01)
    assert grid.height == pytest.approx(1000, rel=0.01)


@pytest.mark.parametrize(
    ("transform", "why"),
    [
        (Affine(0.28, 0.1, EAST, 0.1, -0.28, NORTH), "rotated"),
        (Affine(0.3, 0.05, EAST, 0, -0.3, NORTH), "sheared"),
        (Affine(0.3, 0, EAST, 0, 0.3, NORTH), "south-up"),
        (Affine(-0.3, 0, EAST, 0, -0.3, NORTH), "west-right"),
        (Affine(0.3, 0, EAST, 0, -0.25, NORTH), "pixels that are no squares"),
        (Affine(0, -0.3, EAST, -0.3, 0, NORTH), "rows and columns swapped"),
    ],
)
def test_other_than_square_north_up_is_warped_north_up(tmp_path: Path, transform: Affine, why: str) -> None:
    grid = grid_of(tmp_path, transform)
    a, b, left, d, e, top = grid.transform[:6]
    assert (a, b, d, e) == (0.3, 0, 0, -0.3), why
    xs, ys = apply_affine(transform, np.array([0, 60, 0, 60]), np.array([0, 0, 40, 40]))
    assert (left, top) == pytest.approx((xs.min(), ys.max()))
    assert grid.width == math.ceil((xs.max() - left) / 0.3 - 1e-6)


def test_ground_control_points_alone_are_enough(tmp_path: Path) -> None:
    corners = [(0, 0), (0, 60), (40, 0), (40, 60)]
    points = [GroundControlPoint(row, col, 15 + col * 4e-6, 45 - row * 3e-6) for row, col in corners]
    path = tmp_path / "gcp.tif"
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.open(path, "w", driver="GTiff", dtype="uint8", count=1, height=40, width=60) as dataset,
    ):
        dataset.gcps = (points, CRS.from_epsg(4326))
    with rasterio.open(path) as dataset:
        grid = metric_grid(dataset, 0.3)
    assert grid.crs == CRS.from_epsg(32633)
    assert grid.width * 0.3 == pytest.approx(60 * 4e-6 * 111_320 * math.cos(math.radians(45)), rel=0.02)
    assert grid.height * 0.3 == pytest.approx(40 * 3e-6 * 111_132, rel=0.02)


@pytest.mark.parametrize(
    ("crs", "transform", "message"),
    [
        (None, north_up(), r"has no CRS; give one with --crs"),
        (None, Affine.identity(), r"is a picture without georeference"),
        (UTM, Affine.identity(), r"is a picture without georeference"),
        ("EPSG:4326", north_up(DEGREE, 15, 84.5), r"latitude 84\.50; expected -84 to 84"),
        ("EPSG:4326", north_up(DEGREE, 15, -88), r"latitude -88\.00"),
        ("EPSG:4326", north_up(0.3, EAST, NORTH), r"check the raster's CRS"),
        ("EPSG:3857", north_up(2e4, -4e6, 4e6), "have no place in|spans too much"),
        ("EPSG:4326", north_up(0.1, 0, 20), "spans too much"),
        ("EPSG:3857", north_up(1e5, -2e7, 2e7), "have no place in|spans too much"),
    ],
)
def test_refused_in_one_sentence(tmp_path: Path, crs: str, transform: Affine, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        grid_of(tmp_path, transform, crs, size=(400, 400))


@pytest.mark.parametrize(
    ("crs", "x", "y", "true"),
    [
        ("EPSG:32633", 500_000, 5_000_000, True),
        ("EPSG:3857", 0, 0, True),  # true at the equator
        ("EPSG:3857", 0, 1_700_000, False),  # 15 degrees: 3.5 % too long
        ("EPSG:4326", 0, 0, False),
        ("EPSG:2263", 990_000, 200_000, False),
        ("EPSG:3035", 4_321_000, 3_210_000, True),  # equal-area, at its centre
        ("EPSG:3035", 2_000_000, 1_500_000, False),  # the same CRS, far from it
    ],
)
def test_true_to_scale_is_measured(crs: str, x: float, y: float, true: bool) -> None:
    assert is_true_to_scale(CRS.from_user_input(crs), x, y) is true


def test_ground_length_of_a_degree() -> None:
    # One arc second at the equator and at 45 degrees (WGS 84: 30.9221, 30.7150 and 21.9018, 30.8699 m).
    assert ground_m(LON_LAT, (0, 0), [(1 / 3600, 0), (0, 1 / 3600)]) == pytest.approx([30.9222, 30.7151], abs=2e-3)
    assert ground_m(LON_LAT, (9, 45), [(1 / 3600, 0), (0, 1 / 3600)]) == pytest.approx([21.9018, 30.8699], abs=2e-3)


@pytest.mark.parametrize("epsg", [4230, 4277, 4314, 4301, 4807, 31467, 2263])
def test_utm_on_the_layers_own_datum(epsg: int) -> None:
    crs = CRS.from_epsg(epsg)
    lon, lat = {4277: (-1, 52), 4301: (139, 35), 4807: (2, 50), 2263: (-74, 40.7)}.get(epsg, (10, 51))
    (x,), (y,) = convert(LON_LAT, crs, np.array([lon]), np.array([lat]))
    target = utm_at(crs, float(x), float(y))
    assert datum_wkt(target) == datum_wkt(crs)
