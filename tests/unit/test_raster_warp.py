"""Reading a raster on another grid than its own: values, places, and independence of the window."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasters import EAST, NORTH, UTM, noise, north_up, write_raster

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import RasterReader, open_raster, warp
from building_footprints_plugin.engine.raster.georeference import apply_affine, convert, georeference
from building_footprints_plugin.engine.raster.grid import pixel_size_m

# rasterio says so of the arrays it warps when two threads do; the engine itself has a filter, which pytest removes.
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

DEGREE = 0.3 / 111_320

PLACES: dict[str, tuple[str, Affine]] = {
    "finer": (UTM, north_up(0.2)),
    "coarser": (UTM, north_up(0.5)),
    "degrees": ("EPSG:4326", north_up(DEGREE, 15.0, 45.0)),
    "degrees, southern hemisphere": ("EPSG:4326", north_up(DEGREE, 36.8, -1.3)),
    "degrees, 60 north": ("EPSG:4326", Affine(2 * DEGREE, 0, 24.9, 0, -DEGREE, 60.2)),
    "Web-Mercator at 60 degrees": ("EPSG:3857", north_up(0.6, 1_669_792, 8_399_738)),
    "feet": ("EPSG:2263", north_up(1.0, 990_000, 200_000)),
    "ED50: no datum shift": ("EPSG:4230", north_up(DEGREE, 10.0, 52.0)),
    "OSGB36": ("EPSG:4277", north_up(DEGREE, -1.0, 52.0)),
    "NAD27": ("EPSG:4267", north_up(DEGREE, -97.7, 30.3)),
    "grads from Paris": ("EPSG:4807", north_up(DEGREE, 2.5, 52.0)),
    "compound": ("EPSG:4326+5773", north_up(DEGREE, 15.0, 45.0)),
    "longitudes of 0..360": ("EPSG:4326", north_up(DEGREE, 190.0, 1.3)),
    "across the date line": ("EPSG:4326", north_up(DEGREE, 179.9998, -17.0)),
    "across the date line, from the west": ("EPSG:4326", north_up(DEGREE, -180.0002, -17.0)),
    "rotated": (UTM, Affine(0.26, 0.15, EAST, 0.15, -0.26, NORTH)),
    "sheared": (UTM, Affine(0.3, 0.06, EAST, 0, -0.3, NORTH)),
    "south-up": (UTM, Affine(0.3, 0, EAST, 0, 0.3, NORTH)),
    "rows and columns swapped": (UTM, Affine(0, -0.3, EAST, -0.3, 0, NORTH)),
    "rotated degrees": ("EPSG:4326", Affine(2.6e-6, 1.5e-6, 15, 1.5e-6, -2.6e-6, 45)),
}


def read_all(reader: RasterReader) -> tuple[np.ndarray, np.ndarray]:
    return reader.read(0, 0, *reader.grid.shape)


def centroid(pixels: np.ndarray) -> tuple[float, float]:
    """Return the (col, row) of the centre of what is bright."""
    rows, cols = np.indices(pixels.shape) + 0.5
    return float((cols * pixels).sum() / pixels.sum()), float((rows * pixels).sum() / pixels.sum())


def to_source_pixels(reader: RasterReader, transform: Affine, col: float, row: float) -> tuple[float, float]:
    """Return where a point of the grid lies in the raster, by way of the footprints' own conversion."""
    (moved,) = reader.footprint_to_layer(np.array([shapely.Point(apply_affine(reader.grid.transform, col, row))]))
    return apply_affine(~transform, moved.x, moved.y)


@pytest.mark.parametrize("name", PLACES)
def test_a_bright_roof_comes_out_where_it_lies(tmp_path: Path, name: str) -> None:
    crs, transform = PLACES[name]
    roof = np.zeros((3, 140, 200), np.uint8)
    roof[:, 60:91, 90:141] = 255  # its centre is at column 115.5, row 75.5
    with open_raster(write_raster(tmp_path / "in.tif", roof, crs=crs, transform=transform), gsd_m=0.3) as reader:
        pixels, valid = read_all(reader)
        col, row = to_source_pixels(reader, transform, *centroid(pixels[0].astype(float)))
    assert (col, row) == pytest.approx((115.5, 75.5), abs=0.06)  # pixels: the warp is exact to 0.02
    assert valid.any()


def test_control_points(tmp_path: Path) -> None:
    transform = Affine(2.6e-6, 1.5e-6, 15, 1.5e-6, -2.6e-6, 45)
    corners = [(0, 0), (0, 200), (140, 0), (140, 200), (70, 100)]
    points = [GroundControlPoint(row, col, *apply_affine(transform, col, row)) for row, col in corners]
    roof = np.zeros((3, 140, 200), np.uint8)
    roof[:, 60:91, 90:141] = 255
    path = tmp_path / "in.tif"
    write_raster(path, roof, crs=None, transform=Affine.identity())
    with rasterio.open(path, "r+") as dataset:
        dataset.gcps = (points, CRS.from_epsg(4326))
    with open_raster(path, gsd_m=0.3) as reader:
        assert reader.crs == CRS.from_epsg(4326)
        pixels, _ = read_all(reader)
        col, row = to_source_pixels(reader, transform, *centroid(pixels[0].astype(float)))
    assert (col, row) == pytest.approx((115.5, 75.5), abs=0.06)


@pytest.mark.parametrize("name", PLACES)
def test_whole_equals_pieces(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    crs, transform = PLACES[name]
    source = write_raster(tmp_path / "in.tif", noise(3, 400, 500), crs=crs, transform=transform)
    with open_raster(source, gsd_m=0.3) as reader:
        whole, valid = read_all(reader)
    monkeypatch.setattr(warp, "CACHE_BYTES", 2**20)  # the blocks of a piece are gone when the next piece wants them
    with open_raster(source, gsd_m=0.3) as reader:
        height, width = reader.grid.shape
        for row in range(-10, height, 173):
            for col in range(width, -10, -191):
                pixels, there = reader.read(row, col, 180, 200)
                inside = np.s_[max(row, 0) : row + 180, col : col + 200]
                shown = np.s_[max(0, -row) : height - row, 0 : width - col]
                assert (pixels[(slice(None), *shown)] == whole[(slice(None), *inside)]).all()
                assert (there[shown] == valid[inside]).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (3, 2), (600, 30), (30, 600)])
@pytest.mark.parametrize("name", ["finer", "coarser", "degrees", "rotated"])
def test_wide_tall_and_tiny(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    crs, transform = PLACES[name]
    pixels = np.full((3, *size), 99, np.uint8)
    with open_raster(write_raster(tmp_path / "in.tif", pixels, crs=crs, transform=transform), gsd_m=0.3) as reader:
        got, valid = read_all(reader)
        row_m, column_m = pixel_size_m(georeference(reader._dataset), *size)
    assert (got[:, valid] == 99).all()
    ground_m2, found_m2 = size[0] * size[1] * row_m * column_m, valid.sum() * 0.09
    border_m = 2 * (size[0] * column_m + size[1] * row_m)
    assert abs(found_m2 - ground_m2) < 0.3 * border_m, "wrong by less than a pixel along the border"


def test_readers_in_several_threads(tmp_path: Path) -> None:
    crs, transform = PLACES["degrees"]
    source = write_raster(tmp_path / "in.tif", noise(3, 600, 600), crs=crs, transform=transform, tiled=True)

    def read(_: int) -> np.ndarray:
        with open_raster(source, gsd_m=0.3) as reader:
            return read_all(reader)[0]

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(read, range(8))
    assert all((first == other).all() for other in others)


def test_threads_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crs, transform = PLACES["degrees"]
    source = write_raster(tmp_path / "in.tif", noise(3, 900, 900), crs=crs, transform=transform, tiled=True)
    read = []
    for workers in (1, 4):
        monkeypatch.setattr(warp, "WORKERS", workers)
        with open_raster(source, gsd_m=0.3) as reader:
            read.append(read_all(reader))
    assert (read[0][0] == read[1][0]).all()
    assert (read[0][1] == read[1][1]).all()


def test_a_failure_in_a_thread_reaches_the_caller(tmp_path: Path) -> None:
    crs, transform = PLACES["degrees"]
    path = Path(write_raster(tmp_path / "in.tif", noise(3, 900, 900), crs=crs, transform=transform, tiled=True))
    with open_raster(path, gsd_m=0.3) as reader:
        reader._dataset.close()
        with pytest.raises(BadInput, match="could not be read"):
            read_all(reader)


def test_a_checkerboard_finer_than_the_grid_becomes_grey(tmp_path: Path) -> None:
    # The kernel must widen when the raster is finer: point sampling would return 0 and 255 again.
    board = (np.indices((300, 300)).sum(axis=0) % 2 * 255).astype(np.uint8)
    source = write_raster(tmp_path / "in.tif", np.stack([board] * 3), transform=north_up(0.1))
    with open_raster(source, gsd_m=0.3) as reader:
        pixels, _ = read_all(reader)
    inner = pixels[:, 1:-1, 1:-1]
    assert inner.min() >= 124
    assert inner.max() <= 131


@pytest.mark.parametrize("pixel", [0.3, 0.2, 0.1, 0.05, 0.02, 0.6, 1.0])
@pytest.mark.parametrize("crs", [UTM, "EPSG:4326"])
def test_a_constant_stays_constant_at_every_ratio(tmp_path: Path, pixel: float, crs: str) -> None:
    side = max(20, int(12 / pixel))
    transform = north_up(pixel) if crs == UTM else north_up(pixel * DEGREE / 0.3, 15, 45)
    source = write_raster(tmp_path / "in.tif", np.full((3, side, side), 77, np.uint8), crs=crs, transform=transform)
    with open_raster(source, gsd_m=0.3) as reader:
        pixels, valid = read_all(reader)
    assert set(np.unique(pixels)) <= {0, 77}
    assert (pixels[:, valid] == 77).all()
    assert valid[2:-2, 2:-2].all()


def test_mean_brightness_survives_downsampling(tmp_path: Path) -> None:
    pixels = noise(3, 600, 600)
    with open_raster(write_raster(tmp_path / "in.tif", pixels, transform=north_up(0.1)), gsd_m=0.3) as reader:
        got, _ = read_all(reader)
    assert got.mean() == pytest.approx(pixels.mean(), abs=0.5)


def test_overviews_change_nothing(tmp_path: Path) -> None:
    pixels = noise(3, 600, 700)
    place: dict[str, Any] = {"transform": north_up(0.1), "tiled": True}
    read = []
    for name, overviews in (("plain.tif", ()), ("overviews.tif", (2, 4))):
        with open_raster(write_raster(tmp_path / name, pixels, overviews=overviews, **place), gsd_m=0.3) as reader:
            read.append(read_all(reader)[0])
    assert (read[0] == read[1]).all()


def test_results_do_not_depend_on_an_extent(tmp_path: Path) -> None:
    # The grid is anchored on the raster: a window of an extent holds the same pixels as the whole.
    crs, transform = PLACES["degrees"]
    source = write_raster(tmp_path / "in.tif", noise(3, 300, 300), crs=crs, transform=transform)
    with open_raster(source, gsd_m=0.3) as reader:
        whole, _ = read_all(reader)
        row, col, height, width = reader.window((15.0001, 44.9995, 15.0005, 44.9998))
        assert (reader.read(row, col, height, width)[0] == whole[:, row : row + height, col : col + width]).all()
    assert row > 50
    assert 80 < height < 150


@pytest.mark.parametrize("name", PLACES)
def test_footprint_round_trip_below_a_centimetre(tmp_path: Path, name: str) -> None:
    crs, transform = PLACES[name]
    source = write_raster(tmp_path / "in.tif", noise(3, 60, 80), crs=crs, transform=transform)
    with open_raster(source, gsd_m=0.3) as reader:
        left, top = reader.grid.transform.c, reader.grid.transform.f
        hole = shapely.box(left + 4, top - 8, left + 6, top - 6)
        shapes = np.array([shapely.box(left + 1, top - 11, left + 9, top - 3).difference(hole)] * 3)
        layer = reader.footprint_to_layer(shapes)
        assert len(layer) == 3
        assert len(layer[0].interiors) == 1
        assert shapely.bounds(layer[0]) == pytest.approx(shapely.bounds(layer[2]))
        points = shapely.get_coordinates(layer[0])
        back = np.column_stack(convert(CRS.from_user_input(crs), reader.grid.crs, *points.T))
        assert np.abs(back - shapely.get_coordinates(shapes[0])).max() < 0.001  # metres
        assert reader.footprint_to_layer(shapes[:0]).shape == (0,)


def test_extent_of_a_warped_layer_covers_the_grid(tmp_path: Path) -> None:
    crs, transform = PLACES["degrees"]
    source = write_raster(tmp_path / "in.tif", noise(3, 60, 80), crs=crs, transform=transform)
    with open_raster(source, gsd_m=0.3) as reader:
        assert reader.window(reader.bounds) == (0, 0, *reader.grid.shape)
        assert reader.window((-180, -90, 180, 90)) == (0, 0, *reader.grid.shape), "an extent of the whole world"


def test_16_bit_is_stretched_after_the_warp_as_before_it(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.arange(400, dtype=np.uint16) * 7 + 300, (3, 200, 400))
    with open_raster(write_raster(tmp_path / "own.tif", ramp), gsd_m=0.3) as reader:
        own, _ = read_all(reader)
    with open_raster(write_raster(tmp_path / "fine.tif", ramp, transform=north_up(0.15)), gsd_m=0.3) as reader:
        fine, _ = read_all(reader)
    assert np.abs(fine[:, 5:-5, 5:-5].astype(int) - own[:, 10:-10:2, 10:-10:2]).max() <= 1


def test_memory_of_kept_blocks_is_bounded(tmp_path: Path) -> None:
    source = write_raster(tmp_path / "in.tif", noise(3, 2000, 2000), transform=north_up(0.15))
    with open_raster(source, gsd_m=0.3) as reader:
        blocks = reader._read_inside.__self__  # type: ignore[attr-defined]
        read_all(reader)
        kept = [values for block in blocks._kept._kept.values() for values in block]
    assert 0 < sum(values.nbytes for values in kept) <= warp.CACHE_BYTES
