"""SpaceNet's tables in and out."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from footprint_cases import PROPOSAL_HEADER, boxes, write_text

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.vector import image_id_of, read_spacenet_csv, write_spacenet_csv

TRIANGLE = "POLYGON ((0 0 0,10 0 0,0 10 0,0 0 0))"
DATA = Path(__file__).resolve().parents[2] / "../shared/data"
VEGAS = DATA / "spacenet_vegas/summaryData/AOI_2_Vegas_Train_Building_Solutions.csv"


def read(tmp_path: Path, *lines: str) -> object:
    return read_spacenet_csv(write_text(tmp_path / "t.csv", list(lines)))


def test_rows_as_spacenet_writes_them(tmp_path: Path) -> None:
    table = read_spacenet_csv(
        write_text(
            tmp_path / "t.csv",
            [
                "\ufeffImageId,BuildingId,PolygonWKT_Pix,Confidence",
                f'img1,0,"{TRIANGLE}",0.25',
                "# a remark",
                "",
                "img2,-1,POLYGON EMPTY,0",
                'img3,1,"POLYGON EMPTY",1',
                f'img4,-1,"{TRIANGLE}",1',
                f'PAN_img1,7,"{TRIANGLE}",',
            ],
        )
    )
    assert table.images == ["img1", "img2", "img3", "img4"]
    assert table.image.tolist() == [0, 0]
    assert table.building.tolist() == [0, 7]
    assert table.confidence[0] == 0.25
    assert math.isnan(table.confidence[1])
    assert shapely.area(table.geometry).tolist() == [50.0, 50.0]
    assert not shapely.has_z(table.geometry).any()


def test_columns_go_by_name(tmp_path: Path) -> None:
    lines = ["Confidence,PolygonWKT_Pix,BuildingId,ImageId", f'0.5,"{TRIANGLE}",3,img1']
    table = read_spacenet_csv(write_text(tmp_path / "t.csv", lines))
    assert (table.images, table.building.tolist(), table.confidence.tolist()) == (["img1"], [3], [0.5])


def test_a_table_of_nothing(tmp_path: Path) -> None:
    table = read_spacenet_csv(write_text(tmp_path / "t.csv", [PROPOSAL_HEADER]))
    assert (len(table), table.images) == (0, [])


def test_an_outline_longer_than_the_module_of_csv_allows(tmp_path: Path) -> None:
    round_house = shapely.Point(100, 100).buffer(50, quad_segs=4000)
    assert len(round_house.wkt) > 131_072
    table = read_spacenet_csv(write_text(tmp_path / "t.csv", [PROPOSAL_HEADER, f'a,1,"{round_house.wkt}",1']))
    assert len(table) == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["ImageId,BuildingId,Confidence", "a,1,1"], "no column PolygonWKT_Pix; expected ImageId,"),
        (["a,b", "1,2"], "no column ImageId and no column BuildingId and no column PolygonWKT_Pix"),
        ([""], "no column ImageId"),
        ([PROPOSAL_HEADER, "a,1,POLYGON ((0 0,1 0,1 1,0 0)),1"], "Line 2 of .* has 7 fields; expected 4"),
        ([PROPOSAL_HEADER, f'a,x,"{TRIANGLE}",1'], "Line 2 of .* BuildingId 'x'"),
        ([PROPOSAL_HEADER, f'a,1,"{TRIANGLE}",high'], "Confidence 'high'; expected numbers"),
        ([PROPOSAL_HEADER, f'a,1,"{TRIANGLE}",1', 'a,2,"POLYGON ((0 0,1",1'], "Line 3 of .* as outline"),
        ([PROPOSAL_HEADER, 'a,1,"POINT (1 1)",1'], "Line 2 of .* as outline"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read(tmp_path, *lines)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00\x01binary")
    with pytest.raises(BadInput, match="not a text file"):
        read_spacenet_csv(tmp_path / "t.csv")
    with pytest.raises(BadInput, match="There is no file"):
        read_spacenet_csv(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RGB-PanSharpen_AOI_2_Vegas_img1.tif", "AOI_2_Vegas_img1"),
        ("folder/MUL_AOI_4_Shanghai_img77.tif", "AOI_4_Shanghai_img77"),
        ("RGB-PanSharpen__-115.3064538_36.1756826998.tif", "_-115.3064538_36.1756826998"),
        ("3band_AOI_1_RIO_img10.tif", "AOI_1_RIO_img10"),
        ("AOI_2_Vegas_img1.tif", "AOI_2_Vegas_img1"),
        ("my_house.tif", "my_house"),
    ],
)
def test_image_id(name: str, expected: str) -> None:
    assert image_id_of(name) == expected


def test_written_rows(tmp_path: Path) -> None:
    two_parts = shapely.union_all(boxes((0, 0, 5, 5), (10, 0, 15, 5)))
    polygons = np.array([shapely.box(0, 0, 1.2345, 1), two_parts, shapely.box(0, 0, 0.001, 0.001)], dtype=object)
    write_spacenet_csv(
        tmp_path / "t.csv",
        [("full", polygons, np.array([0.2, 0.75, 0.9])), ("empty", np.empty(0, dtype=object), np.empty(0))],
    )
    text = (tmp_path / "t.csv").read_bytes().decode()
    assert text == (
        "ImageId,BuildingId,PolygonWKT_Pix,Confidence\n"
        'full,1,"POLYGON ((0 0, 0 5, 5 5, 5 0, 0 0))",0.750000\n'
        'full,2,"POLYGON ((10 0, 10 5, 15 5, 15 0, 10 0))",0.750000\n'
        'full,3,"POLYGON ((1.23 0, 1.23 1, 0 1, 0 0, 1.23 0))",0.200000\n'
        "empty,-1,POLYGON EMPTY,0\n"
    )
    table = read_spacenet_csv(tmp_path / "t.csv")
    assert (table.images, len(table)) == (["full", "empty"], 3)


@pytest.mark.skipif(not VEGAS.exists(), reason="the SpaceNet sample is not beside the repository")
def test_a_real_truth_table() -> None:
    table = read_spacenet_csv(VEGAS)
    assert len(table.images) == 5
    assert "AOI_2_Vegas_img802" in table.images  # it has no building
    assert np.bincount(table.image, minlength=5).tolist().count(0) == 1
