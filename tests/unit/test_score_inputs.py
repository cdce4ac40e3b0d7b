"""Where the polygons of a score may come from: archives, folders of tables, layers that need a name, wide countries."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from footprint_cases import EAST, NORTH, UTM, boxes, on_ground, proposal_csv, truth_csv, wkt, write_file, write_text
from score_cases import PROPOSALS, SQUARE, TRUTH, files, refused, run

from building_footprints_plugin.engine.vector import reproject


def counts(result: dict[str, object]) -> list[object]:
    return [result[name] for name in ("tp", "fp", "fn")]


def test_a_layer_in_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proposals, truth = files(tmp_path)
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.write(proposals, "in/p.gpkg")
    inside = f"/vsizip/{tmp_path}/both.zip/in/p.gpkg"
    assert counts(run(capsys, inside, truth)) == [2, 1, 1]
    assert counts(run(capsys, f"{inside}|layername=p", truth)) == [2, 1, 1]
    assert "not a vector file that can be read" in refused(capsys, f"/vsizip/{tmp_path}/both.zip/q.gpkg", truth)


def test_a_table_in_an_archive_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = truth_csv(tmp_path / "t.csv", [("a", SQUARE)])
    assert "lies in an archive or on a server" in refused(capsys, "/vsizip/x.zip/p.csv", truth)


def test_the_layer_of_several_is_named_as_the_sentence_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, truth = files(tmp_path)
    both = tmp_path / "both.gpkg"
    write_file(both, TRUTH, layer="old")
    write_file(both, PROPOSALS, layer="new", append=True)
    sentence = refused(capsys, str(both), truth)
    assert sentence.endswith(f"has several layers (old, new); name the one to read, as in {both}|layername=old.")
    assert counts(run(capsys, f"{both}|layername=new", truth)) == [2, 1, 1]
    assert counts(run(capsys, str(both), truth, "--proposals-layer", "old")) == [3, 0, 0]


def test_a_folder_of_tables_is_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One table an image, as `extract` writes them; an image that two tables name is one image."""
    folder = tmp_path / "tables"
    folder.mkdir()
    proposal_csv(folder / "a.csv", [("a_1", SQUARE, 0.9)])
    proposal_csv(folder / "b.csv", [("a_2", wkt(50, 50, 60, 60), 0.8)])
    proposal_csv(folder / "c.csv", [("a_1", wkt(20, 0, 30, 10), 0.7)])
    write_text(folder / "d.csv", ["ImageId,BuildingId,PolygonWKT_Pix,Confidence", "a_3,-1,POLYGON EMPTY,0"])
    truth = truth_csv(
        tmp_path / "t.csv", [("a_1", SQUARE), ("a_1", wkt(20, 0, 30, 10)), ("a_2", SQUARE), ("a_3", SQUARE)]
    )
    result = run(capsys, str(folder), truth)
    assert counts(result) == [2, 1, 2]
    assert [(image["image"], image["tp"], image["fp"], image["fn"]) for image in result["images"]] == [
        ("a_1", 2, 0, 0),
        ("a_2", 0, 1, 1),
        ("a_3", 0, 0, 1),
    ]
    assert result["warnings"] == ["tables has buildings whose ids occur more than once: a_1 1."]
    assert result["average_precision"] == pytest.approx(1 / 4 + 1 / 4 * 2 / 3)  # right, false, right; of 4 buildings


def test_images_that_only_one_table_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An image without polygons is not worth a word, whichever table names it."""
    proposals = proposal_csv(tmp_path / "p.csv", [("a", SQUARE, 1), ("b", SQUARE, 1)])
    truth = write_text(
        tmp_path / "t.csv",
        [
            "ImageId,BuildingId,PolygonWKT_Pix,PolygonWKT_Geo",
            *(f'{image},1,"{SQUARE}","{SQUARE}"' for image in ("a", "c", "d")),
            "e,-1,POLYGON EMPTY,POLYGON EMPTY",
        ],
    )
    assert run(capsys, proposals, truth)["warnings"] == [
        "p.csv has polygons in 1 images that t.csv does not name (b); they count as false.",
        "t.csv has polygons in 2 images that p.csv does not name (c, d); they count as missed.",
    ]


def test_an_area_without_polygons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bounds = f"{EAST - 100},{NORTH},{EAST - 50},{NORTH + 10}"
    result = run(capsys, *files(tmp_path), "--bounds", bounds)
    assert counts(result) == [0, 0, 0]
    assert result["warnings"] == [
        f"{name} has no polygons to compare in the area to be scored, so every figure that divides by them is 0."
        for name in ("p.gpkg", "t.gpkg")
    ]


def test_an_area_without_a_crs_is_taken_to_have_the_truths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aoi = write_file(tmp_path / "aoi.gpkg", on_ground((0, -5, 26, 15)), crs=None)
    result = run(capsys, *files(tmp_path), "--aoi", aoi)
    assert counts(result) == [2, 0, 0]
    assert result["warnings"] == ["aoi.gpkg has no coordinate reference system; it is taken to have the truth's."]


@pytest.mark.parametrize(("east", "warned"), [(12.0, False), (40.0, True)])
def test_a_truth_too_wide_for_one_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], east: float, warned: bool
) -> None:
    """From 9 to 40 degrees the middle is 24.5, zone 35 with its meridian at 27: 18 degrees away at 45 north.

    Scale there: 0.9996 / sqrt(1 - (cos 45 · sin 18)²) = 1.024.
    """
    side = 1e-4
    truth = write_file(
        tmp_path / "t.gpkg", boxes((9, 45, 9 + side, 45 + side), (east, 45, east + side, 45 + side)), crs="EPSG:4326"
    )
    result = run(capsys, truth, truth)
    assert counts(result) == [2, 0, 0]
    if warned:
        (warning,) = result["warnings"]
        assert warning.startswith("The truth reaches 18 degrees from the meridian of EPSG:32635")
        assert "up to 2% too long" in warning
    else:
        assert result["warnings"] == []


def test_multipolygons_and_collections(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two parts are one footprint: 200 m², 100 of them a building, IoU 0.5; a collection counts by its areas."""
    two = shapely.MultiPolygon([TRUTH[0], TRUTH[1]])
    collection = shapely.GeometryCollection([TRUTH[2], shapely.Point(EAST, NORTH)])
    proposals = write_file(tmp_path / "p.gpkg", [two, collection, None])
    result = run(capsys, proposals, write_file(tmp_path / "t.gpkg", TRUTH))
    assert counts(result) == [2, 0, 1]
    assert result["mean_iou"] == pytest.approx(0.75)
    assert result["merges"] == 1
    assert result["warnings"] == ["p.gpkg has features without an area, which were left out: 3."]


@pytest.mark.parametrize("suffix", [".geojson", ".fgb", ".shp", ".gpkg"])
def test_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str) -> None:
    crs = "EPSG:4326" if suffix == ".geojson" else UTM
    shapes = reproject(PROPOSALS, UTM, crs)
    fields = {"id": np.arange(3) + 1, "confidence": np.array([0.9, 0.8, 0.7])}
    proposals = write_file(tmp_path / f"p{suffix}", shapes, fields, crs=crs, geometry_type="Polygon")
    result = run(capsys, proposals, write_file(tmp_path / "t.gpkg", TRUTH))
    assert counts(result) == [2, 1, 1]
    assert result["average_precision"] == pytest.approx(2 / 3)
