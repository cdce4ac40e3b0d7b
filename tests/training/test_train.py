"""What a training makes can be exported and tuned; bad words are a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tiny import one_cpu
from weights_files import write_weights

from building_footprints_plugin.engine.weights import load_network
from training import tune as tuning
from training.__main__ import main
from training.config import TrainOptions
from training.export import export, read_checkpoint, rewrite_manifest
from training.places import Place
from training.train import train
from training.validate import Tally, add_tile

SMALL = TrainOptions(
    network="unet_efficientnet_lite0", crop_px=64, batch_size=2, steps=4, validate_every=2, warmup_steps=1, workers=0
)


def test_export_keeps_the_network_and_says_where_it_comes_from(places: list[Place], tmp_path: Path) -> None:
    train(SMALL, places, tmp_path / "run", one_cpu())
    checkpoint = read_checkpoint(tmp_path / "run" / "best.pt")
    target = tmp_path / "w.safetensors"
    difference = export(checkpoint, places, {"threshold": 0.4, "seed_threshold": 0.6, "min_area_m2": 5.0}, target)
    assert 0 < difference < 0.02
    _, manifest = load_network(target)
    assert manifest.attribution == ("made for far", "made for near")
    assert manifest.training["places"] == ["near"]
    assert manifest.thresholds["threshold"] == 0.4
    assert target.stat().st_size < 12e6


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "nowhere", "run"], "No place in nowhere"),
        (["train", "nowhere", "run", "--steps", "0"], "steps is 0"),
        (["export", "none.pt", "nowhere", "w.safetensors"], "no checkpoint none.pt"),
        (["export", "none.pt", "nowhere", "w.pth"], r"expected one of \.safetensors"),
        (["dance"], "COMMAND|dance"),
    ],
)
def test_bad_words_are_one_sentence(capsys: pytest.CaptureFixture[str], words: list[str], sentence: str) -> None:
    assert main(words) == 2
    printed = capsys.readouterr().err
    assert re.search(sentence, printed), printed
    assert printed.count("\n") == 1


def test_tally_by_hand() -> None:
    """Truth: 4 x 4 at the corner (hit, IoU 12/16), 4 x 4 below (missed). Found: a strip on unknown ground, a stray."""
    truth = np.zeros((12, 12), np.uint16)
    truth[:4, :4], truth[8:, :4] = 1, 2
    truth[:, 10:] = 65535
    found = np.zeros((12, 12), np.int32)
    found[:3, :4], found[5:8, 10:], found[6:9, 5:8] = 1, 2, 3
    tally = Tally()
    add_tile(tally, found, truth, min_area_px=5)
    assert (tally.tp, tally.fp, tally.fn) == (1, 1, 1)
    assert tally.f1 == 0.5
    assert tally.iou == 12 / (16 + 16 + 9)


def test_tuning_finds_the_threshold_that_parts_two_houses(
    places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that is unsure between two houses (0.5) and sure inside (1): seeds above 0.5 part them."""

    def tile(place: Place, tile_id: str, *rest: object) -> tuning.Tile:
        _, instances = place.read(tile_id)
        known = np.where(instances == 65535, 0, instances)
        sure = known.copy()
        for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
            sure[np.roll(known, shift, axis) != known] = 0
        interior = np.where(sure > 0, 250, np.where(known > 0, 125, 0)).astype(np.uint8)
        return tuning.Tile(np.where(known > 0, 250, 0).astype(np.uint8), interior, instances)

    weights = write_weights(tmp_path / "w.safetensors")
    rewrite_manifest(weights, thresholds={"threshold": 0.5, "seed_threshold": 0.5})
    monkeypatch.setattr(tuning, "_tile", tile)
    now, (best, *_) = tuning.tune(weights, [place for place in places if place.split == "val"])
    assert {name: score.f1 for name, score in best.scores.items()} == {"far": 1.0}
    assert best.point.seed_threshold > 0.5
    assert now.mean.f1 < 1.0
    tuning.write_thresholds(weights, best)
    _, manifest = load_network(weights)
    assert manifest.thresholds["seed_threshold"] == best.point.seed_threshold
