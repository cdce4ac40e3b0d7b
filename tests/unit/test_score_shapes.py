"""`score --shapes` from files to figures and report, each worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from footprint_cases import EAST, NORTH, on_ground, proposal_csv, truth_csv, wkt
from score_cases import PROPOSALS, SQUARE, files, run

SHAPES = (
    "hausdorff",
    "polis",
    "rotation_error_deg",
    "vertex_ratio",
    "right_angles",
    "right_angles_truth",
    "overlaps",
    "invalid",
)


def test_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One building found exactly, one by a box 2 m too short: Hausdorff 0 and 2, PoLiS 0 and 0.5.

    (Two of the longer one's corners are 2 m off; the shorter one's lie on its walls.) Two footprints overlap another;
    a bow-tie is invalid. Repaired it is two triangles, each with one right angle of three: 16 + 2 of 16 + 6.
    """
    bow_tie = shapely.from_wkt("POLYGON ((60 0, 70 10, 70 0, 60 10, 60 0))")
    over = on_ground((28, 0, 29, 10), (27, 9, 28.5, 10))
    shapes = [*PROPOSALS[:2], *over, shapely.transform(bow_tie, lambda xy: xy + (EAST, NORTH))]
    paths = files(tmp_path, shapes)
    assert not set(SHAPES) & set(run(capsys, *paths))
    report = tmp_path / "r.html"
    found = run(capsys, *paths, "--shapes", "--report", str(report))
    assert [found[name] for name in SHAPES] == pytest.approx([1, 0.25, 0, 1, 18 / 22, 1, 2, 1])
    page = report.read_text(encoding="utf-8")
    for text in ("<h2>Shapes</h2>", "1.00 m", "0.25 m", "0.00°", "1.00 times", "81.8%", "100.0%"):
        assert text in page


def test_shapes_of_what_counts_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Inside x = 0 to 15 there is one exact pair; the overlapping and the shorter footprints lie outside."""
    paths = files(tmp_path, [*PROPOSALS, *on_ground((20, 5, 28, 15))])
    bounds = f"{EAST - 1},{NORTH - 5},{EAST + 15},{NORTH + 15}"
    assert run(capsys, *paths, "--shapes")["overlaps"] == 1
    found = run(capsys, *paths, "--shapes", "--bounds", bounds)
    assert [found[name] for name in SHAPES] == pytest.approx([0, 0, 0, 1, 1, 1, 0, 0], abs=1e-9)


def test_shapes_of_tables_image_by_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lengths are pixels; footprints at the same place in two images do not overlap."""
    shifted = wkt(1, 0, 11, 10)
    proposals = proposal_csv(tmp_path / "p.csv", [("a_1", shifted, 0.9), ("a_2", shifted, 0.8)])
    truth = truth_csv(tmp_path / "t.csv", [("a_1", SQUARE), ("a_2", SQUARE)])
    report = tmp_path / "r.html"
    found = run(capsys, proposals, truth, "--shapes", "--report", str(report))
    assert [found[name] for name in SHAPES] == pytest.approx([1, 0.5, 0, 1, 1, 1, 0, 0])
    assert "0.50 px" in report.read_text(encoding="utf-8")


def test_shapes_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "r.html"
    found = run(capsys, *files(tmp_path, PROPOSALS[:0]), "--shapes", "--report", str(report))
    assert [found[name] for name in SHAPES] == [None, None, None, None, None, 1, 0, 0]
    assert "n/a" in report.read_text(encoding="utf-8")
