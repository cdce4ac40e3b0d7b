"""The public scorers' rules, case by case; every answer is worked out by hand in the comment beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from footprint_cases import proposal_csv, truth_csv, wkt, write_text

from building_footprints_plugin.engine.comparison import Request, Source, compare, results_of
from building_footprints_plugin.engine.options import ScoreOptions
from building_footprints_plugin.engine.progress import Reporter

PRESETS = ("spacenet", "solaris", "topcoder")
IMAGE = "AOI_2_Vegas_img1"
SQUARE = wkt(0, 0, 10, 10)
BOW_TIE = "POLYGON ((0 0,10 10,10 0,0 10,0 0))"  # encloses two triangles of 25 each, signed sum 0
LOPSIDED = "POLYGON ((0 0,14 7,14 3,0 10,0 0))"  # a wing of 50 and, beyond (10, 5), one of 8 the other way round
SPIKE = "POLYGON ((0 0,10 0,10 10,15 10,10 10,0 10,0 0))"  # the square with a spike: invalid, area 100
RING = "POLYGON ((0 0,10 0,10 10,0 10,0 0),(2 2,8 2,8 8,2 8,2 2))"  # 100 - 36 = 64
ARM = "POLYGON ((0 0,12 0,12 10,10 10,10 8,0 8,0 0))"  # 80 inside the square, 20 beside it, and 2 of its edge


@dataclass(frozen=True)
class Case:
    """Truth and proposals (WKT, confidence) in one image, and (TP, FP, FN) by preset."""

    truth: list[str]
    proposals: list[tuple[str, float]]
    expected: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def same(*counts: int) -> dict[str, tuple[int, int, int]]:
    return dict.fromkeys(PRESETS, (counts[0], counts[1], counts[2]))


CHAIN_TRUTH = [wkt(0, 0, 10, 10), wkt(4, 0, 14, 10)]  # A and B
CHAIN_FIRST, CHAIN_SECOND = wkt(1.9, 0, 11.9, 10), wkt(-1.7, 0, 8.3, 10)  # P1: A .6807, B .6529; P2: A .7094, B .2739
CASES = {
    # 100 / 200 is exactly 0.5: enough for >=, not for >.
    "IoU of exactly one half": Case(
        [SQUARE], [(wkt(0, 0, 10, 20), 1)], {"spacenet": (1, 0, 0), "solaris": (0, 1, 1), "topcoder": (0, 1, 1)}
    ),
    "two proposals on one building": Case([SQUARE], [(SQUARE, 1), (SQUARE, 0.5)], same(1, 1, 0)),
    # P1 first takes A, and P2 cannot have B: one match. P2 first takes A, P1 then takes B: two.
    "order of the file against confidence": Case(
        CHAIN_TRUTH,
        [(CHAIN_FIRST, 0.1), (CHAIN_SECOND, 0.9)],
        {"spacenet": (1, 1, 1), "solaris": (2, 0, 0), "topcoder": (2, 0, 0)},
    ),
    "and the other way round": Case(
        CHAIN_TRUTH,
        [(CHAIN_SECOND, 0.1), (CHAIN_FIRST, 0.9)],
        {"spacenet": (2, 0, 0), "solaris": (1, 1, 1), "topcoder": (1, 1, 1)},
    ),
    # 16 px² of truth is ignored by all; the proposal on it only where proposals are filtered too.
    "a building of 4x4": Case(
        [wkt(0, 0, 4, 4)],
        [(wkt(0, 0, 4, 4), 1)],
        {"spacenet": (0, 1, 0), "solaris": (0, 0, 0), "topcoder": (0, 0, 0)},
    ),
    # Exactly 20 px²: truth > 20 | >= 20 | >= 20; proposals any | > 20 | >= 20.
    "a building of 4x5": Case(
        [wkt(0, 0, 4, 5)],
        [(wkt(0, 0, 4, 5), 1)],
        {"spacenet": (0, 1, 0), "solaris": (0, 0, 1), "topcoder": (1, 0, 0)},
    ),
    "a building just above the limit": Case([wkt(0, 0, 4, 5.1)], [(wkt(0, 0, 4, 5.1), 1)], same(1, 0, 0)),
    "no truth, three proposals": Case(
        [], [(SQUARE, 1), (wkt(20, 0, 30, 10), 1), (wkt(40, 0, 50, 10), 1)], same(0, 3, 0)
    ),
    "no proposals": Case([SQUARE, wkt(20, 0, 30, 10)], [], same(0, 0, 2)),
    "neither": Case([], [], same(0, 0, 0)),
    # 64 / 100 = 0.64: the hole counts as not covered.
    "a proposal with a hole": Case([SQUARE], [(RING, 1)], same(1, 0, 0)),
    # Its signed area is 0, so it is left out where proposals are filtered. The utilities' buffer of width 0 keeps one
    # wing at most: IoU 0.25.
    "a bow-tie as proposal": Case(
        [SQUARE], [(BOW_TIE, 1)], {"spacenet": (0, 1, 1), "solaris": (0, 0, 1), "topcoder": (0, 0, 1)}
    ),
    # The building, 23.04, lies in the left wing, 50. TopCoder divides by the signed sum 50 - 8: 23.04 / 42 = 0.549;
    # the repaired wing gives 23.04 / 50 = 0.461.
    "a lopsided bow-tie": Case(
        ["POLYGON ((0 0,9.6 4.8,0 4.8,0 0))"],
        [(LOPSIDED, 1)],
        {"spacenet": (0, 1, 1), "solaris": (0, 1, 1), "topcoder": (1, 0, 0)},
    ),
    "a spike on the proposal is repaired": Case([SQUARE], [(SPIKE, 1)], same(1, 0, 0)),
    # An invalid building has IoU 0 in solaris, is used elsewhere.
    "a spike on the building": Case(
        [SPIKE], [(SQUARE, 1)], {"spacenet": (1, 0, 0), "solaris": (0, 1, 1), "topcoder": (1, 0, 0)}
    ),
    # 80 / (100 + 100 - 80) = 0.667, but the overlap is an area and a line: IoU 0 for the utilities.
    "an overlap of mixed type": Case(
        [SQUARE], [(ARM, 1)], {"spacenet": (0, 1, 1), "solaris": (1, 0, 0), "topcoder": (1, 0, 0)}
    ),
    "building ids do not matter, a second choice is not a match": Case(
        [SQUARE, wkt(20, 0, 30, 10)], [(wkt(20, 0, 30, 10), 0.2), (wkt(40, 0, 50, 10), 0.9)], same(1, 1, 1)
    ),
}


def score_tables(folder: Path, case: Case, preset: str) -> dict[str, object]:
    proposals = proposal_csv(folder / "p.csv", [(IMAGE, shape, score) for shape, score in case.proposals])
    truth = truth_csv(folder / "t.csv", [(IMAGE, shape) for shape in case.truth])
    return run(proposals, truth, preset)


def run(proposals: str, truth: str, preset: str) -> dict[str, object]:
    request = Request(Source(proposals), Source(truth), ScoreOptions(preset=preset))
    return results_of(compare(request, Reporter()))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", CASES)
def test_counts_are_those_of_the_scorer(tmp_path: Path, name: str, preset: str) -> None:
    result = score_tables(tmp_path, CASES[name], preset)
    assert (result["tp"], result["fp"], result["fn"]) == CASES[name].expected[preset]


@pytest.mark.parametrize(("preset", "expected"), [("spacenet", 0.6), ("solaris", 0.9), ("topcoder", 0.9)])
def test_order_decides_which_of_two_is_matched(tmp_path: Path, preset: str, expected: float) -> None:
    """The first covers 60 of the building's 100, the second 90; the counts are equal, the mean IoU tells."""
    case = Case([SQUARE], [(wkt(0, 0, 6, 10), 0.1), (wkt(0, 0, 9, 10), 0.9)])
    result = score_tables(tmp_path, case, preset)
    assert (result["tp"], result["fp"], result["fn"]) == (1, 1, 0)
    assert result["mean_iou"] == pytest.approx(expected)


@pytest.mark.parametrize("preset", PRESETS)
def test_images_in_only_one_file_count(tmp_path: Path, preset: str) -> None:
    proposals = proposal_csv(tmp_path / "p.csv", [("AOI_2_Vegas_img1", SQUARE, 1), ("AOI_2_Vegas_img2", SQUARE, 1)])
    truth = truth_csv(tmp_path / "t.csv", [("AOI_2_Vegas_img1", SQUARE), ("AOI_2_Vegas_img3", SQUARE)])
    result = run(proposals, truth, preset)
    assert (result["tp"], result["fp"], result["fn"]) == (1, 1, 1)
    assert [image["image"] for image in result["images"]] == [f"AOI_2_Vegas_img{n}" for n in (1, 2, 3)]  # type: ignore[attr-defined]
    assert [image["f1"] for image in result["images"]] == [1.0, 0.0, 0.0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("spacenet", 2 * (2 / 4) * (2 / 2) / (2 / 4 + 2 / 2)),  # sums: TP 2, FP 2, FN 0
        ("solaris", 2 * (2 / 4) * (2 / 2) / (2 / 4 + 2 / 2)),
        ("topcoder", (1.0 + 0.5) / 2),  # Vegas 1; Paris TP 1, FP 2: P 1/3, R 1, F1 1/2
    ],
)
def test_total_is_a_sum_or_a_mean_over_areas(tmp_path: Path, preset: str, expected: float) -> None:
    far = wkt(50, 50, 60, 60)
    proposals = proposal_csv(
        tmp_path / "p.csv",
        [("AOI_2_Vegas_img1", SQUARE, 1), *[("AOI_3_Paris_img1", shape, 1) for shape in (SQUARE, far, far)]],
    )
    truth = truth_csv(tmp_path / "t.csv", [("AOI_2_Vegas_img1", SQUARE), ("AOI_3_Paris_img1", SQUARE)])
    result = run(proposals, truth, preset)
    assert result["f1"] == pytest.approx(expected)
    assert result["f1_by_iou"] == dict.fromkeys(result["f1_by_iou"], pytest.approx(expected))  # type: ignore[call-overload]
    assert [(area["area"], area["f1"]) for area in result["areas"]] == [  # type: ignore[attr-defined]
        ("AOI_2_Vegas", 1.0),
        ("AOI_3_Paris", 0.5),
    ]


@pytest.mark.parametrize("preset", PRESETS)
def test_empty_rows_name_an_image_and_nothing_else(tmp_path: Path, preset: str) -> None:
    truth = write_text(
        tmp_path / "t.csv",
        [
            "ImageId,BuildingId,PolygonWKT_Pix,PolygonWKT_Geo",
            "AOI_2_Vegas_img1,-1,POLYGON EMPTY,POLYGON EMPTY",
            f'AOI_2_Vegas_img2,-1,"{SQUARE}","{SQUARE}"',
        ],
    )
    proposals = write_text(
        tmp_path / "p.csv", ["ImageId,BuildingId,PolygonWKT_Pix,Confidence", "AOI_2_Vegas_img1,-1,POLYGON EMPTY,0"]
    )
    result = run(proposals, truth, preset)
    assert (result["tp"], result["fp"], result["fn"], result["f1"]) == (0, 0, 0, 0.0)
    assert len(result["images"]) == 2  # type: ignore[arg-type]
