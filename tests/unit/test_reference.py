"""The rule of SpaceNetExploration, sentence by sentence, on cases made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasters import UTM, north_up, write_raster

from building_footprints_plugin.engine.__main__ import main
from building_footprints_plugin.engine.raster.grid import Grid
from building_footprints_plugin.engine.raster.probability import ProbabilityWriter
from building_footprints_plugin.engine.reference import exploration_polygons

HEADER = "ImageId,BuildingId,PolygonWKT_Pix,Confidence\n"
SURE = (250, 250)
Codes = tuple[int, int]
PRESET = ("--preset", "spacenet-exploration")


def ground(height: int = 40, width: int = 60) -> NDArray[np.uint8]:
    return np.zeros((2, height, width), np.uint8)


def put(codes: NDArray[np.uint8], row: int, col: int, height: int, width: int, to: Codes = SURE) -> None:
    """Draw a rectangle of building and interior codes."""
    codes[:, row : row + height, col : col + width] = np.array(to)[:, None, None]


def found(codes: NDArray[np.uint8], min_area_px: float = 0) -> list[tuple[float, ...]]:
    """Return the bounds of the polygons."""
    return [tuple(polygon.bounds) for polygon in exploration_polygons(*codes, min_area_px)[0]]


@pytest.mark.parametrize(
    ("building", "interior", "is_building"),
    [
        pytest.param(250, 250, True, id="interior, surely"),
        pytest.param(250, 100, False, id="border 150 is more than interior 100: background"),
        pytest.param(250, 125, True, id="interior and border equal: the first of the classes"),
        pytest.param(150, 100, False, id="background and interior equal: the first of the classes"),
        pytest.param(150, 101, True, id="interior 101, background 100, border 49"),
        pytest.param(110, 90, False, id="background is the most probable of the three, though not of the two"),
        pytest.param(255, 255, False, id="what is not there is background"),
    ],
)
def test_the_most_probable_class_counts_and_border_is_background(
    building: int, interior: int, is_building: bool
) -> None:
    codes = ground()
    put(codes, 5, 7, 3, 4, (building, interior))
    assert found(codes) == ([(7, 5, 11, 8)] if is_building else [])


def test_regions_are_4_connected() -> None:
    codes = ground()
    put(codes, 5, 5, 3, 3)
    put(codes, 8, 8, 3, 3)
    assert sorted(found(codes)) == [(5, 5, 8, 8), (8, 8, 11, 11)]


def test_holes_are_filled_before_the_area_is_measured() -> None:
    codes = ground()
    put(codes, 5, 5, 13, 13)
    put(codes, 8, 8, 7, 7, (0, 0))  # 169 - 49 = 120 pixels of interior
    polygons, area = exploration_polygons(*codes, 150)
    assert [polygon.equals(shapely.box(5, 5, 18, 18)) for polygon in polygons] == [True]
    assert area.tolist() == [169]


@pytest.mark.parametrize(("extra", "kept"), [(0, 0), (1, 1)])
def test_the_area_must_be_above_the_limit(extra: int, kept: int) -> None:
    codes = ground()
    put(codes, 5, 5, 10, 15)
    put(codes, 15, 5, 1, extra)
    assert len(found(codes, 150)) == kept


def write(path: Path, codes: NDArray[np.uint8]) -> None:
    grid = Grid(CRS.from_user_input(UTM), north_up(), codes.shape[2], codes.shape[1])
    with ProbabilityWriter(path, grid, (0, 0, *grid.shape)) as writer:
        writer.write(0, codes)


def test_the_table(tmp_path: Path) -> None:
    """The largest first, numbered from 1, confidence its share of the largest of its image; no row without polygon."""
    one, none, two = ground(), ground(), ground()
    put(one, 2, 3, 13, 12)  # 156
    put(one, 20, 30, 15, 20)  # 300
    put(two, 0, 0, 16, 10)
    put(none, 5, 5, 10, 15)
    folder = tmp_path / "chips"
    folder.mkdir()
    for name, codes in (("_-115.3_36.1", two), ("AOI_2_Vegas_img1", one), ("AOI_2_Vegas_img2", none)):
        write(folder / f"RGB-PanSharpen_{name}.tif", codes)
    assert main(["polygonize", str(folder), str(tmp_path / "proposals.csv"), *PRESET]) == 0
    assert (tmp_path / "proposals.csv").read_text() == (
        HEADER + 'AOI_2_Vegas_img1,1,"POLYGON ((30 20, 30 35, 50 35, 50 20, 30 20))",1.000000\n'
        'AOI_2_Vegas_img1,2,"POLYGON ((3 2, 3 15, 15 15, 15 2, 3 2))",0.520000\n'
        '_-115.3_36.1,1,"POLYGON ((0 0, 0 16, 10 16, 10 0, 0 0))",1.000000\n'
    )


def test_an_image_without_polygons_gives_the_header_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", ground())
    assert main(["polygonize", str(tmp_path / "a.tif"), str(tmp_path / "a.csv"), *PRESET]) == 0
    assert (tmp_path / "a.csv").read_text() == HEADER


def test_the_limit_can_be_set(tmp_path: Path) -> None:
    codes = ground()
    put(codes, 2, 3, 5, 5)
    write(tmp_path / "a.tif", codes)
    words = ["polygonize", str(tmp_path / "a.tif"), str(tmp_path / "a.csv"), *PRESET, "--min-polygon-area", "24"]
    assert main(words) == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("source", "target", "more", "sentence"),
    [
        pytest.param("ours.tif", "a.gpkg", [], "expected one of .csv", id="a table is a .csv"),
        pytest.param("mask.tif", "a.csv", [], "no interior probability", id="a mask has two classes"),
        pytest.param("empty", "a.csv", [], "holds no .tif", id="a folder without rasters"),
        pytest.param("ours.tif", "a.csv", ["--threshold", "0.4"], "a rule of its own", id="thresholds are not its own"),
        pytest.param("ours.tif", "a.csv", ["--bounds", "0,0,1,1"], "a rule of its own", id="whole images only"),
    ],
)
def test_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, target: str, more: list[str], sentence: str
) -> None:
    write(tmp_path / "ours.tif", ground())
    write_raster(tmp_path / "mask.tif", np.ones((1, 20, 20), np.uint8))
    (tmp_path / "empty").mkdir()
    assert main(["polygonize", str(tmp_path / source), str(tmp_path / target), *PRESET, *more]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / target).exists()
