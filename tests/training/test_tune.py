"""`tune`: the F1 by hand, the search, and what is written where."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from makers import make_place
from weights_files import THRESHOLDS, Bright, write_checkpoint, write_weights

from building_footprints_plugin.engine.polygonize import Thresholds, label_buildings
from building_footprints_plugin.engine.weights import load_network, read_manifest
from training import tune as module
from training.__main__ import main
from training.export import read_checkpoint
from training.objects import Objects, objects_of
from training.places import read_places
from training.trying import Point, Tile, try_points
from training.tune import AREAS_M2, CENTRE, Search, around, scores_of, tune


def test_objects_by_hand() -> None:
    """Truth: 4 x 4 at the corner (hit, IoU 12/16), 4 x 4 below (missed). Found: a strip on unknown ground, a stray."""
    truth = np.zeros((12, 12), np.uint16)
    truth[:4, :4], truth[8:, :4] = 1, 2
    truth[:, 10:] = 65535
    found = np.zeros((12, 12), np.int32)
    found[:3, :4], found[5:8, 10:], found[6:9, 5:8] = 5, 7, 9
    objects = objects_of(found, truth)
    assert objects.buildings == 2
    assert (objects.size_px.tolist(), objects.matched.tolist()) == ([12, 9], [True, False])
    assert (objects.known_px.tolist(), objects.right_px.tolist(), objects.truth_px) == ([12, 9], [12, 0], 32)


@pytest.mark.parametrize(("overlap", "matched"), [(10, False), (11, True)])  # of 15 and 15: IoU 10/20 and 11/19
def test_half_is_not_enough(overlap: int, matched: bool) -> None:
    truth, found = np.zeros((1, 40), np.uint16), np.zeros((1, 40), np.int32)
    truth[0, :15], found[0, 15 - overlap : 30 - overlap] = 1, 1
    assert objects_of(found, truth).matched.tolist() == [matched]


def test_scores_at_each_area_by_hand() -> None:
    """Two tiles with three buildings: found are 10 (right), 4 (wrong); 6 (right). Smaller ones are left out in turn.

    Of the 20 pixels of buildings, 8 and 1 are found in the first tile (one of the ten lies on unknown ground), and 5.
    """
    tiles = [
        [objects([(10, True, 9, 8), (4, False, 4, 1)], buildings=2, truth_px=14)],
        [objects([(6, True, 6, 5)], buildings=1, truth_px=6)],
    ]
    f1, iou = scores_of(tiles, np.array([0.0, 4.0, 5.0, 7.0, 11.0]))
    assert f1[0].tolist() == pytest.approx([4 / 6, 4 / 6, 4 / 5, 2 / 4, 0])
    assert iou[0].tolist() == pytest.approx([14 / 25, 14 / 25, 13 / 22, 8 / 21, 0])


def objects(rows: list[tuple[int, bool, int, int]], buildings: int, truth_px: int) -> Objects:
    """Return found buildings of size, match, known and right pixels."""
    size, matched, known, right = map(np.array, zip(*rows, strict=True))
    return Objects(size, matched, np.arange(len(rows)) + 1, known, right, buildings, truth_px)


def noisy_tile(seed: int) -> Tile:
    rng = np.random.default_rng(seed)
    building = rng.integers(0, 251, (24, 24)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
    interior = (building * rng.random((96, 96))).astype(np.uint8)
    return Tile(building, interior, label_buildings(building, interior, Thresholds.of(0.6, 0.6)).astype(np.uint16))


def test_trying_is_labelling() -> None:
    """One watershed for several merge thresholds gives what the engine gives for each."""
    tile = noisy_tile(1)
    points = [Point(0.4, 0.7, 0.8), Point(0.4, 0.7, 1.1), Point(0.5, 0.6, 0.8)]
    for point, objects in zip(points, try_points(tile, points), strict=True):
        whole = objects_of(label_buildings(tile.building, tile.interior, Thresholds.of(*point)), tile.truth)
        assert objects.size_px.tolist() == whole.size_px.tolist()
        assert objects.matched.tolist() == whole.matched.tolist()


def test_around_stays_within_the_limits() -> None:
    points = around(Point(0.9, 0.5, 1.15), Point(0.2, 0.1, 0.1))
    assert len(points) == 27
    assert {point.threshold for point in points} == {0.7, 0.9, 0.95}
    assert {point.merge_threshold for point in points} == {1.05, 1.15, 1.2}


def hill(peak: Point, area_m2: float) -> object:
    """A score that is 1 at one point and area, in both figures together, and falls off in all four directions."""

    class Hill(Search):
        def scores(self, points: list[Point], areas_m2: np.ndarray) -> dict[str, np.ndarray]:
            away = [sum(abs(a - b) for a, b in zip(point, peak, strict=True)) for point in points]
            worth = 1 - np.array(away)[:, None] - 0.00099 * np.abs(areas_m2 - area_m2)
            return {"place": np.stack([0.25 * worth, 0.75 * worth])}

    return Hill({}, 0.3, lambda tiles, points: [])


def test_the_search_climbs_and_tries_nothing_twice() -> None:
    search = hill(Point(0.3, 0.85, 0.975), 14.0)
    centre, steps, asked = CENTRE, module.STEPS, 0
    for _ in range(module.ROUNDS):
        asked += 27
        search.look(around(centre, steps))
        centre, steps = search.ranked[0].point, Point(*(step / 2 for step in steps))
    best = search.ranked[0]
    assert best.point == Point(0.3, 0.85, 0.975)
    assert best.min_area_m2 == 9.0  # 14 is better by 0.005
    assert len(search.tried) < asked
    assert AREAS_M2[0] == 0


def test_of_areas_as_good_the_smallest_counts() -> None:
    search = Search(
        {"place": [noisy_tile(2)]}, {"place": 1.0}, lambda tiles, points: [try_points(tile, points) for tile in tiles]
    )
    search.look([Point(0.6, 0.6, 9.0)])  # nothing is merged
    [setting] = search.ranked
    assert setting.mean == (1.0, 1.0)
    assert setting.min_area_m2 == 0.0


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "Predictor", Bright)
    for name, split in (("far", "val"), ("near", "train"), ("third", "val")):
        make_place(tmp_path / "data" / name, split=split)
    return tmp_path / "data"


def test_processes_change_nothing(data: Path, tmp_path: Path) -> None:
    weights, places = write_weights(tmp_path / "w.safetensors"), read_places(data, "val")
    assert tune(weights, places, workers=1) == tune(weights, places, workers=2)


def test_the_command_prints_and_writes(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = write_weights(tmp_path / "w.safetensors")
    before = load_network(weights)[0].state_dict()
    assert main(["tune", str(weights), str(data), "--workers", "1", "--dry-run"]) == 0
    assert read_manifest(weights).thresholds == THRESHOLDS
    assert main(["tune", str(weights), str(data), "--workers", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        " ".join(lines[0].split()) == "setting threshold seeds merge min area m2 confidence mean F1 pixel IoU far third"
    )
    assert lines[1].split()[:7] == ["as", "it", "was", "0.400", "0.600", "0.900", "5"]
    best = lines[2].split()
    assert float(best[7]) + float(best[8]) >= float(lines[1].split()[8]) + float(lines[1].split()[9])
    found = read_manifest(weights).thresholds
    assert found["threshold"] == pytest.approx(float(best[2]), abs=1e-3)
    assert found["min_area_m2"] == float(best[5])
    assert all((before[name] == tensor).all() for name, tensor in load_network(weights)[0].state_dict().items())


def test_a_checkpoint_keeps_its_thresholds_for_export(data: Path, tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path / "best.pt")
    assert main(["tune", str(checkpoint), str(data), "--places", "near", "--workers", "1"]) == 0
    found = read_checkpoint(checkpoint).thresholds
    assert set(found) == {*THRESHOLDS, "min_confidence", "confidence_slope", "confidence_offset"}
    target = tmp_path / "w.safetensors"
    assert main(["export", str(checkpoint), str(data), str(target)]) == 0
    assert read_manifest(target).thresholds == found


def test_weights_that_find_nothing_are_left_alone(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Blind(Bright):
        def probabilities(self, tiles: np.ndarray, *, tta: bool = False) -> np.ndarray:
            return 0 * super().probabilities(tiles)

    monkeypatch.setattr(module, "Predictor", Blind)
    weights = write_weights(tmp_path / "w.safetensors")
    assert main(["tune", str(weights), str(data), "--workers", "1"]) == 1
    assert "finds no building of the places at any threshold" in capsys.readouterr().err
    assert read_manifest(weights).thresholds == THRESHOLDS


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.safetensors", "{data}"], "There is no weights file none.safetensors"),
        (["{weights}", "nowhere"], "There is no folder nowhere"),
        (["{weights}", "{only_train}"], "No val place in"),
        (["{weights}", "{data}", "--places", "mars"], "There is no place mars"),
        (["{text}", "{data}"], "is no whole checkpoint"),
    ],
)
def test_mistakes_are_one_sentence(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    make_place(tmp_path / "train" / "near")
    (tmp_path / "text.pt").write_text("a checkpoint")
    made = {
        "data": data,
        "weights": write_weights(tmp_path / "w.safetensors"),
        "only_train": tmp_path / "train",
        "text": tmp_path / "text.pt",
    }
    assert main(["tune", *(word.format(**made) for word in words)]) == 2
    printed = capsys.readouterr().err
    assert re.search(sentence, printed), printed
    assert printed.count("\n") == 1
