"""The loop: what it leaves, that it learns, goes on bit for bit, stops when told to, and never overwrites."""

from __future__ import annotations

import csv
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from makers import make_place
from scipy.ndimage import binary_erosion
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny import TINY, one_cpu, same_network

from building_footprints_plugin.engine.errors import BadInput
from training import train as module
from training import validate as validation
from training.config import TrainOptions, read_config
from training.learner import Learner, follow, rate_at
from training.places import Place, read_places
from training.progress import Progress
from training.state import LAST, read_state
from training.stop import Stopped
from training.train import train

pytestmark = pytest.mark.usefixtures("tiny")


def rows_of(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def stop_before(monkeypatch: pytest.MonkeyPatch, step: int, number: signal.Signals) -> None:
    """Send this process a signal while it learns step `step`."""
    learn = Learner.learn

    def learn_and_signal(self: Learner, batch: Any, now: int) -> torch.Tensor:
        if now == step:
            signal.raise_signal(number)
        return learn(self, batch, now)

    monkeypatch.setattr(Learner, "learn", learn_and_signal)


def test_what_a_run_leaves(places: list[Place], tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert train(TINY, places, run, one_cpu()) == run / "best.pt"
    left = {"config.toml", "metrics.csv", "curves.png", "panels.png", "tensorboard", "last.pt", "best.pt"}
    assert {path.name for path in run.iterdir()} == left
    assert [row["step"] for row in rows_of(run)] == ["2", "4"]
    assert list(rows_of(run)[0]) == ["step", "loss", "f1", "iou", "far f1", "far iou", "images_per_s"]
    assert TrainOptions(**read_config(run / "config.toml")) == TINY
    board = EventAccumulator(str(run / "tensorboard")).Reload()
    assert [event.step for event in board.Scalars("validation/f1")] == [2, 4]
    assert len(board.Images("image, truth, prediction")) == 2


@pytest.mark.slow
@pytest.mark.parametrize("network", ["unet_efficientnet_lite0", "unet_baseline", "unet"])
def test_every_network_learns(
    places: list[Place], tmp_path: Path, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bright houses on dark ground: a few steps on two tiles, and they are found in a place never seen."""
    options = replace(TINY, network=network, steps=50, validate_every=50, warmup_steps=5, crop_px=64)
    if network == "unet":
        monkeypatch.setitem(module.start_network.__globals__, "build_network", lambda *_: _narrow())
    train(replace(options, learning_rate=3e-3), places, tmp_path / "run", one_cpu())
    assert float(rows_of(tmp_path / "run")[-1]["iou"]) > 0.7


@pytest.mark.parametrize(
    ("decay", "count", "moved"),
    [(0.998, 0, 0.9), (0.998, 1, 9 / 11), (0.998, 90, 0.09), (0.998, 10_000, 0.002), (0.0, 10_000, 1.0)],
)
def test_the_average_forgets_how_the_network_began(decay: float, count: int, moved: float) -> None:
    average = torch.zeros(1)
    follow(decay, [average], [torch.ones(1)], torch.tensor(count))
    assert average.item() == pytest.approx(moved, rel=1e-4)


def _narrow() -> torch.nn.Module:
    from building_footprints_plugin.engine.networks.unet import UNet

    return UNet(3, 3, width=8)


def test_two_and_two_steps_equal_four(places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped by Ctrl-C between two validations and gone on with: weights, table and mean loss are the same."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    options = replace(TINY, steps=6, validate_every=3)
    train(options, places, whole, one_cpu())
    with monkeypatch.context() as patched:
        stop_before(patched, 1, signal.SIGINT)
        with pytest.raises(Stopped, match="saved after step 2 of 6"):
            train(options, places, parts, one_cpu())
    assert read_state(parts / LAST)["step"] == 2
    train(options, places, parts, one_cpu(), begin_from=parts / LAST)
    assert same_network(whole / LAST, parts / LAST)
    for one, other in zip(rows_of(whole), rows_of(parts), strict=True):
        assert one | {"images_per_s": ""} == other | {"images_per_s": ""}


def test_epochs_of_chips_go_on_too(places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """96 px in chips of 32: 9 a tile, 18 in all, so 2 epochs of 18 / 3 = 6 steps; stopped by SIGTERM in the second."""
    options = replace(TINY, sampling="chips", augment="none", epochs=2, validate_every=0, batch_size=3)
    train(options, places, tmp_path / "whole", one_cpu())
    assert [row["step"] for row in rows_of(tmp_path / "whole")] == ["6", "12"]
    with monkeypatch.context() as patched:
        stop_before(patched, 8, signal.SIGTERM)
        with pytest.raises(Stopped, match="step 9 of 12"):
            train(options, places, tmp_path / "parts", one_cpu())
    train(options, places, tmp_path / "parts", one_cpu(), begin_from=tmp_path / "parts" / LAST)
    assert same_network(tmp_path / "whole" / LAST, tmp_path / "parts" / LAST)


def test_a_signal_during_validation_waits_for_its_end(
    places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*rest: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return validate(*rest)

    validate, before = module.validate, signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(module, "validate", interrupted)
    with pytest.raises(Stopped, match="after step 3 of 4"):
        train(TINY, places, tmp_path / "run", one_cpu())
    assert [row["step"] for row in rows_of(tmp_path / "run")] == ["2"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_place_that_is_added_later_gets_a_column(places: list[Place], tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(replace(TINY, steps=2), places, run, one_cpu())
    make_place(tmp_path / "data" / "third", split="val")
    train(TINY, read_places(tmp_path / "data"), run, one_cpu(), begin_from=run / LAST)
    assert [row["third f1"] != "" for row in rows_of(run)] == [False, True]
    assert all(row["far f1"] for row in rows_of(run))


def test_a_training_is_never_overwritten(places: list[Place], tmp_path: Path) -> None:
    train(replace(TINY, steps=2), places, tmp_path / "run", one_cpu())
    before = (tmp_path / "run" / LAST).read_bytes()
    with pytest.raises(BadInput, match="holds a training already; go on with it with --resume"):
        train(TINY, places, tmp_path / "run", one_cpu())
    assert (tmp_path / "run" / LAST).read_bytes() == before


def test_a_finished_run_can_be_made_longer(places: list[Place], tmp_path: Path) -> None:
    """With the rate flat until then it is the run that was meant to be longer from the start."""
    flat = replace(TINY, decay_share=0.0)
    train(flat, places, tmp_path / "long", one_cpu())
    train(replace(flat, steps=2), places, tmp_path / "run", one_cpu())
    train(flat, places, tmp_path / "run", one_cpu(), begin_from=tmp_path / "run" / LAST)
    assert same_network(tmp_path / "long" / LAST, tmp_path / "run" / LAST)


def test_another_network_is_not_gone_on_with(places: list[Place], tmp_path: Path) -> None:
    train(replace(TINY, steps=1), places, tmp_path / "run", one_cpu())
    other = replace(TINY, network="unet_efficientnet_lite0")
    with pytest.raises(BadInput, match="holds unet_baseline, and unet_efficientnet_lite0 was asked for"):
        train(other, places, tmp_path / "run", one_cpu(), begin_from=tmp_path / "run" / LAST)


def test_a_changed_learning_rate_counts_when_going_on(places: list[Place], tmp_path: Path) -> None:
    train(replace(TINY, steps=1), places, tmp_path / "run", one_cpu())
    before = read_state(tmp_path / "run" / LAST)["model"]
    still = replace(TINY, learning_rate=0.0)
    train(still, places, tmp_path / "run", one_cpu(), begin_from=tmp_path / "run" / LAST)
    after = read_state(tmp_path / "run" / LAST)["model"]
    learned = [name for name in before if before[name].is_floating_point() and "running" not in name]
    assert all(torch.equal(before[name], after[name]) for name in learned)


@pytest.mark.parametrize(
    ("f1s", "patience", "steps", "best"),
    [
        pytest.param([0.1, 0.3, 0.2, 0.2, 0.9], 2, 4, 0.3, id="two validations without a better one"),
        pytest.param([0.1, 0.3, 0.2, 0.4, 0.3], 2, 5, 0.4, id="a better one begins the count again"),
        pytest.param([0.3, 0.2, 0.2, 0.2, 0.2], 0, 5, 0.3, id="0 is endless patience"),
    ],
)
def test_patience(
    places: list[Place],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    f1s: list[float],
    patience: int,
    steps: int,
    best: float,
) -> None:
    scores = iter(f1s)
    monkeypatch.setattr(module, "mean_f1", lambda _: next(scores))
    options = replace(TINY, steps=5, validate_every=1, patience=patience)
    train(options, places, tmp_path / "run", one_cpu())
    assert read_state(tmp_path / "run" / LAST)["step"] == steps
    assert read_state(tmp_path / "run" / "best.pt")["best"] == best


def test_the_best_checkpoint_is_that_of_the_highest_object_f1(
    places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.5, 0.7, 0.6])
    monkeypatch.setattr(module, "mean_f1", lambda _: next(scores))
    best = train(replace(TINY, steps=3, validate_every=1), places, tmp_path / "run", one_cpu())
    assert read_state(best)["step"] == 2


def test_both_splits_are_needed(places: list[Place], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="both splits"):
        train(TINY, [place for place in places if place.split == "train"], tmp_path / "run", one_cpu())


def test_the_rate_rises_then_falls_to_a_hundredth() -> None:
    options = replace(TINY, steps=1000, warmup_steps=100)
    rates = [rate_at(step, options) for step in range(1001)]
    assert rates[0] == 0.01
    assert max(rates) == rates[99] == rates[100] == 1.0
    assert rates[1000] == pytest.approx(0.01)
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert {rate_at(step, replace(options, warmup_steps=0, decay_share=0.0)) for step in range(1000)} == {1.0}


def test_progress_knows_what_is_due() -> None:
    options = replace(TINY, steps=10, validate_every=4)
    assert [Progress(step=9, validated=done).due(options) for done in (0, 4, 8)] == [9, 9, 10]
    assert Progress(step=10, validated=8).finished(options) is False
    assert Progress(step=10, validated=10).finished(options) is True


def test_half_precision_trains(places: list[Place], tmp_path: Path) -> None:
    fabric = Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")
    train(replace(TINY, steps=1), places, tmp_path / "run", fabric)
    assert {tensor.dtype for tensor in read_state(tmp_path / "run" / LAST)["model"].values()} == {
        torch.float32,
        torch.int64,
    }


def test_a_validation_is_that_of_the_best_setting(places: list[Place], monkeypatch: pytest.MonkeyPatch) -> None:
    """A network sure of roofs, unsure between two of them (interior 0.6): only seeds above that part the two houses."""

    def houses(network: object, image: np.ndarray, options: object) -> tuple[np.ndarray, np.ndarray]:
        roof = image.mean(axis=2) > 140
        interior = np.where(binary_erosion(roof, iterations=2), 250, 0)
        interior[:, :] = np.where(roof & (interior == 0), 150, interior)
        interior[gaps(roof)] = 150
        return np.where(roof, 250, 0).astype(np.uint8), interior.astype(np.uint8)

    def gaps(roof: np.ndarray) -> np.ndarray:
        between = np.zeros_like(roof)
        for row in np.flatnonzero(roof.sum(axis=1) >= 38):
            first = np.flatnonzero(roof[row])[0]
            between[row, first + 17 : first + 23] = True
        return between

    monkeypatch.setattr(validation, "look_at", houses)
    far = [place for place in places if place.split == "val"]
    best = validation.validate(torch.nn.Identity(), far, TINY, one_cpu())["far"]
    monkeypatch.setattr(validation, "SETTINGS", validation.SETTINGS[:1])
    first = validation.validate(torch.nn.Identity(), far, TINY, one_cpu())["far"]
    assert first.f1 < best.f1 == 1.0
