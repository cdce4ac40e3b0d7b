"""What goes wrong on other people's machines: a sentence that names the file or the step, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import TINY, one_cpu

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from training import learner
from training.__main__ import main
from training.learner import Learner
from training.places import Place
from training.state import LAST, read_state
from training.train import train

pytestmark = pytest.mark.usefixtures("tiny")


def half_done(places: list[Place], run: Path) -> bytes:
    """Train two steps of four; return the checkpoint."""
    train(replace(TINY, steps=2), places, run, one_cpu())
    return (run / LAST).read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_keeps_the_checkpoint_before(places: list[Place], tmp_path: Path) -> None:
    run = tmp_path / "run"
    before = half_done(places, run)
    (run / "last.pt.part").symlink_to("/dev/full")  # what is written there is refused by the system: ENOSPC
    with pytest.raises(FootprintsError, match=r"last\.pt of step 4 cannot be written.*make room on the disk"):
        train(TINY, places, run, one_cpu(), begin_from=run / LAST)
    assert (run / LAST).read_bytes() == before
    assert not (run / "last.pt.part").exists()
    train(TINY, places, run, one_cpu(), begin_from=run / LAST)
    assert read_state(run / LAST)["step"] == 4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_table_that_cannot_be_written_is_a_sentence(places: list[Place], tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "curves.png").symlink_to("/dev/full")
    with pytest.raises(FootprintsError, match="records in .* cannot be written"):
        train(TINY, places, run, one_cpu())
    assert read_state(run / LAST)["step"] == 2


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_image_is_named(places: list[Place], tmp_path: Path, workers: int) -> None:
    """In a worker process too; the sentence stays one line."""
    run = tmp_path / "run"
    before = half_done(places, run)
    for image in (tmp_path / "data" / "near" / "images").iterdir():
        image.write_bytes(image.read_bytes()[:300])
    with pytest.raises(BadInput, match=r"t[01]\.jpg cannot be read") as caught:
        train(replace(TINY, workers=workers), places, run, one_cpu(), begin_from=run / LAST)
    assert "\n" not in str(caught.value)
    assert (run / LAST).read_bytes() == before


def test_a_loss_that_is_no_number_names_the_step(
    places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    before = half_done(places, run)
    monkeypatch.setattr(learner, "loss_of", lambda sums, _: sums.sum() * float("nan"))
    with pytest.raises(FootprintsError, match="The loss is nan at step 2; .*lower learning_rate"):
        train(TINY, places, run, one_cpu(), begin_from=run / LAST)
    assert (run / LAST).read_bytes() == before


def test_weights_that_are_no_numbers_are_not_saved(
    places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step before a checkpoint may break the weights while its loss is still a number."""
    run, learn = tmp_path / "run", Learner.learn
    before = half_done(places, run)

    def learn_and_break(self: Learner, batch: Any, step: int) -> torch.Tensor:
        loss = learn(self, batch, step)
        if step == 3:
            next(self.network.parameters()).data.fill_(float("inf"))
        return loss

    monkeypatch.setattr(Learner, "learn", learn_and_break)
    with pytest.raises(FootprintsError, match="A weight is no number after step 4"):
        train(TINY, places, run, one_cpu(), begin_from=run / LAST)
    assert (run / LAST).read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 half a zip"])
def test_a_broken_checkpoint_is_named(
    places: list[Place], tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LAST).write_bytes(content)
    words = ["train", str(tmp_path / "data"), str(tmp_path / "run"), "--resume"]
    assert main(words) == 2
    printed = capsys.readouterr().err
    assert "last.pt is no whole checkpoint" in printed
    assert printed.count("\n") == 1


def test_a_checkpoint_of_something_else_is_named(tmp_path: Path) -> None:
    torch.save({"model": {}}, tmp_path / LAST)
    with pytest.raises(BadInput, match=r"last\.pt lacks average, best, optimizer, options, step"):
        read_state(tmp_path / LAST)
