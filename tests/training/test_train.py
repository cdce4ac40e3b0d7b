"""Training: it learns, resumes bit for bit, stops with a sentence, and what it makes can be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lightning_fabric import Fabric
from makers import make_place

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.weights import load_network
from training.__main__ import main
from training.config import TrainOptions
from training.evaluate import evaluate_place
from training.export import export, read_checkpoint
from training.places import Place, read_places
from training.train import train
from training.validate import Tally, add_tile

SMALL = TrainOptions(
    network="unet_efficientnet_lite0", crop_px=64, batch_size=2, steps=4, validate_every=2, warmup_steps=1, workers=0
)


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    make_place(tmp_path / "data" / "near")
    make_place(tmp_path / "data" / "far", split="val")
    return read_places(tmp_path / "data")


def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


def test_export_keeps_the_network_and_says_where_it_comes_from(places: list[Place], tmp_path: Path) -> None:
    train(SMALL, places, tmp_path / "run", fabric())
    checkpoint = read_checkpoint(tmp_path / "run" / "best.pt")
    target = tmp_path / "w.safetensors"
    difference = export(checkpoint, places, {"threshold": 0.4, "seed_threshold": 0.6, "min_area_m2": 5.0}, target)
    assert 0 < difference < 0.02
    _, manifest = load_network(target)
    assert manifest.attribution == ("made for far", "made for near")
    assert manifest.training["places"] == ["near"]
    assert manifest.thresholds["threshold"] == 0.4
    assert target.stat().st_size < 12e6


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"])
def test_no_checkpoint_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "best.pt").write_bytes(content)
    with pytest.raises(BadInput, match=r"checkpoint.*"):
        read_checkpoint(tmp_path / "best.pt")


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
    import re

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


def test_evaluation_runs_what_users_run(places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a network that knows that bright is building, every house of every tile is found."""
    from building_footprints_plugin.engine import extract
    from building_footprints_plugin.engine.options import PolygonizeOptions, SegmentOptions

    class Bright:
        name = "test"
        why = "it was asked for"

        def probabilities(self, tiles: np.ndarray, *, tta: bool = False) -> np.ndarray:
            chance = (tiles[:, 0].astype(np.float32) > 140).astype(np.float32)
            return np.stack([chance, chance], axis=1)

    export_from = tmp_path / "w.safetensors"
    train(replace(SMALL, steps=1, validate_every=1), places, tmp_path / "run", fabric())
    export(
        read_checkpoint(tmp_path / "run" / "last.pt"), places, {"threshold": 0.5, "seed_threshold": 0.5}, export_from
    )
    _, manifest = load_network(export_from)
    monkeypatch.setattr(extract, "_load", lambda model: (Bright(), manifest))
    far = next(place for place in places if place.name == "far")
    result = evaluate_place(far, extract.Model(export_from, SegmentOptions()), PolygonizeOptions(regularize="none"))
    # two touching houses are one bright patch: each tile has one false footprint over two missed houses, or one
    # match where the patch and the larger house overlap by half; the lone house is always found
    assert result["tp"] >= 2
    assert result["pixel_iou"] > 0.95


def test_tuning_finds_the_threshold_that_parts_two_houses(
    places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that is unsure between two houses (0.5) and sure inside (1): seeds above 0.5 part them."""
    from training import tune as tuning

    def tile(place: Place, tile_id: str, *rest: object) -> tuning.Tile:
        _, instances = place.read(tile_id)
        known = np.where(instances == 65535, 0, instances)
        sure = known.copy()
        for shift, axis in ((1, 0), (-1, 0), (1, 1), (-1, 1)):
            sure[np.roll(known, shift, axis) != known] = 0
        interior = np.where(sure > 0, 250, np.where(known > 0, 125, 0)).astype(np.uint8)
        return tuning.Tile(np.where(known > 0, 250, 0).astype(np.uint8), interior, instances)

    train(replace(SMALL, steps=1, validate_every=1), places, tmp_path / "run", fabric())
    weights = tmp_path / "w.safetensors"
    export(read_checkpoint(tmp_path / "run" / "last.pt"), places, {"threshold": 0.5, "seed_threshold": 0.5}, weights)
    monkeypatch.setattr(tuning, "_tile", tile)
    now, (best, *_) = tuning.tune(weights, [place for place in places if place.split == "val"])
    assert best.f1 == {"far": 1.0}
    assert best.point.seed_threshold > 0.5
    assert now.mean_f1 < 1.0
    tuning.write_thresholds(weights, best)
    _, manifest = load_network(weights)
    assert manifest.thresholds["seed_threshold"] == best.point.seed_threshold
