"""How fast training is: `python -m tests.bench.bench_training DATA`, DATA being a folder of places.

Images per second of everything `train` does between two validations, as a share of the bare loop (forward, backward,
step) of the same network on random tensors of the same size, precision and memory format. The bare loop is measured
before and after each, as machines and their load differ. Then the memory of a training with few and with many tiles.
"""

from __future__ import annotations

import os
import resource
import subprocess  # nosec B404: starts this file again
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import torch
from lightning_fabric import Fabric
from torch.nn import functional as F

from building_footprints_plugin.engine.networks import build_network
from training.config import TrainOptions
from training.dataset import Crops
from training.journal import Journal
from training.learner import Learner
from training.loading import batches_from
from training.parallel import make_fabric
from training.places import Place, read_places
from training.progress import LossWatch, Progress
from training.start import start_network

WARM, STEPS = 2, 10
OPTIONS = TrainOptions(accelerator="cpu", steps=10_000)
FEW, MANY = 20, 20_000


class Cost(NamedTuple):
    """Seconds an image takes by the clock, and of processor over all processes: the second hardly depends on load."""

    clock: float
    cpu: float


def cost(step: Callable[[], None], end: Callable[[], None], batch: int) -> Cost:
    """Return what an image costs once `step` is warm; `end` ends the processes that helped."""
    for _ in range(WARM):
        step()
    began, used = time.perf_counter(), processor()
    for _ in range(STEPS):
        step()
    clock = time.perf_counter() - began
    end()
    return Cost(clock / STEPS / batch, (processor() - used) / STEPS / batch)


def processor() -> float:
    """Return the processor time of this process and of all that it started and that have ended."""
    return sum(
        time_ for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) for time_ in resource.getrusage(who)[:2]
    )


def bare(options: TrainOptions, fabric: Fabric) -> Cost:
    """Return the cost of forward, backward and step on random tensors."""
    network = build_network(options.network).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(network.parameters())
    size = options.crop_px
    pixels = torch.randn(options.batch_size, 3, size, size).to(memory_format=torch.channels_last)
    classes = torch.randint(0, 3, (options.batch_size, size, size))

    def step() -> None:
        with fabric.autocast():
            loss = F.cross_entropy(network(pixels), classes)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return cost(step, lambda: None, options.batch_size)


def whole(options: TrainOptions, places: list[Place], fabric: Fabric) -> Cost:
    """Return the cost of a training on `places`, up to its next validation."""
    learner, progress = Learner(start_network(options.network), options, fabric), Progress()
    batches, losses = batches_from(Crops(places, options), 0, options, fabric), LossWatch(progress)
    learner.train()
    with tempfile.TemporaryDirectory() as folder, Journal(Path(folder), 0, options, fabric) as journal:

        def step() -> None:
            losses.note(learner.learn(next(batches), progress.step))
            journal.step(progress.step, losses.newest, 0.0)

        return cost(step, batches.close, options.batch_size)


def speed(places: list[Place]) -> None:
    """Print the share for each number of worker processes: by the clock, and by processor time."""
    fabric = make_fabric(OPTIONS)
    batch = f"batches of {OPTIONS.batch_size} × {OPTIONS.crop_px} px"
    print(f"{OPTIONS.network}, {batch}, {torch.get_num_threads()} threads", flush=True)
    before = bare(OPTIONS, fabric)
    for workers in (0, 1, 2):
        found = whole(replace(OPTIONS, workers=workers), places, fabric)
        after = bare(OPTIONS, fabric)
        clock, cpu = ((one + other) / 2 / mine for one, other, mine in zip(before, after, found, strict=True))
        speeds = " images/s, bare ".join(f"{1 / each.clock:.1f}" for each in (found, before))
        print(f"workers {workers}: {speeds}; share {clock:.2f} (by processor time {cpu:.2f})", flush=True)
        before = after


def memory(place: Place) -> None:
    """Print the most memory that two trainings take, on few and on many tiles."""
    for count in (FEW, MANY):
        with tempfile.TemporaryDirectory() as folder:
            copies(place, Path(folder) / "place", count)
            words = [sys.executable, "-m", "tests.bench.bench_training", folder, "--memory"]
            subprocess.run(words, check=True)  # nosec B603


def copies(place: Place, folder: Path, count: int) -> None:
    """Make a place of `count` tiles, all links to the files of the first one."""
    for part, suffix in (("images", "jpg"), ("instances", "png")):
        (folder / part).mkdir(parents=True)
        source = place.folder / part / f"{place.ids[0]}.{suffix}"
        (folder / part / f"t0.{suffix}").write_bytes(source.read_bytes())
        for number in range(1, count):
            os.link(folder / part / f"t0.{suffix}", folder / part / f"t{number}.{suffix}")
    (folder / "place.json").write_bytes((place.folder / "place.json").read_bytes())


def few_steps(places: list[Place]) -> None:
    """Train a few steps and print the most memory this process and its worker took."""
    options = replace(OPTIONS, batch_size=2, sampling="chips", workers=1)
    fabric = make_fabric(options)
    learner = Learner(start_network(options.network), options, fabric)
    learner.train()
    for step, batch in enumerate(islice(batches_from(Crops(places, options), 0, options, fabric), 20)):
        learner.learn(batch, step)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sum(len(place.ids) for place in places):6d} tiles: at most {used:.0f} MB", flush=True)


if __name__ == "__main__":
    data = read_places(Path(sys.argv[1]), "train")
    if "--memory" in sys.argv[2:]:
        few_steps(data)
    else:
        speed(data)
        memory(data[0])
