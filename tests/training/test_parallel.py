"""Two processes train as one: the same loss, the same weights, one set of files."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import TINY, one_cpu

from building_footprints_plugin.engine.errors import BadInput
from training.parallel import SharedNorm, make_fabric, own_crops
from training.places import Place
from training.train import train

HERE = Path(__file__).parent
LONG_S = 600  # so that what hangs is an error
ALONE = replace(TINY, batch_size=4)
PARTS = ["--network", "unet_baseline", "--crop", "32", "--batch-size", "4", "--steps", "4", "--validate-every", "2"]
SETTINGS = [*PARTS, "--workers", "0", "--accelerator", "cpu", "--precision", "32-true", "--warmup-steps", "1"]


def table_of(run: Path) -> np.ndarray:
    """Return steps, losses and scores; the speed differs."""
    with (run / "metrics.csv").open() as file:
        return np.array([[float(value) for value in row[:-1]] for row in list(csv.reader(file))[1:]])


def start(launcher: list[str], places: list[Place], run: Path, *more: str) -> subprocess.Popen[str]:
    """Start `train` with tiny networks in processes of its own."""
    words = [*launcher, str(HERE / "tiny_train.py"), "train", str(places[0].folder.parent), str(run), *SETTINGS, *more]
    paths = os.pathsep.join([str(HERE), str(HERE.parents[1])])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(words, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("launcher", "more"),
    [
        pytest.param(
            [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"], [], id="torchrun"
        ),
        pytest.param([sys.executable], ["--devices", "2"], id="--devices 2"),
    ],
)
def test_two_processes_train_as_one(places: list[Place], tmp_path: Path, launcher: list[str], more: list[str]) -> None:
    """Losses, scores and weights, with batch normalisation over the whole batch; sums are rounded in another order."""
    train(ALONE, places, tmp_path / "one", one_cpu())
    both = start(launcher, places, tmp_path / "two", *more)
    printed, errors = both.communicate(timeout=LONG_S)
    assert both.returncode == 0, errors
    assert printed.count("Best checkpoint") == 1
    np.testing.assert_allclose(table_of(tmp_path / "one"), table_of(tmp_path / "two"), atol=2e-4)
    first, second = (torch.load(tmp_path / run / "last.pt", weights_only=True) for run in ("one", "two"))
    assert first["model"].keys() == second["model"].keys()
    # a bias before a normalisation has no gradient but rounding, of which Adam makes steps of full length
    for name, tensor in [item for item in first["model"].items() if item[0].endswith("weight")]:
        torch.testing.assert_close(tensor, second["model"][name], atol=1e-3, rtol=1e-3)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals as Unix has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_of_the_whole_group_is_saved(places: list[Place], tmp_path: Path, number: signal.Signals) -> None:
    """As a terminal sends Ctrl-C and a cluster SIGTERM: to the worker processes too."""
    run = tmp_path / "run"
    training = start([sys.executable], places, run, "--workers", "2", "--steps", "100000")
    while not (run / "metrics.csv").exists() and training.poll() is None:
        time.sleep(0.1)
    os.killpg(training.pid, number)
    _, errors = training.communicate(timeout=LONG_S)
    assert training.returncode == 1
    assert re.search(r"Stopped and saved after step \d+ of 100000\. To go on: .* --resume\n$", errors), errors[-500:]
    assert "Traceback" not in errors
    step = torch.load(run / "last.pt", weights_only=True)["step"]
    assert f"after step {step} of" in errors


def test_normalisation_over_one_process_is_that_of_torch() -> None:
    """In a group of one: output, gradient and running statistics."""
    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        torch.manual_seed(0)
        x = torch.randn(3, 5, 7, 6) * 4 + 100
        ours, theirs = SharedNorm(5, momentum=0.2), torch.nn.BatchNorm2d(5, momentum=0.2)
        results = []
        for norm in (ours, theirs):
            given = x.clone().requires_grad_()
            (norm(given) ** 3).sum().backward()
            results.append((norm(x), given.grad, norm.weight.grad, *norm.state_dict().values()))
        for one, other in zip(*results, strict=True):
            torch.testing.assert_close(one, other, atol=2e-3, rtol=2e-3)
    finally:
        torch.distributed.destroy_process_group()


def test_every_crop_belongs_to_one_process() -> None:
    class Part:
        world_size = 2

        def __init__(self, rank: int) -> None:
            self.global_rank = rank

    steps = [list(own_crops(3, 5, 4, Part(rank))) for rank in (0, 1)]  # type: ignore[arg-type]
    assert steps == [[[12, 13], [16, 17]], [[14, 15], [18, 19]]]


def test_a_device_that_is_not_there_is_a_sentence() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(BadInput, match="1 × cuda cannot be used"):
        make_fabric(replace(TINY, accelerator="cuda"))
