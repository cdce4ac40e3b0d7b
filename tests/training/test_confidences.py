"""What `tune` finds out about confidences: by hand, and from footprints whose chances are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from makers import make_place
from weights_files import Bright, write_weights

from building_footprints_plugin.engine.confidence import Calibration
from building_footprints_plugin.engine.weights import read_manifest
from training import tune as module
from training.__main__ import main
from training.confidences import UNCHANGED, Found, calibrate, find
from training.objects import Objects
from training.trying import Point, Tile
from training.tune import Setting, with_confidence


def test_found_by_hand() -> None:
    """A house found with 200/250, a stray with 100 and 200 in turns, and a crumb that is too small."""
    truth, building = np.zeros((20, 20), np.uint16), np.zeros((20, 20), np.uint8)
    truth[:5, :5], building[:5, :5] = 1, 200
    building[10:14, 10:14] = np.array([100, 200] * 2)
    building[18, 18] = 250
    found = find([Tile(building, building, truth)], Point(0.3, 0.3, 2.0), 2)
    assert found.mean.tolist() == [0.8, 0.6]
    assert found.objects.matched.tolist() == [True, False]
    assert found.score(np.array([True, True])) == pytest.approx((2 / 3, 25 / 41))
    assert found.score(np.array([True, False])) == (1.0, 1.0)
    assert found.score(np.array([False, False])) == (0.0, 0.0)


def test_where_nothing_is_built_nothing_found_scores_zero() -> None:
    nothing = np.zeros((4, 4), np.uint8)
    found = find([Tile(nothing, nothing, nothing.astype(np.uint16))], Point(0.3, 0.3, 2.0), 2)
    assert found.score(np.empty(0, dtype=bool)) == (0.0, 0.0)


def found_of(mean: np.ndarray, right: np.ndarray, buildings: int) -> Found:
    """Return footprints of a pixel each."""
    one = np.ones(len(mean), np.int64)
    return Found(mean, Objects(one, right, one, one, right.astype(np.int64), buildings, buildings))


@pytest.mark.parametrize("line", [Calibration(1.0, 0.0), Calibration(1.5, -2.5), Calibration(0.6, 1.0)])
def test_the_line_that_made_the_footprints_is_found(line: Calibration) -> None:
    rng = np.random.default_rng(5)
    mean = rng.uniform(0.5, 0.99, 40_000)
    found = found_of(mean, rng.random(len(mean)) < line(mean), len(mean))
    fitted = calibrate({"place": found})
    assert (fitted.slope, fitted.offset) == pytest.approx((line.slope, line.offset), abs=0.1)


def test_footprints_count_alike() -> None:
    """Of footprints of 0.5, all are right in a place of 900 and none in one of 100: together nine of ten."""
    large, small = (found_of(np.full(n, 0.5), np.full(n, right), n) for n, right in ((900, True), (100, False)))
    assert calibrate({"large": large, "small": small})(np.array([0.5])) == pytest.approx([0.9], abs=0.01)


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"nothing": found_of(np.empty(0), np.empty(0, dtype=bool), 3)},
        {"the wrong way round": found_of(np.linspace(0.5, 0.99, 999), np.linspace(0.5, 0.99, 999) < 0.7, 999)},
    ],
    ids=lambda found: "".join(found) or "no place",
)
def test_what_cannot_be_learned_from_changes_nothing(found: dict[str, Found]) -> None:
    assert calibrate(found) == UNCHANGED


def test_a_few_that_are_all_right_are_no_certainty() -> None:
    assert calibrate({"place": found_of(np.array([0.8, 0.9]), np.array([True, True]), 2)})(np.array([0.8])) < 0.95


def test_footprints_that_are_mostly_false_are_left_out() -> None:
    """Twenty houses with 0.9 and forty strays with 0.55: without these the F1 is 1, with them 40 / 80."""
    truth, building = np.zeros((8, 480), np.uint16), np.zeros((8, 480), np.uint8)
    for number in range(60):
        part = np.s_[2:6, number * 8 : number * 8 + 4]
        building[part] = 225 if number % 3 == 0 else 138
        truth[part] = number + 1 if number % 3 == 0 else 0
    codes = {"place": [Tile(building, building, truth)]}
    best = with_confidence(Setting(Point(0.4, 0.4, 2.0), 0.0, {}), codes, {"place": 1.0})
    assert best.scores == {"place": (1.0, 1.0)}
    line = best.calibration
    low, high = line(np.array([0.552, 0.9]))
    assert low < best.min_confidence < high
    assert best.thresholds["confidence_slope"] == line.slope


def test_the_command_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Predictor", Bright)
    make_place(tmp_path / "data" / "far", split="val", tiles=4)
    weights = write_weights(tmp_path / "w.safetensors")
    assert main(["tune", str(weights), str(tmp_path / "data"), "--workers", "1"]) == 0
    found = read_manifest(weights).thresholds
    assert found["confidence_slope"] > 0
    assert 0 <= found["min_confidence"] <= 0.5


def test_means_that_all_lie_close_together_are_calibrated_too() -> None:
    """What a network gives: means of 0.6 to 0.99, of which the lowest are right in a quarter and few in all cases."""
    rng, line = np.random.default_rng(3), Calibration(1.06, -2.38)
    mean = rng.beta(20, 1.8, 4000)
    found = found_of(mean, rng.random(len(mean)) < line(mean), 4000)
    fitted = calibrate({"place": found})
    assert (fitted.slope, fitted.offset) == pytest.approx((line.slope, line.offset), abs=0.25)
