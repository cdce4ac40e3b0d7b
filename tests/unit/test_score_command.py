"""`score` from files to figures, layers and report: what users type, and what they may get wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from footprint_cases import (
    EAST,
    NORTH,
    PROPOSAL_HEADER,
    UTM,
    boxes,
    on_ground,
    proposal_csv,
    truth_csv,
    wkt,
    write_file,
    write_text,
)
from score_cases import PROPOSALS, SQUARE, TRUTH, files, refused, run

from building_footprints_plugin.engine.vector import read_layer, reproject


def test_figures_and_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2 of 3 found, one false; IoUs 1 and 0.8."""
    proposals = write_file(
        tmp_path / "p.geojson",
        PROPOSALS,
        {"name": np.array(["a", "b", "c"], dtype=object), "status": np.array(["x", "y", "z"], dtype=object)},
    )
    truth = write_file(tmp_path / "t.gpkg", TRUTH, {"id": [10, 20, 30], "use": np.array(["shop"] * 3, dtype=object)})
    result = run(capsys, proposals, truth, "--output", str(tmp_path / "out.gpkg"))
    assert [result[key] for key in ("tp", "fp", "fn")] == [2, 1, 1]
    assert result["f1"] == pytest.approx(2 / 3)
    assert result["mean_iou"] == pytest.approx(0.9)
    assert (result["unit"], result["crs"]) == ("m", "EPSG:32633 (WGS 84 / UTM zone 33N)")
    assert result["average_precision"] is None

    scored = read_layer(tmp_path / "out.gpkg", "proposals")
    assert list(scored.fields) == ["name", "status_1", "status", "iou", "truth_id"]
    assert scored.fields["name"].tolist() == ["a", "b", "c"]
    assert scored.fields["status"].tolist() == ["matched", "matched", "false"]
    assert scored.fields["iou"] == pytest.approx([1.0, 0.8, 0.0])
    assert scored.fields["truth_id"][:2].tolist() == [10, 20]
    assert np.isnan(scored.fields["truth_id"][2])
    missed = read_layer(tmp_path / "out.gpkg", "missed")
    assert {name: values.tolist() for name, values in missed.fields.items()} == {
        "id": [30],
        "use": ["shop"],
        "iou": [0.0],
    }


def test_confidence_decides_the_order_on_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file lists the poorer of two first; with a confidence the better one is matched."""
    shapes = on_ground((0, 0, 6, 10), (0, 0, 9, 10))
    truth = write_file(tmp_path / "t.gpkg", TRUTH[:1])
    plain = write_file(tmp_path / "plain.gpkg", shapes)
    ranked = write_file(tmp_path / "ranked.gpkg", shapes, {"Confidence": [0.1, 0.9]})
    assert run(capsys, plain, truth)["mean_iou"] == pytest.approx(0.6)
    assert run(capsys, ranked, truth)["mean_iou"] == pytest.approx(0.9)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:2263"])
def test_any_two_coordinate_systems(tmp_path: Path, capsys: pytest.CaptureFixture[str], crs: str) -> None:
    """What is not in metres is compared in the UTM zone there; the result is that of the layers in UTM."""
    base = shapely.transform(TRUTH, lambda xy: xy + (85_000.0, -400_000.0) if crs != "EPSG:2263" else xy)
    source = UTM if crs != "EPSG:2263" else "EPSG:32618"
    if crs == "EPSG:2263":
        base = shapely.transform(TRUTH, lambda xy: xy + (85_000.0, -490_000.0))
    shifted = shapely.transform(base, lambda xy: xy + (1.0, -0.5))
    proposals = write_file(tmp_path / "p.gpkg", shifted, crs=source)
    truth = write_file(tmp_path / "t.gpkg", reproject(base, source, crs), crs=crs)
    result = run(capsys, proposals, truth)
    assert result["crs"].startswith(source)
    assert (result["offset_x"], result["offset_y"]) == pytest.approx((1.0, -0.5), abs=0.01)
    assert result["mean_iou"] == pytest.approx(9 * 9.5 / (200 - 9 * 9.5), abs=0.002)


def test_a_layer_without_a_crs_is_taken_to_be_in_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proposals = write_file(tmp_path / "p.gpkg", PROPOSALS, crs=None)
    truth = write_file(tmp_path / "t.gpkg", TRUTH)
    result = run(capsys, proposals, truth)
    assert result["tp"] == 2
    assert result["warnings"] == [
        "p.gpkg has no coordinate reference system; its coordinates are taken as EPSG:32633 (WGS 84 / UTM zone 33N)."
    ]
    assert run(capsys, proposals, proposals)["crs"] == "unknown"


@pytest.mark.parametrize("way", ["--bounds", "--aoi"])
def test_area_of_interest(tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str) -> None:
    """x from 0 to 26 holds building 1, and building 2 by more than half; building 3 and the false one lie outside."""
    paths = files(tmp_path)
    aoi = write_file(tmp_path / "aoi.geojson", reproject(on_ground((0, -5, 26, 15)), UTM, "EPSG:4326"), crs="EPSG:4326")
    value = aoi if way == "--aoi" else f"{EAST},{NORTH - 5},{EAST + 26},{NORTH + 15}"
    result = run(capsys, *paths, way, value, "--output", str(tmp_path / "out.gpkg"))
    assert [result[key] for key in ("tp", "fp", "fn")] == [2, 0, 0]
    assert len(read_layer(tmp_path / "out.gpkg", "proposals")) == 2
    assert len(read_layer(tmp_path / "out.gpkg", "missed")) == 0


def test_smallest_area_holds_for_both_sides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = files(tmp_path, on_ground((0, 0, 10, 10), (60, 0, 62, 2)), on_ground((0, 0, 10, 10), (80, 0, 82, 2)))
    result = run(capsys, *paths, "--min-area", "5")
    assert [result[key] for key in ("tp", "fp", "fn")] == [1, 0, 0]


@pytest.mark.parametrize("sides", [(0, 0), (0, 3), (3, 0)], ids=["nothing", "no proposals", "no truth"])
def test_no_polygons_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str], sides: tuple[int, int]) -> None:
    report, output = tmp_path / "r.html", tmp_path / "o.gpkg"
    paths = files(tmp_path, PROPOSALS[: sides[0]], TRUTH[: sides[1]])
    result = run(capsys, *paths, "--report", str(report), "--output", str(output))
    assert [result[key] for key in ("tp", "fp", "fn")] == [0, sides[0], sides[1]]
    assert result["f1"] == 0.0
    assert result["offset_x"] is None
    assert len(result["warnings"]) == sides.count(0)
    assert "nan" not in json.dumps(result).lower()
    assert "<html" in report.read_text()
    assert len(read_layer(output, "proposals")) == sides[0]


def test_layers_far_apart_are_named_with_their_extents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = shapely.transform(PROPOSALS, lambda xy: xy + (5000.0, 0.0))
    (warning,) = run(capsys, *files(tmp_path, far))["warnings"]
    assert "p.gpkg (extent 505000.0, 5000000.0, 505070.0, 5000010.0)" in warning
    assert "t.gpkg (extent 500000.0, 5000000.0, 500050.0, 5000010.0)" in warning


def test_invalid_and_doubled_features_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bow_tie = shapely.from_wkt("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")
    shapes = [shapely.transform(bow_tie, lambda xy: xy + (EAST, NORTH)), PROPOSALS[0], shapely.Point(EAST, NORTH)]
    proposals = write_file(tmp_path / "p.gpkg", shapes, {"id": [5, 6, 6]})
    truth = write_file(tmp_path / "t.gpkg", TRUTH)
    assert run(capsys, proposals, truth)["warnings"] == [
        "p.gpkg has invalid outlines, which were repaired: 5.",
        "p.gpkg has features without an area, which were left out: 6.",
        "p.gpkg has ids that occur more than once: 6.",
    ]


def test_tables_of_different_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proposals = proposal_csv(tmp_path / "p.csv", [("AOI_3_Paris_img1", SQUARE, 1)])
    truth = truth_csv(tmp_path / "t.csv", [("AOI_2_Vegas_img1", SQUARE)])
    result = run(capsys, proposals, truth)
    assert [result[key] for key in ("tp", "fp", "fn")] == [0, 1, 1]
    (warning,) = result["warnings"]
    assert "no image in common" in warning
    assert "AOI_3_Paris_img1" in warning
    assert "AOI_2_Vegas_img1" in warning


def test_doubled_ids_in_a_table_are_named_and_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [PROPOSAL_HEADER, f'a,1,"{SQUARE}",1', f'a,1,"{wkt(20, 0, 30, 10)}",1']
    table = write_text(tmp_path / "p.csv", rows)
    result = run(capsys, table, table)
    assert result["tp"] == 2
    assert result["warnings"][0] == "p.csv has buildings whose ids occur more than once: a 1."


def test_map_and_report_of_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proposals = proposal_csv(tmp_path / "p.csv", [("a_1", SQUARE, 0.9), ("a_2", SQUARE, 0.8)])
    truth = truth_csv(tmp_path / "t.csv", [("a_1", SQUARE), ("a_1", wkt(20, 0, 30, 10))])
    run(capsys, proposals, truth, "--output", str(tmp_path / "o.gpkg"), "--report", str(tmp_path / "r.html"))
    scored = read_layer(tmp_path / "o.gpkg", "proposals")
    assert scored.fields["image_id"].tolist() == ["a_1", "a_2"]
    assert scored.fields["status"].tolist() == ["matched", "false"]
    assert scored.fields["truth_id"][0] == 0
    assert read_layer(tmp_path / "o.gpkg", "missed").fields["id"].tolist() == [1]
    assert "a_1" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.gpkg", "t.gpkg"], "There is no file missing.gpkg; check the path."),
        (["points.gpkg", "t.gpkg"], "points.gpkg holds points; expected polygons."),
        (["p.gpkg", "lines.gpkg"], "lines.gpkg holds lines; expected polygons."),
        (["p.gpkg", "text.gpkg"], "is not a vector file"),
        (["p.gpkg", "t.csv"], "expected two alike"),
        (["bad.csv", "t.csv"], "no column PolygonWKT_Pix"),
        (["t.csv", "t.csv", "--min-area", "5"], "--min-area is in m²"),
        (["t.csv", "t.csv", "--bounds", "0,0,1,1"], "An area of interest is for layers"),
        (["p.gpkg", "t.gpkg", "--bounds", "1,2,3"], "--bounds is '1,2,3'; expected 4 numbers"),
        (["p.gpkg", "t.gpkg", "--bounds", "5,0,1,1"], "MINX < MAXX"),
        (["p.gpkg", "t.gpkg", "--aoi", "empty.gpkg"], "empty.gpkg has no polygons; expected the area"),
        (["p.gpkg", "t.gpkg", "--aoi", "t.gpkg", "--bounds", "0,0,1,1"], "The area to be scored is empty"),
        (["p.gpkg", "t.gpkg", "--iou", "1.5"], "--iou is 1.5; expected a value from 0 to 1."),
        (["p.gpkg", "t.gpkg", "--preset", "coco"], "invalid choice"),
        (["p.gpkg", "t.gpkg", "--output", "o.shp"], "expected one of .gpkg."),
        (["p.gpkg", "t.gpkg", "--report", "r.pdf"], "expected one of .html"),
        (["p.gpkg", "t.gpkg", "--report", "nowhere/r.html"], "There is no folder nowhere"),
        (["p.gpkg", "t.gpkg", "--truth-layer", "barns"], "has no layer 'barns'; it has t."),
        (["beyond.geojson", "degrees.geojson"], "coordinates outside EPSG:4326 (WGS 84) (extent 10, 95, 11, 96)"),
    ],
)
def test_what_cannot_be_scored_is_one_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    files(tmp_path)
    write_file(tmp_path / "points.gpkg", [shapely.Point(1, 1)])
    write_file(tmp_path / "lines.gpkg", [shapely.LineString([(0, 0), (1, 1)])])
    write_file(tmp_path / "empty.gpkg", [], {"id": np.empty(0, dtype=np.int64)})
    write_file(tmp_path / "beyond.geojson", boxes((10, 95, 11, 96)), crs="EPSG:4326")
    write_file(tmp_path / "degrees.geojson", boxes((10, 45, 11, 46)), crs="EPSG:4326")
    (tmp_path / "text.gpkg").write_text("hello")
    truth_csv(tmp_path / "t.csv", [("a", SQUARE)])
    write_text(tmp_path / "bad.csv", ["ImageId,BuildingId", "a,1"])
    before = sorted(path.name for path in tmp_path.iterdir())
    assert message in refused(capsys, *words)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
