"""`export`: the network is kept, the file says where it comes from, and the card tells it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from weights_files import THRESHOLDS, untrained, write_checkpoint, write_weights

from building_footprints_plugin.engine.errors import FootprintsError
from building_footprints_plugin.engine.footprints import DEFAULTS
from building_footprints_plugin.engine.weights import load_network, read_manifest
from training.__main__ import main
from training.card import card_of
from training.export import as_weights, export, read_checkpoint
from training.places import Place
from training.state import read_state


def test_the_network_is_kept_in_half_precision(places: list[Place], tmp_path: Path) -> None:
    checkpoint, target = untrained(), tmp_path / "w.safetensors"
    difference = export(checkpoint, places, {"threshold": 0.3}, target, "CC0")
    assert 0 < difference < 0.02
    assert target.stat().st_size < 12e6
    network, manifest = load_network(target)
    for name, tensor in checkpoint.network.state_dict().items():
        kept = network.state_dict()[name]
        assert torch.equal(kept, tensor.half().float() if tensor.dim() > 1 else tensor), name
    assert manifest.thresholds == {**DEFAULTS, "threshold": 0.3}
    assert (manifest.licence, manifest.gsd_m) == ("CC0", 0.3)
    assert manifest.attribution == ("made for far", "made for near")
    assert (manifest.training["places"], manifest.training["validation_places"]) == (["near"], ["far"])
    assert [(one["name"], one["tiles"], one["licence"]) for one in manifest.training["data"]] == [
        ("far", 2, "CC0"),
        ("near", 2, "CC0"),
    ]


def test_a_weight_too_large_for_half_precision_stops(tmp_path: Path) -> None:
    checkpoint = untrained()
    with torch.no_grad():
        next(parameter for parameter in checkpoint.network.parameters() if parameter.dim() > 1)[0] = 1e6
    with pytest.raises(FootprintsError, match="holds 1e\\+06, too large for half precision"):
        export(checkpoint, [], {}, tmp_path / "w.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "mean", "std", "building"),
    [
        ({}, 127.0, 128.0, ("interior", "border")),
        ({"input_scaling": "raw", "border_ring": "straddling"}, 0.0, 1.0, ("interior",)),  # as the reference has it
    ],
)
def test_the_manifest_follows_the_options(
    tmp_path: Path, options: dict[str, str], mean: float, std: float, building: tuple[str, ...]
) -> None:
    export(untrained(**options), [], {}, tmp_path / "w.safetensors")
    manifest = read_manifest(tmp_path / "w.safetensors")
    assert (manifest.mean, manifest.std, manifest.building_classes) == ((mean,) * 3, (std,) * 3, building)


def test_a_checkpoint_stands_in_for_weights(tmp_path: Path) -> None:
    with as_weights(write_checkpoint(tmp_path / "best.pt")) as weights:
        network, _ = load_network(weights)
        made = weights
    assert not made.exists()
    kept = network.state_dict()
    assert all(torch.equal(kept[name], one) for name, one in untrained().network.state_dict().items() if one.dim() <= 1)


def test_the_command_says_what_it_did(places: list[Place], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, target = write_checkpoint(tmp_path / "best.pt"), tmp_path / "city.safetensors"
    words = ["export", str(checkpoint), str(tmp_path / "data"), str(target), "--min-area", "7"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert re.search(r"city.safetensors: 10\.\d MB; largest change of a probability by half precision: \d", printed)
    manifest = read_manifest(target)
    assert manifest.thresholds == {**DEFAULTS, "min_area_m2": 7.0}
    assert manifest.licence == "that of its data, CC0"
    card = (tmp_path / "city.md").read_text(encoding="utf-8")
    assert "| near | trained on | 2 | good | CC0 |" in card
    assert "7 steps with network unet_efficientnet_lite0" in card
    assert "Not measured" in card


def test_weights_tell_what_they_were_fine_tuned_from(places: list[Place], tmp_path: Path) -> None:
    before = tmp_path / "before.safetensors"
    export(untrained(), places[:1], {"threshold": 0.3, "min_area_m2": 7.0}, before, "CC BY-SA 4.0")
    checkpoint = write_checkpoint(tmp_path / "best.pt")
    (tmp_path / "origin.json").write_text(read_manifest(before).to_json(), encoding="utf-8")
    export(read_checkpoint(checkpoint), places[1:], {"min_area_m2": 3.0}, tmp_path / "w.safetensors")
    manifest = read_manifest(tmp_path / "w.safetensors")
    assert manifest.attribution == ("made for far", "made for near")
    assert manifest.licence == "that of its data, CC0; that of the weights it was fine-tuned from, CC BY-SA 4.0"
    assert manifest.thresholds == {**DEFAULTS, "threshold": 0.3, "min_area_m2": 3.0}
    assert manifest.training["fine_tuned_from"]["training"]["validation_places"] == ["far"]
    assert "Fine-tuned from weights trained on" in card_of(tmp_path / "w.safetensors", [])


def test_the_card_shows_an_evaluation(places: list[Place], tmp_path: Path) -> None:
    weights, scores = write_weights(tmp_path / "w.safetensors", places), tmp_path / "scores.csv"
    scores.write_text("place,tp,fp,fn,f1,average_precision,boundary_m\nfar,3,1,0,0.857143,0.5,\nmean,,,,0.9,,\n")
    assert main(["export", str(weights), "--scores", str(scores)]) == 0
    card = (tmp_path / "w.md").read_text(encoding="utf-8")
    assert "| place | TP | FP | FN | F1 | AP 50:95 |" in card
    assert "| far | 3 | 1 | 0 | 0.857 | 0.500 |" in card
    assert "min_area_m2 5" in card
    assert "**Licence of the weights:** CC0." in card
    assert "Attribution: made for far; made for near." in card


def test_the_card_of_weights_that_say_little(tmp_path: Path) -> None:
    card = card_of(write_weights(tmp_path / "w.safetensors"), [])
    assert "The weights file does not say." in card
    assert f"threshold {THRESHOLDS['threshold']:g}" in card


@pytest.mark.parametrize("content", [None, b"", b"not a checkpoint"])
def test_no_checkpoint_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "best.pt").write_bytes(content)
    with pytest.raises(FootprintsError, match=r"checkpoint.*"):
        read_checkpoint(tmp_path / "best.pt")


def test_a_checkpoint_of_something_else_is_a_sentence(tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path / "b.pt")
    torch.save({**read_state(checkpoint), "average": {"a": torch.zeros(1)}}, checkpoint)
    with pytest.raises(FootprintsError, match=r"is no checkpoint"):
        read_checkpoint(checkpoint)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.pt", "{data}", "w.safetensors"], "no checkpoint none.pt"),
        (["none.pt", "{data}", "w.pth"], "expected one of .safetensors"),
        (["{checkpoint}", "nowhere", "w.safetensors"], "No place in nowhere"),
        (["{checkpoint}", "{data}"], "A checkpoint needs DATA"),
        (["{checkpoint}", "{data}", "no/where.safetensors"], "There is no folder no"),
        (["{checkpoint}", "{data}", "w.safetensors", "--threshold", "7"], "threshold is 7"),
        (["none.safetensors", "--onnx", "x.onnx"], "There is no weights file none.safetensors"),
        (["{weights}", "{data}", "w.safetensors"], "is a weights file already"),
        (["{weights}", "--onnx", "x.pb"], "expected one of .onnx"),
        (["{weights}", "--scores", "none.csv"], "none.csv cannot be read"),
        (["{weights}", "--scores", "{text}"], "is no table of `evaluate --csv`"),
        (["{weights}", "--scores", "{words}"], "is no table of `evaluate --csv`"),
    ],
)
def test_mistakes_are_one_sentence(
    places: list[Place],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.csv").write_text("a,b\n1,2\n")
    (tmp_path / "words.csv").write_text("place,f1\nfar,good\n")
    made = {
        "data": tmp_path / "data",
        "checkpoint": write_checkpoint(tmp_path / "best.pt"),
        "weights": write_weights(tmp_path / "given.safetensors"),
        "text": tmp_path / "text.csv",
        "words": tmp_path / "words.csv",
    }
    assert main(["export", *(word.format(**made) for word in words)]) == 2
    printed = capsys.readouterr().err
    assert re.search(sentence, printed), printed
    assert printed.count("\n") == 1
