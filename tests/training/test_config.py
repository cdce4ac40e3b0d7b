"""Options: presets, files and flags over one dataclass; what is wrong with them is a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny import TINY, one_cpu

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.manifest import DEFAULT_WEIGHTS
from training.__main__ import main
from training.config import PRESETS, TrainOptions, layered, read_config, read_preset, resolved, write_config
from training.places import Place
from training.start import network_from, start_network, values_of
from training.train import train

FLAGS = ["--crop", "32", "--batch-size", "2", "--workers", "0", "--accelerator", "cpu", "--precision", "32-true"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour = 'blue'", "sets colour, which is no option"),
        ("steps = ", "cannot be read as a TOML file"),
        ("steps = 'many'", "steps in .* is 'many'; expected a whole number"),
        ("steps = 1.5", "steps in .* is 1.5; expected a whole number"),
        ("steps = true", "steps in .* is True; expected a whole number"),
        ("learning_rate = '1e-3'", "learning_rate in .* is '1e-3'; expected a number"),
        ("network = 1", "network in .* is 1; expected a text"),
    ],
)
def test_a_config_that_cannot_be_used(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(BadInput, match=sentence):
        read_config(tmp_path / "c.toml")


def test_a_whole_number_will_do_for_a_number(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("decay_share = 0\nepochs = 3")
    assert read_config(tmp_path / "c.toml") == {"decay_share": 0.0, "epochs": 3.0}
    assert type(read_config(tmp_path / "c.toml")["epochs"]) is float


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        pytest.param([{"steps": 9}, {"steps": 5}], {"steps": 5, "epochs": None}, id="the later layer counts"),
        pytest.param([{"epochs": 2.0}, {"steps": 5}], {"steps": 5, "epochs": None}, id="steps in place of epochs"),
        pytest.param([{"steps": 5}, {"epochs": 2.0}], {"steps": 5, "epochs": 2.0}, id="epochs in place of steps"),
        pytest.param([{"seed": 1}, {}], {"seed": 1}, id="an empty layer changes nothing"),
    ],
)
def test_layers(layers: list[dict[str, object]], expected: dict[str, object]) -> None:
    assert layered(*layers) == expected


def test_steps_and_epochs_at_once_are_a_sentence() -> None:
    with pytest.raises(BadInput, match="Both steps and epochs"):
        layered({"steps": 5, "epochs": 2.0})


@pytest.mark.parametrize(
    ("epochs", "every", "steps", "validations"),
    [
        pytest.param(15.0, 0, 150, 10, id="15 passes over 100 crops in batches of 10, each validated"),
        pytest.param(None, 0, 7, 10, id="steps as given, a validation after each pass"),
        pytest.param(0.01, 3, 1, 3, id="at least one step"),
    ],
)
def test_epochs_become_steps(epochs: float | None, every: int, steps: int, validations: int) -> None:
    options = TrainOptions(batch_size=10, steps=7, epochs=epochs, validate_every=every)
    found = resolved(options, epoch_crops=100)
    assert (found.steps, found.validate_every) == (steps, validations)


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    for options in (TINY, TrainOptions(epochs=1.5, learning_rate=1e-05)):
        write_config(tmp_path / "c.toml", options, ["a remark"])
        assert TrainOptions(**layered(read_config(tmp_path / "c.toml"))) == options
        assert (tmp_path / "c.toml").read_text().startswith("# a remark\n")


def test_the_presets_are_options_and_the_reference_has_its_numbers() -> None:
    assert set(PRESETS) >= {"spacenet", "finetune"}
    for name in PRESETS:
        TrainOptions(**layered(read_preset(name)))
    reference = TrainOptions(**layered(read_preset("spacenet")))
    weights = (reference.background_weight, reference.interior_weight, reference.border_weight)
    assert weights == (0.1, 0.8, 0.1)
    assert (reference.optimizer, reference.learning_rate, reference.batch_size, reference.epochs) == (
        "adam",
        5e-4,
        10,
        15,
    )
    assert (reference.crop_px, reference.border_m / reference.gsd_m) == (256, pytest.approx(2.5))
    assert (reference.loss, reference.augment, reference.ema_decay) == ("cross_entropy", "none", 0)


def test_the_file_of_the_shipped_weights_can_be_read() -> None:
    TrainOptions(**read_config(Path(__file__).parents[2] / "training" / "weights.toml"))


@pytest.mark.usefixtures("tiny")
def test_flags_override_the_file_and_the_file_the_preset(places: list[Place], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("steps = 9\nbatch_size = 4\nlearning_rate = 0.5\n")
    words = ["train", str(tmp_path / "data"), str(tmp_path / "run"), "--preset", "spacenet"]
    assert main([*words, "--config", str(tmp_path / "c.toml"), "--steps", "1", *FLAGS]) == 0
    found = TrainOptions(**read_config(tmp_path / "run" / "config.toml"))
    assert (found.steps, found.batch_size, found.learning_rate) == (1, 2, 0.5)
    assert (found.optimizer, found.sampling) == ("adam", "chips")


@pytest.mark.usefixtures("tiny")
def test_going_on_needs_no_options_again(
    places: list[Place], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(tmp_path / "data"), str(tmp_path / "run")]
    assert main([*words, "--resume", "--network", "unet_baseline", "--steps", "1", "--seed", "7", *FLAGS]) == 0
    assert main([*words, "--steps", "2"]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*words, "--resume", "--steps", "2"]) == 0
    found = TrainOptions(**read_config(tmp_path / "run" / "config.toml"))
    assert (found.steps, found.seed, found.crop_px, found.network) == (2, 7, 32, "unet_baseline")


def test_the_encoder_starts_from_imagenet() -> None:
    torch.manual_seed(0)
    first = start_network("unet_efficientnet_lite0").state_dict()
    torch.manual_seed(1)
    second = start_network("unet_efficientnet_lite0").state_dict()
    same = {name.split(".")[0] for name in first if torch.equal(first[name], second[name]) and first[name].dim() == 4}
    assert same == {"encoder"}


def test_fine_tuning_takes_network_and_resolution_from_the_weights(places: list[Place], tmp_path: Path) -> None:
    """At a learning rate of 0 the network stays what the weights file holds."""
    values = values_of(DEFAULT_WEIGHTS)
    assert set(values) == {"network", "gsd_m", "gsd_tolerance", "input_scaling"}
    words = ["train", str(tmp_path / "data"), str(tmp_path / "run"), "--init", str(DEFAULT_WEIGHTS)]
    assert main([*words, "--steps", "1", "--learning-rate", "0", *FLAGS]) == 0
    found = TrainOptions(**read_config(tmp_path / "run" / "config.toml"))
    assert {name: getattr(found, name) for name in values} == values
    assert "fine-tuned from buildings.safetensors" in (tmp_path / "run" / "config.toml").read_text()
    after = torch.load(tmp_path / "run" / "last.pt", weights_only=True)["model"]
    before = network_from(DEFAULT_WEIGHTS, found).state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before if before[name].dim() == 4)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"network": "unet_baseline"}, "has network unet_efficientnet_lite0, and unet_baseline was asked for"),
        ({"gsd_m": 1.0}, r"has gsd_m 0\.\d+, and 1\.0 was asked for"),
        ({"input_scaling": "raw"}, "has input_scaling centred, and raw was asked for"),
    ],
)
def test_weights_that_contradict_the_options(
    places: list[Place], tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    options = replace(TINY, **{**values_of(DEFAULT_WEIGHTS), **changes})
    with pytest.raises(BadInput, match=sentence):
        train(options, places, tmp_path / "run", one_cpu(), begin_from=DEFAULT_WEIGHTS)
    assert not (tmp_path / "run").exists()


def test_weights_of_other_classes_are_named(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    from building_footprints_plugin.engine.weights import MANIFEST_KEY, read_manifest

    manifest = replace(read_manifest(DEFAULT_WEIGHTS), classes=("ground", "interior", "border"))
    other = tmp_path / "other.safetensors"
    save_file(load_file(DEFAULT_WEIGHTS), other, metadata={MANIFEST_KEY: manifest.to_json()})
    with pytest.raises(BadInput, match="classes ground, interior, border; expected 3 bands and the classes background"):
        values_of(other)
