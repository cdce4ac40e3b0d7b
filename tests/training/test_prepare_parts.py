"""The parts of `prepare` by hand: where chips begin, how splits are drawn, how footprints become numbers."""

from __future__ import annotations

from collections import Counter
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from building_footprints_plugin.engine.burning import burn, renumbered
from building_footprints_plugin.engine.errors import BadInput
from training.places import SPLITS
from training.prepare import resample_labels, resample_picture
from training.prepare.chips import chips_of, part_of, starts
from training.prepare.labelling import NoBuildings
from training.prepare.options import PrepareOptions
from training.prepare.plan import jobs_of, plan
from training.prepare.resample import labels_on
from training.prepare.source import Collection, Image
from training.prepare.split import draw, stretches

STARTS = [
    pytest.param(650, 256, [0, 256, 394], id="the reference's: the last one is shifted inside"),
    pytest.param(512, 256, [0, 256], id="two fit exactly"),
    pytest.param(513, 256, [0, 256, 257], id="one pixel more is a chip more"),
    pytest.param(256, 256, [0], id="one fits exactly"),
    pytest.param(100, 256, [0], id="a small image stays whole"),
]


@pytest.mark.parametrize(("length", "side", "expected"), STARTS)
def test_starts(length: int, side: int, expected: list[int]) -> None:
    assert starts(length, side) == expected


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(8, 40))
def test_chips_cover_every_pixel_and_what_is_new_covers_it_once(height: int, width: int, side: int) -> None:
    seen, new = np.zeros((height + 7, width + 3), int), np.zeros((height + 7, width + 3), int)
    for chip in chips_of((7, 3, height, width), side):
        row, col, rows, cols = chip.window
        assert (rows, cols) == (min(side, height), min(side, width))
        seen[row : row + rows, col : col + cols] += 1
        new[row + chip.seen_rows : row + rows, col + chip.seen_cols : col + cols] += 1
    assert (seen[7:, 3:] >= 1).all()
    assert (new[7:, 3:] == 1).all()
    assert seen[:7].sum() + seen[:, :3].sum() == 0


def test_stretches_keep_their_distance() -> None:
    """1000 columns, 70:15:15 with a gap of 20: 0..690, 710..840, 860..1000."""
    window = (5, 0, 60, 1000)
    spans = [part_of(window, low, high, 20) for low, high in ((0, 0.7), (0.7, 0.85), (0.85, 1))]
    assert spans == [(5, 0, 60, 690), (5, 710, 60, 130), (5, 860, 60, 140)]


SIZES = [
    (1, {"train": 1}),
    (2, {"train": 1, "val": 1}),
    (3, {"train": 1, "val": 1, "test": 1}),
    (7, {"train": 5, "val": 1, "test": 1}),
    (20, {"train": 14, "val": 3, "test": 3}),
    (3851, {"train": 2697, "val": 577, "test": 577}),
]


@pytest.mark.parametrize(("count", "expected"), SIZES)
def test_shares(count: int, expected: dict[str, int]) -> None:
    names = [f"img{number}" for number in range(count)]
    drawn = draw(names, (70, 15, 15), seed=1)
    assert Counter(drawn.values()) == expected
    assert draw(reversed(names), (70, 15, 15), seed=1) == drawn


def test_a_draw_is_the_same_on_every_machine() -> None:
    """By SHA-256 of "1:a" … "1:d", computed with sha256sum: d 244b…, a 4162…, b 6f05…, c b8a9…."""
    assert draw("abcd", (50, 25, 25), seed=1) == {"d": "val", "a": "test", "b": "train", "c": "train"}


@pytest.mark.parametrize("shares", [(70, 30), (0, 50, 50), (70, -1, 31)])
def test_shares_that_make_no_sense(shares: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="expected three numbers"):
        PrepareOptions(shares=shares)


def test_stretches_follow_the_shares_and_the_seed() -> None:
    found = [stretches("town", (70, 15, 15), seed) for seed in range(20)]
    for each in found:
        assert {split: round(high - low, 6) for split, (low, high) in each.items()} == {
            "train": 0.7,
            "val": 0.15,
            "test": 0.15,
        }
    assert len({tuple(each.items()) for each in found}) > 1
    assert list(stretches("town", (80, 20, 0), 1)) == ["train", "val"]


def boxes(*bounds: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([shapely.box(*each) for each in bounds], dtype=object)


BURNT = [
    pytest.param(boxes((1, 1, 3, 2)), ["00000", "01100", "00000", "00000"], id="a pixel counts by its centre"),
    pytest.param(boxes((0.6, 0.6, 1.4, 1.4)), ["00000", "01000", "00000", "00000"], id="one between centres keeps one"),
    pytest.param(boxes((0, 0, 4, 3), (1, 1, 2, 2)), ["11110", "12110", "11110", "00000"], id="the smaller one on top"),
    pytest.param(boxes((1, 1, 2, 2), (0, 0, 4, 3)), ["22220", "21220", "22220", "00000"], id="whatever the order"),
    pytest.param(boxes((2.1, 1.1, 2.3, 1.3)), ["00000", "00100", "00000", "00000"], id="a tiny one keeps a pixel"),
    pytest.param(boxes((4.8, 1, 9, 2)), ["00000", "00000", "00000", "00000"], id="a sliver of one cut off does not"),
    pytest.param(boxes((0, 0, 3, 4), (3, 0, 5, 4)), ["11122"] * 4, id="touching ones stay two"),
]


@pytest.mark.parametrize(("polygons", "expected"), BURNT)
def test_burnt(polygons: np.ndarray, expected: list[str]) -> None:
    found = burn(polygons, Affine.identity(), (4, 5))
    np.testing.assert_array_equal(found, [[int(cell) for cell in row] for row in expected])


def test_numbers_without_gaps() -> None:
    found = renumbered(np.array([[0, 7, 70_000], [-1, 65_535, 7]], np.int32))
    np.testing.assert_array_equal(found, [[0, 1, 3], [65535, 2, 1]])
    assert found.dtype == np.uint16


def test_more_buildings_than_numbers() -> None:
    with pytest.raises(BadInput, match="65536 buildings; expected at most 65534"):
        renumbered(np.arange(1, 65_537, dtype=np.int32).reshape(256, 256))


def test_a_building_smaller_than_the_new_pixel_does_not_vanish() -> None:
    """Pixels of a third: of 9, one is building 5; unknown is most frequent on the right, and stays."""
    numbers = np.zeros((6, 6), np.int32)
    numbers[1, 2] = 5
    numbers[:, 3:] = -1
    numbers[4, 4] = 8
    np.testing.assert_array_equal(labels_on((2, 2), (3.0, 3.0), numbers), [[5, -1], [0, -1]])


def test_pictures_are_averaged_not_picked() -> None:
    """A board of single black and white pixels becomes grey at a third of the resolution."""
    board = np.kron(np.indices((60, 60)).sum(0) % 2, np.ones((1, 1), int)) * 255
    small = resample_picture(np.repeat(board[..., None], 3, axis=2).astype(np.uint8), 1 / 3)
    assert small.shape == (20, 20, 3)
    assert abs(small[2:-2, 2:-2].astype(int) - 127).max() < 25


def test_labels_keep_their_numbers() -> None:
    labels = np.kron(np.array([[1, 65535], [0, 300]]), np.ones((20, 20), int)).astype(np.uint16)
    np.testing.assert_array_equal(resample_labels(labels, 0.5), labels[::2, ::2])


def test_ten_thousand_images_are_planned_without_opening_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """20 are looked at for the resolution; the others are first opened by the worker that cuts them."""
    opened: list[str] = []
    monkeypatch.setattr(Image, "native_m", lambda image: opened.append(image.key) or 0.3)
    images = tuple(Image(tmp_path / f"img{n}.tif", f"img{n}", NoBuildings()) for n in range(10_000))
    options = PrepareOptions()
    planned, notes = plan([Collection("vegas", "spacenet", tmp_path, images, {})], options)
    assert notes == []
    assert len(opened) == 20
    jobs = [job for each in planned for job in jobs_of(each, tmp_path, options)]
    assert len(jobs) == 10_000
    assert len(ForkingPickler.dumps(jobs[0])) < 2000  # what is sent to a worker does not grow with the collection
    assert Counter(each.place for each in planned) == {"vegas-train": 7000, "vegas-val": 1500, "vegas-test": 1500}


def test_places_are_drawn_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ten places that do not say what they are for: none is in two splits. With --split-by image, all may be."""
    monkeypatch.setattr(Image, "native_m", lambda image: 0.3)
    images = tuple(Image(tmp_path / f"{n}.png", f"{n}", NoBuildings()) for n in range(10))
    places = [Collection(f"town{n}", "places", tmp_path, images, {}) for n in range(10)]
    planned, _ = plan(places, PrepareOptions())
    assert Counter(split for _, split in {(each.collection.name, each.split) for each in planned}) == {
        "train": 8,
        "val": 1,
        "test": 1,
    }
    planned, _ = plan(places, PrepareOptions(split_by="image"))
    assert {each.place for each in planned} == {f"town{n}-{split}" for n in range(10) for split in SPLITS}
