"""The probability raster: written whole or not at all, and read back, ours and anyone's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasters import EAST, NORTH, UTM, north_up, write_raster

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.raster.grid import Grid
from building_footprints_plugin.engine.raster.probability import ProbabilityWriter
from building_footprints_plugin.engine.raster.probability_reader import open_probability

GRID = Grid(CRS.from_user_input(UTM), north_up(), 700, 900)
WINDOW = (10, 20, 600, 300)


def codes_of(height: int, width: int) -> np.ndarray:
    """Return random codes 0..250, with a corner that is not there."""
    codes = np.random.default_rng(0).integers(0, 251, (2, height, width)).astype(np.uint8)
    codes[:, :9, :9] = 255
    return codes


def write_codes(path: Path, codes: np.ndarray, strip: int = 97) -> None:
    with ProbabilityWriter(path, GRID, WINDOW) as writer:
        for row in range(0, codes.shape[1], strip):
            writer.write(row, codes[:, row : row + strip])


@pytest.mark.parametrize("strip", [1, 97, 256, 600])
def test_round_trip_and_format(tmp_path: Path, strip: int) -> None:
    path, codes = tmp_path / "p.tif", codes_of(600, 300)
    write_codes(path, codes, strip)
    with rasterio.open(path) as dataset:
        assert dataset.descriptions == ("building", "interior")
        assert dataset.dtypes == ("uint8", "uint8")
        assert (dataset.scales, dataset.offsets, dataset.nodata) == ((0.004, 0.004), (0, 0), 255)
        assert dataset.block_shapes == [(256, 256)] * 2
        assert dataset.compression.value == "DEFLATE"
        assert (dataset.transform.c, dataset.transform.f) == pytest.approx((EAST + 6, NORTH - 3))
        assert (dataset.read() == codes).all()
    with open_probability(path) as reader:
        assert reader.has_interior
        assert reader.grid.shape == (600, 300)
        assert (reader.read(0, 0, 600, 300) == codes).all()
        beyond = reader.read(590, -5, 20, 10)
    assert (beyond[:, :10, 5:] == codes[:, 590:, :5]).all()
    assert (beyond[:, 10:] == 255).all()
    assert (beyond[:, :, :5] == 255).all()
    assert os.listdir(tmp_path) == ["p.tif"]


def test_a_tile_is_stored_once_whatever_the_strips(tmp_path: Path) -> None:
    codes = codes_of(600, 300)
    sizes = []
    for strip in (37, 600):
        write_codes(tmp_path / f"{strip}.tif", codes, strip)
        sizes.append((tmp_path / f"{strip}.tif").stat().st_size)
    assert sizes[0] == sizes[1]


def test_nothing_appears_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "p.tif"
    with ProbabilityWriter(path, GRID, WINDOW) as writer:
        writer.write(0, codes_of(600, 300))
        assert not path.exists()
        assert all(name.startswith(".") for name in os.listdir(tmp_path))
    assert path.exists()


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "p.tif"
    path.write_bytes(b"from an earlier run")

    def interrupted() -> None:
        with ProbabilityWriter(path, GRID, WINDOW) as writer:
            writer.write(0, codes_of(300, 300))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"from an earlier run"
    assert os.listdir(tmp_path) == ["p.tif"]


@pytest.mark.parametrize(
    ("row", "shape", "message"),
    [
        (5, (2, 10, 300), "Got rows from 5 .* expected rows from 0"),
        (0, (2, 10, 299), r"shape \(2, 10, 299\)"),
        (0, (1, 10, 300), r"shape \(1, 10, 300\)"),
        (0, (2, 601, 300), "within 600 rows"),
    ],
)
def test_rows_out_of_order(tmp_path: Path, row: int, shape: tuple[int, int, int], message: str) -> None:
    with pytest.raises(FootprintsError, match=message), ProbabilityWriter(tmp_path / "p.tif", GRID, WINDOW) as writer:
        writer.write(row, np.zeros(shape, np.uint8))
    assert os.listdir(tmp_path) == []


def test_missing_rows(tmp_path: Path) -> None:
    with pytest.raises(FootprintsError, match="got 20 of 600 rows"):
        write_codes(tmp_path / "p.tif", codes_of(20, 300))
    assert os.listdir(tmp_path) == []


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file grow beyond 100 kB, as on a full disk."""
    resource = pytest.importorskip("resource", reason="no file size limits on Windows")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("height", [600, 200], ids=["fails while writing", "fails at the end"])
@pytest.mark.usefixtures("small_disk")
def test_full_disk(tmp_path: Path, height: int) -> None:
    window = (0, 0, height, 700)
    codes = np.random.default_rng(0).integers(0, 251, (2, height, 700)).astype(np.uint8)
    with (
        pytest.raises(FootprintsError, match="is the disk full"),
        ProbabilityWriter(tmp_path / "p.tif", GRID, window) as writer,
    ):
        writer.write(0, codes)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("absent/p.tif", "folder .*absent does not exist"), (".", "is a folder; expected the name of a file")],
)
def test_unwritable_places_are_refused_before_any_work(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        ProbabilityWriter(tmp_path / name, GRID, WINDOW)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(BadInput, match="may not be written by this user"):
        ProbabilityWriter(tmp_path / "p.tif", GRID, WINDOW)
    assert os.listdir(tmp_path) == []


FLOATS = np.array([[[0.0, 0.25], [0.5, 1.0]]], np.float32)


@pytest.mark.parametrize(
    ("pixels", "profile", "expected", "why"),
    [
        (np.uint8([[[0, 1], [1, 0]]]), {}, [[0, 250], [250, 0]], "a mask of 0 and 1"),
        (np.uint8([[[0, 255], [255, 0]]]), {}, [[0, 250], [250, 0]], "a mask of 0 and 255"),
        (np.uint8([[[0, 51], [102, 255]]]), {}, [[0, 50], [100, 250]], "probabilities 0..255"),
        (np.uint8([[[0, 1], [255, 0]]]), {"nodata": 255}, [[0, 250], [255, 0]], "a mask with nodata 255"),
        (np.uint8([[[0, 1], [1, 0]]]), {"nodata": 0}, [[0, 250], [250, 0]], "0 as nodata means no building"),
        (np.uint8([[[0, 0], [0, 0]]]), {}, [[0, 0], [0, 0]], "an empty mask"),
        (np.uint8([[[0, 1], [1, 0]]]), {"nbits": 1}, [[0, 250], [250, 0]], "one bit"),
        (np.int16([[[0, 1], [1, -9]]]), {"nodata": -9}, [[0, 250], [250, 255]], "a mask of another type"),
        (np.uint16([[[0, 255], [51, 0]]]), {}, [[0, 250], [50, 0]], "0..255 in another type"),
        (FLOATS, {}, [[0, 62], [125, 250]], "decimals"),
        (FLOATS.astype("float64"), {}, [[0, 62], [125, 250]], "more decimals"),
        (np.where(FLOATS > 0.9, np.float32(np.nan), FLOATS), {}, [[0, 62], [125, 255]], "NaN is not there"),
        (np.repeat(np.uint8([[[0, 1], [1, 0]]]), 3, axis=0), {}, [[0, 250], [250, 0]], "only band 1 counts"),
    ],
)
def test_anyones_mask(tmp_path: Path, pixels: np.ndarray, profile: dict, expected: list, why: str) -> None:
    with open_probability(write_raster(tmp_path / "m.tif", pixels, **profile)) as reader:
        assert not reader.has_interior
        assert reader.read(0, 0, 2, 2).tolist() == [expected], why


def test_a_declared_scale_is_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "m.tif"
    write_raster(path, np.uint8([[[0, 100], [50, 7]]]))
    with rasterio.open(path, "r+") as dataset:
        dataset.scales = (0.01,)
    with open_probability(path) as reader:
        assert reader.read(0, 0, 2, 2).tolist() == [[[0, 250], [125, 18]]]


@pytest.mark.parametrize(
    "pixels", [np.float32([[[0, 7.5]]]), np.float32([[[-0.5, 1]]]), np.uint16([[[0, 300]]]), np.int16([[[-40, 200]]])]
)
def test_values_that_are_no_probabilities(tmp_path: Path, pixels: np.ndarray) -> None:
    source = write_raster(tmp_path / "m.tif", pixels)
    with (
        open_probability(source) as reader,
        pytest.raises(BadInput, match=r"holds values from .* expected a mask of 0 and 1"),
    ):
        reader.read(0, 0, 1, 2)


def test_classes_are_taken_as_probabilities_with_a_warning(tmp_path: Path) -> None:
    with open_probability(write_raster(tmp_path / "m.tif", np.uint8([[[0, 5]]]))) as reader:
        assert "reaches only 5" in reader.warnings[0]


@pytest.mark.parametrize(
    ("crs", "transform", "warped", "why"),
    [
        (UTM, north_up(0.5), False, "metric: its own grid, at its own resolution"),
        (UTM, north_up(10.0), False, "however coarse"),
        ("EPSG:4326", north_up(1e-5, 15, 45), True, "degrees have no square metres"),
        ("EPSG:3857", north_up(0.5, 1_669_792, 8_399_738), True, "nor has Web-Mercator"),
        ("EPSG:2263", north_up(1.0, 990_000, 200_000), True, "nor feet"),
        (UTM, Affine(0.4, 0.3, EAST, 0.3, -0.4, NORTH), True, "rotated"),
    ],
)
def test_grid_of_a_foreign_mask(tmp_path: Path, crs: str, transform: Affine, warped: bool, why: str) -> None:
    mask = np.zeros((1, 100, 120), np.uint8)
    mask[0, 20:60, 30:70] = 1
    with open_probability(write_raster(tmp_path / "m.tif", mask, crs=crs, transform=transform)) as reader:
        codes = reader.read(0, 0, *reader.grid.shape)
        building_m2 = (codes == 250).sum() * reader.grid.pixel_m**2
        assert (reader.grid.shape != (100, 120)) is warped, why
        assert reader.grid.crs.is_projected
    assert set(np.unique(codes)) <= {0, 250, 255}, "nearest: nothing in between"
    if not warped:
        assert (codes == mask * np.uint8(250)).all()
        assert building_m2 == pytest.approx(1600 * transform.a**2)


def test_area_of_a_mask_in_degrees(tmp_path: Path) -> None:
    mask = np.zeros((1, 200, 200), np.uint8)
    mask[0, 50:150, 50:150] = 1
    source = write_raster(tmp_path / "m.tif", mask, crs="EPSG:4326", transform=north_up(1e-5, 15, 45))
    with open_probability(source) as reader:
        codes = reader.read(0, 0, *reader.grid.shape)
        area = (codes == 250).sum() * reader.grid.pixel_m**2
    assert area == pytest.approx(1e-3 * 111_132 * 1e-3 * 78_847, rel=0.01)  # metres per degree at 45 north
