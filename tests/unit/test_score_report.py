"""The report: complete, self-contained, and safe whatever the files are called."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # nosec B405: reads what the test itself has made
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import shapely
from footprint_cases import on_ground, write_file

from building_footprints_plugin.engine import report
from building_footprints_plugin.engine.comparison import Comparison, Request, Source, compare
from building_footprints_plugin.engine.errors import FootprintsError
from building_footprints_plugin.engine.options import ScoreOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.report import charts, drawing, render

NOW = datetime(2024, 5, 6, 7, 8, tzinfo=timezone.utc)
TRUTH = on_ground((0, 0, 10, 10), (20, 0, 30, 10), (40, 0, 50, 10))
PROPOSALS = on_ground((0, 0, 10, 10), (20, 0, 28, 10), (60, 0, 70, 10))


class Outline(HTMLParser):
    """Checks that tags are closed in order, and collects them with their attributes."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def compared(folder: Path, proposals: int = 3, truth: int = 3, title: str | None = None) -> Comparison:
    fields = {"confidence": np.linspace(0.9, 0.5, proposals)}
    request = Request(
        Source(write_file(folder / "p.gpkg", PROPOSALS[:proposals], fields), title=title),
        Source(write_file(folder / "t.gpkg", TRUTH[:truth])),
        ScoreOptions(),
    )
    return compare(request, Reporter())


@pytest.mark.parametrize("sides", [(3, 3), (0, 3), (3, 0), (0, 0)])
def test_a_page_is_whole_and_needs_nothing_else(tmp_path: Path, sides: tuple[int, int]) -> None:
    page = render(compared(tmp_path, *sides), NOW)
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    tags = {tag for tag, _ in outline.seen}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    assert not [name for _, attributes in outline.seen for name in attributes if name in ("src", "href", "srcset")]
    assert "url(" not in page
    assert "nan" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S).lower()
    for drawn in re.findall(r"<svg.*?</svg>", page, flags=re.S):
        ET.fromstring(drawn)  # nosec B314: made by the test


def test_the_figures_and_what_decided_them_are_there(tmp_path: Path) -> None:
    page = render(compared(tmp_path), NOW)
    for text in (
        "Of 3 buildings 2 were found and 1 missed. Of 3 footprints 1 are false.",
        '<th>F1</th><td class="n">0.6667</td>',
        '<th>Mean IoU of the matched</th><td class="n">0.9000</td>',
        "p.gpkg",
        "t.gpkg",
        "EPSG:32633 (WGS 84 / UTM zone 33N)",
        "2024-05-06 07:08 UTC",
        "SpaceNet utilities",
        '<td class="n">0.50 m west, 0.00 m north</td>',
    ):
        assert text in page


def test_names_cannot_become_markup(tmp_path: Path) -> None:
    page = render(compared(tmp_path, title="<script>alert('x')</script> & Co"), NOW)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_many_polygons_are_drawn_as_a_grid(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("building_footprints_plugin.engine.report.overview.MOST_SHAPES", 2)
    page = render(compared(tmp_path), NOW)
    assert "too many, or too small" in page
    assert page.count('fill="#1f8a4c"/>') >= 2


def test_layers_far_apart_can_still_be_seen(tmp_path: Path) -> None:
    """Footprints of 10 m, 5 km away, would be 2 px large; at 50 km they are drawn as squares."""
    for far, squares in ((5_000.0, False), (50_000.0, True)):
        proposals = shapely.transform(PROPOSALS, lambda xy, east=far: xy + (east, 0.0))
        request = Request(
            Source(write_file(tmp_path / f"p{squares}.gpkg", proposals)),
            Source(write_file(tmp_path / f"t{squares}.gpkg", TRUTH)),
            ScoreOptions(),
        )
        page = render(compare(request, Reporter()), NOW)
        assert ('<g class="cells"' in page) == squares


def test_a_grid_cell_has_the_colour_of_its_share() -> None:
    """Left: 1 found of 1; right: 1 missed of 1. The shares 1 and 0 have the last and the first colour."""
    nothing = np.empty(0, dtype=object)
    shapes = drawing.Shapes(np.array([shapely.box(0, 0, 1, 1)]), nothing, np.array([shapely.box(99, 0, 100, 1)]))
    svg = drawing.draw_grid(shapes, drawing.View.of((0, 0, 100, 10)))
    assert re.findall(r'fill="(#\w+)"', svg) == [drawing.SHARES[-1], drawing.SHARES[0]]


def test_a_drawing_has_north_up_and_holes() -> None:
    view = drawing.View.of((0.0, 0.0, 100.0, 100.0))
    places = view.place(np.array([[0.0, 0.0], [100.0, 100.0]]))
    assert places[0, 1] > places[1, 1]
    assert places[0, 0] < places[1, 0]
    ring = shapely.box(10, 10, 90, 90).difference(shapely.box(40, 40, 60, 60))
    nothing = np.empty(0, dtype=object)
    svg = drawing.draw_shapes(drawing.Shapes(np.array([ring]), nothing, nothing), view)
    assert svg.count("M") == svg.count("Z") == 2
    assert "evenodd" in svg


@pytest.mark.parametrize(
    ("highest", "last"), [(0, 1), (1, 1), (3, 3), (7, 8), (83, 100), (1234, 1500), (99999, 100000)]
)
def test_ticks_are_round_and_reach_the_highest(highest: float, last: float) -> None:
    ticks = charts.nice_ticks(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert len(ticks) <= 7
    assert ticks[-1] == last


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(FootprintsError, match="No space left"):
        report.write_report(compared(tmp_path), tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()
