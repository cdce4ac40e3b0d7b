"""Training: it learns, resumes bit for bit, stops with a sentence, and what it makes can be used."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from makers import make_place

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.weights import load_network
from training import train as module
from training.__main__ import main
from training.config import TrainOptions, read_config
from training.evaluate import evaluate_place
from training.export import export, read_checkpoint
from training.places import Place, read_places
from training.train import rate_at, start_network, train
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


def test_two_and_two_steps_equal_four(places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(SMALL, places, tmp_path / "whole", fabric())
    calls = []

    def stop_at_second(path: Path, *rest: object) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "_record", stop_at_second)
        with pytest.raises(KeyboardInterrupt):
            train(SMALL, places, tmp_path / "parts", fabric())
    train(SMALL, places, tmp_path / "parts", fabric())
    whole, parts = (read_checkpoint(tmp_path / name / "last.pt") for name in ("whole", "parts"))
    assert whole.step == parts.step == 4
    for one, other in zip(whole.network.state_dict().values(), parts.network.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_a_run_leaves_a_table_and_checkpoints(places: list[Place], tmp_path: Path) -> None:
    best = train(SMALL, places, tmp_path / "run", fabric())
    assert best == tmp_path / "run" / "best.pt"
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"config.json", "metrics.csv", "last.pt", "best.pt"}
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").open()))
    assert [row["step"] for row in rows] == ["2", "4"]
    assert set(rows[0]) == {"step", "loss", "far f1", "far iou"}


@pytest.mark.slow
def test_it_learns(places: list[Place], tmp_path: Path) -> None:
    """Bright houses on dark ground: fifty steps on two tiles finds them in a place never seen."""
    options = replace(SMALL, steps=50, validate_every=50, ema_decay=0.9, warmup_steps=5)
    train(options, places, tmp_path / "run", fabric())
    last = list(csv.DictReader((tmp_path / "run" / "metrics.csv").open()))[-1]
    assert float(last["far iou"]) > 0.7


def test_a_loss_that_is_no_number_names_the_step(
    places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "segmentation_loss", lambda logits, *rest: logits.sum() * float("nan"))
    with pytest.raises(FootprintsError, match="loss is nan at step 0"):
        train(SMALL, places, tmp_path / "run", fabric())


def test_both_splits_are_needed(places: list[Place], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="both splits"):
        train(SMALL, [place for place in places if place.split == "train"], tmp_path / "run", fabric())


def test_the_rate_rises_then_falls_to_a_hundredth() -> None:
    options = replace(SMALL, steps=1000, warmup_steps=100)
    rates = [rate_at(step, options) for step in range(1001)]
    assert rates[0] == 0.01
    assert max(rates) == rates[99] == rates[100] == 1.0
    assert rates[1000] == pytest.approx(0.01)
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_the_encoder_starts_from_imagenet() -> None:
    torch.manual_seed(0)
    first = start_network("unet_efficientnet_lite0").state_dict()
    torch.manual_seed(1)
    second = start_network("unet_efficientnet_lite0").state_dict()
    same = {name.split(".")[0] for name in first if torch.equal(first[name], second[name]) and first[name].dim() == 4}
    assert same == {"encoder"}


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
    ("text", "sentence"),
    [("colour = 'blue'", "sets colour, which is no option"), ("steps = ", "cannot be read as a TOML file")],
)
def test_a_config_that_cannot_be_used(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(BadInput, match=sentence):
        read_config(tmp_path / "c.toml")


def test_flags_override_the_config_file(places: list[Place], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("steps = 9\nbatch_size = 2\ncrop_px = 64\nvalidate_every = 1\nworkers = 0\n")
    words = ["train", str(tmp_path / "data"), str(tmp_path / "run"), "--config", str(tmp_path / "c.toml")]
    assert main([*words, "--steps", "1", "--accelerator", "cpu", "--precision", "32-true"]) == 0
    config = (tmp_path / "run" / "config.json").read_text()
    assert '"steps": 1,' in config
    assert '"batch_size": 2,' in config


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "nowhere", "run"], "No place in nowhere"),
        (["train", "nowhere", "run", "--steps", "0"], "steps is 0"),
        (["export", "none.pt", "nowhere", "w.safetensors"], "no checkpoint none.pt"),
        (["export", "none.pt", "nowhere", "w.pth"], "does not end in .safetensors"),
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
    best, *_, worst = tuning.tune(weights, [place for place in places if place.split == "val"])
    assert best.f1 == {"far": 1.0}
    assert best.seed_threshold > 0.5
    assert worst.mean_f1 < 1.0
    tuning.write_thresholds(weights, best)
    _, manifest = load_network(weights)
    assert manifest.thresholds["seed_threshold"] == best.seed_threshold
