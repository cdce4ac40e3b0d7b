"""Rasters of odd sizes, types, pixels and places, each through the whole of `extract`.

The pictures show houses of 12 x 9 m, and the stand-in network knows them: whatever the raster is like, the same
houses come out where they stand, or one sentence says why not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.warp import transform as move
from rasters import EAST, NORTH, UTM, north_up, write_raster
from towns import PIXEL, Listener, house, knows_the_answer

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.options import PolygonizeOptions, SegmentOptions
from building_footprints_plugin.engine.raster import apply_affine
from building_footprints_plugin.engine.vector import Layer, read_layer

ANY_SIZE = PolygonizeOptions(regularize="none", min_area_m2=0.0)
HOUSE_M2 = 12 * 9
DEGREE_M = 111_320.0  # of longitude at the equator, within 1 % of latitude anywhere

Pixels = NDArray[Any]


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    knows_the_answer(monkeypatch)


def run(folder: Path, raster: str, segment: SegmentOptions | None = None, crs: str | None = None) -> tuple[Layer, str]:
    """Extract, and return the footprints with all warnings as one text."""
    listener, output = Listener(), folder / "out.gpkg"
    model = Model(Path("unused"), segment or SegmentOptions(tile_px=128, overlap_px=32))
    figures = extract(Source(raster, crs=crs), Target(output), model, ANY_SIZE, listener)
    layer = read_layer(output)
    assert figures["count"] == len(layer)
    return layer, " ".join(listener.warnings)


def two_houses(height: int = 83, width: int = 131) -> Pixels:
    """Return bands (3, 83, 131): primes, so no tile or block is a divisor; houses at (20, 10) and (33, 85) px."""
    pixels = np.zeros((3, height, width), np.uint8)
    house(pixels, 20, 10, 30, 40)
    house(pixels, 33, 85, 30, 40)
    return pixels


def corner_px(layer: Layer, to_px: Affine) -> list[tuple[int, int]]:
    """Return the least (row, col) of each footprint, in pixels of the raster, sorted."""
    moved = shapely.transform(layer.geometry, lambda xy: np.column_stack(apply_affine(to_px, *xy.T)))
    return sorted((round(box[1]), round(box[0])) for box in shapely.bounds(moved))


HOUSES = [(20, 10), (33, 85)]


@dataclass(frozen=True)
class Values:
    """How the two houses are stored: pixels made of the 8-bit ones, with a profile; what is said; which bands."""

    make: Callable[[Pixels], Pixels]
    profile: dict[str, Any] = field(default_factory=dict)
    says: str = ""
    bands: tuple[int, ...] | None = None


def thirteen(pixels: Pixels) -> Pixels:
    """Bands 4, 3, 2 show the houses, as in Sentinel-2; the others show something else."""
    other = np.random.default_rng(0).integers(0, 3000, (13, *pixels.shape[1:])).astype(np.uint16)
    other[[3, 2, 1]] = pixels.astype(np.uint16) * 12 + 100  # zeros would be a collar
    return other


def with_holes(pixels: Pixels) -> Pixels:
    """NaN and both infinities on the bare ground between the houses."""
    values = pixels.astype(np.float64) / 255 - 0.5
    values[:, 0:5, 60:70], values[0, 70:75, 60:70], values[2, 10:12, 60] = np.nan, np.inf, -np.inf
    return values


VALUES = [
    pytest.param(Values(lambda p: p), id="8 bit, 131 x 83: no multiple of anything"),
    pytest.param(Values(thirteen, bands=(4, 3, 2)), id="13 bands"),
    pytest.param(Values(lambda p: p[:1] // 230, {"nbits": 1}), id="1 bit"),
    pytest.param(Values(lambda p: p.astype(np.int16) * 20 - 4000), id="Int16 from -4000"),
    pytest.param(Values(with_holes), id="Float64 with NaN and inf"),
    pytest.param(Values(lambda p: (p + np.float32(1)) * np.float32(1e30)), id="Float32 of 2e32"),
    pytest.param(Values(lambda p: (p + np.uint32(1)) * 2**23), id="UInt32 up to 2^31"),
    pytest.param(Values(lambda p: p, {"interleave": "band", "blockysize": 1}), id="blocks of one row"),
]


@pytest.mark.parametrize("values", VALUES)
def test_values_of_any_type(tmp_path: Path, values: Values) -> None:
    raster = write_raster(tmp_path / "in.tif", values.make(two_houses()), **values.profile)
    segment = SegmentOptions(tile_px=64, overlap_px=17, bands=values.bands)
    layer, said = run(tmp_path, raster, segment)
    assert corner_px(layer, ~north_up()) == HOUSES
    assert shapely.area(layer.geometry) == pytest.approx([HOUSE_M2] * 2)
    assert values.says in said
    assert bool(values.says) == bool(said)


def test_a_palette_is_its_colours(tmp_path: Path) -> None:
    index = (two_houses()[:1] > 0).astype(np.uint8) * 7
    raster = write_raster(tmp_path / "in.tif", index, photometric="palette")
    with rasterio.open(raster, "r+") as dataset:
        dataset.write_colormap(1, {0: (0, 0, 0, 255), 7: (240, 240, 0, 255)})
    layer, _ = run(tmp_path, raster)
    assert corner_px(layer, ~north_up()) == HOUSES


@pytest.mark.parametrize("shape", [(1, 1), (1, 50_000), (50_000, 1), (2, 3)])
def test_one_roof_over_a_raster_of_any_shape(tmp_path: Path, shape: tuple[int, int]) -> None:
    layer, _ = run(tmp_path, write_raster(tmp_path / "in.tif", np.full((3, *shape), 230, np.uint8)))
    box = shapely.box(EAST, NORTH - shape[0] * PIXEL, EAST + shape[1] * PIXEL, NORTH)
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(layer.geometry), box)) < 1e-3


def test_pixels_of_a_centimetre(tmp_path: Path) -> None:
    """A house of 3 x 2.4 m in 300 x 240 px, read at 0.3 m as 10 x 8 px."""
    pixels = np.zeros((3, 700, 900), np.uint8)
    pixels[:, 120:360, 150:450] = 240
    layer, said = run(tmp_path, write_raster(tmp_path / "in.tif", pixels, transform=north_up(0.01)))
    assert "0.01 m per pixel; the weights expect about 0.3 m, and it is read at that" in said
    truth = shapely.box(EAST + 1.5, NORTH - 3.6, EAST + 4.5, NORTH - 1.2)
    assert shapely.area(layer.geometry).tolist() == [pytest.approx(7.2, rel=0.05)]
    assert shapely.area(shapely.intersection(layer.geometry[0], truth)) > 6.8


def test_pixels_of_ten_metres(tmp_path: Path) -> None:
    """A hall of 60 x 40 m in 6 x 4 px: found, and the user is told what to think of it."""
    pixels = np.zeros((3, 20, 30), np.uint8)
    pixels[:, 5:9, 10:16] = 240
    layer, said = run(tmp_path, write_raster(tmp_path / "in.tif", pixels, transform=north_up(10.0)))
    assert "10 m per pixel; the weights expect about 0.3 m: footprints will be poor" in said
    assert shapely.area(layer.geometry).tolist() == [pytest.approx(2400, rel=0.05)]


def degrees(lon: float, lat: float) -> Affine:
    """Return pixels of about 0.3 x 0.3 m in degrees whose upper left corner lies at (lon, lat)."""
    return Affine(PIXEL / DEGREE_M / np.cos(np.radians(lat)), 0, lon, 0, -PIXEL / DEGREE_M, lat)


def south_up() -> Affine:
    return Affine(PIXEL, 0, EAST, 0, PIXEL, NORTH)


PLACES = [
    pytest.param("EPSG:32734", north_up(top=6_250_000.0), id="southern hemisphere in UTM"),
    pytest.param("EPSG:4326", degrees(18.4, -33.9), id="southern hemisphere in degrees"),
    pytest.param("EPSG:4326", degrees(9.0, 0.0001), id="across the equator"),
    pytest.param("EPSG:4326", degrees(179.9998, -16.5), id="across the date line, from 180 on"),
    pytest.param("EPSG:4326", degrees(-180.0002, -16.5), id="across the date line, from -180 back"),
    pytest.param("EPSG:4326", degrees(359.9998, 51.5), id="longitudes from 0 to 360"),
    pytest.param(UTM, south_up(), id="south-up"),
    pytest.param(UTM, Affine(0, PIXEL, EAST, PIXEL, 0, NORTH), id="rows run north, columns run east"),
    pytest.param("EPSG:32661", north_up(left=2_000_000.0, top=2_000_100.0), id="the pole in its own metres"),
]


@pytest.mark.parametrize(("crs", "transform"), PLACES)
def test_places_all_over_the_earth(tmp_path: Path, crs: str, transform: Affine) -> None:
    """The houses come back in the layer's own CRS and, within the 0.2 px of resampling, where they stand."""
    layer, said = run(tmp_path, write_raster(tmp_path / "in.tif", two_houses(), crs=crs, transform=transform))
    assert corner_px(layer, ~transform) == HOUSES
    in_px = shapely.transform(layer.geometry, lambda xy: np.column_stack(apply_affine(~transform, *xy.T)))
    assert shapely.area(in_px) == pytest.approx([1200] * 2, rel=0.04)
    np.testing.assert_allclose(layer.fields["area_m2"], HOUSE_M2, rtol=0.04)
    assert said == ""


def test_control_points_only(tmp_path: Path) -> None:
    points = [
        GroundControlPoint(row, col, EAST + PIXEL * col, NORTH - PIXEL * row) for row in (0, 83) for col in (0, 131)
    ]
    raster = write_raster(tmp_path / "in.tif", two_houses(), crs=None, transform=Affine.identity())
    with rasterio.open(raster, "r+") as dataset:
        dataset.gcps = (points, rasterio.crs.CRS.from_user_input(UTM))
    layer, _ = run(tmp_path, raster)
    assert corner_px(layer, ~north_up()) == HOUSES


def test_no_crs_until_one_is_given(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "in.tif", two_houses(), crs=None)
    with pytest.raises(BadInput, match=r"in\.tif has no CRS; give one with --crs"):
        run(tmp_path, raster)
    assert not (tmp_path / "out.gpkg").exists()
    layer, _ = run(tmp_path, raster, crs=UTM)
    assert corner_px(layer, ~north_up()) == HOUSES


(POLAR_X,), (POLAR_Y,) = move("EPSG:4326", "EPSG:3413", [20.0], [88.0])
REFUSED = [
    pytest.param("EPSG:4326", degrees(10.0, 89.9), "latitude 89.90; expected -84 to 84", id="north pole"),
    pytest.param("EPSG:4326", degrees(10.0, -89.9), "latitude -89.90; expected -84 to 84", id="south pole"),
    pytest.param("EPSG:3413", north_up(0.3, POLAR_X, POLAR_Y), "latitude 88", id="polar metres that are 3 % off"),
    pytest.param("EPSG:4326", north_up(0.1, 0.0, 95.0), "nowhere in EPSG:4326", id="latitude 91"),
    pytest.param("EPSG:4326", north_up(1.0, -60.0, 40.0), "too coarse|too much of the Earth", id="half of the Earth"),
    pytest.param(UTM, north_up(0.0001), "expected at least 1 mm", id="pixels of a tenth of a millimetre"),
    pytest.param(UTM, Affine(PIXEL, 1e20, EAST, 0, -PIXEL, NORTH), "nowhere on the Earth", id="sheared by 1e20"),
    pytest.param(UTM, Affine(0, 0, EAST, 0, 0, NORTH), "pixels of no size", id="pixels of no size"),
]


@pytest.mark.parametrize(("crs", "transform", "sentence"), REFUSED)
def test_places_that_cannot_be(tmp_path: Path, crs: str, transform: Affine, sentence: str) -> None:
    raster = write_raster(tmp_path / "in.tif", two_houses(), crs=crs, transform=transform)
    with pytest.raises(BadInput, match=sentence):
        run(tmp_path, raster)
    assert [path.name for path in tmp_path.iterdir()] == ["in.tif"]
