"""`train`: reads top to bottom. Crops in; checkpoints, a table of scores and pictures out; goes on where it stopped."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import torch
from lightning_fabric import Fabric

from building_footprints_plugin import __version__
from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.weights import read_manifest

from .checkpoint import restore, save_checkpoint
from .config import TrainOptions, resolved, write_config
from .dataset import Crops, epoch_crops
from .export import ORIGIN
from .journal import Journal
from .learner import Learner, rate_at
from .loading import batches_from
from .panels import choose_tiles, draw_panels
from .parallel import any_process
from .places import Place
from .progress import LossWatch, Progress
from .start import network_from, start_network
from .state import BEST, LAST
from .stop import Stopped, StopRequest
from .validate import mean_f1, validate


def train(
    options: TrainOptions, places: list[Place], run: Path, fabric: Fabric, begin_from: Path | None = None
) -> Path:
    """Train on the places with split "train", validate on those with "val"; return the best checkpoint.

    Begins from nothing, from a weights file (.safetensors, fine-tuning), or goes on from `run`'s own last.pt, bit for
    bit. Writes into `run`: config.toml, last.pt, best.pt (highest mean object F1 over the validation places),
    metrics.csv, curves.png, panels.png and tensorboard/. Raises BadInput if `run` holds a training that is not gone on
    with, Stopped on Ctrl-C or SIGTERM once last.pt is saved, and FootprintsError if the loss is no number.
    """
    learning, judging = _both_splits(places)
    options = _count_steps(options, learning)
    learner, progress = _begin(options, run, fabric, begin_from)
    losses, tiles = LossWatch(progress), choose_tiles(judging, options.gsd_m)
    batches = batches_from(Crops(learning, options), progress.step, options, fabric)
    with StopRequest() as stop, Journal(run, progress.step, options, fabric) as journal:
        while not progress.finished(options):
            due = progress.due(options)
            learner.train()
            journal.begin(progress.step)
            for batch in islice(batches, due - progress.step):
                rate = options.learning_rate * rate_at(progress.step, options)
                losses.note(learner.learn(batch, progress.step))
                journal.step(progress.step, losses.newest, rate)
                if any_process(stop.asked, fabric):
                    break
            losses.catch_up()
            speed = journal.images_per_s(progress.step)
            _save([LAST], run, fabric, (learner, progress, options))
            if progress.step < due:
                raise Stopped(f"Stopped and saved after step {progress.step} of {options.steps}.")
            scores = validate(learner.average, judging, options, fabric)
            journal.validated(progress, scores, speed)
            journal.show(draw_panels(learner.average, tiles, options), progress.step)
            best = progress.judge(mean_f1(scores))
            _save([LAST, BEST][: 1 + best], run, fabric, (learner, progress, options))
    return run / BEST


def _both_splits(places: list[Place]) -> tuple[list[Place], list[Place]]:
    learning = [place for place in places if place.split == "train"]
    judging = [place for place in places if place.split == "val"]
    if not learning or not judging:
        raise BadInput("Training needs places of both splits; set split_hint to train and val in their place.json.")
    return learning, judging


def _count_steps(options: TrainOptions, learning: list[Place]) -> TrainOptions:
    in_steps = options.epochs is None and options.validate_every > 0
    return options if in_steps else resolved(options, epoch_crops(learning, options))


def _begin(options: TrainOptions, run: Path, fabric: Fabric, begin_from: Path | None) -> tuple[Learner, Progress]:
    """Return the network ready to learn, new or as it was, and how far it is."""
    goes_on = begin_from == run / LAST
    if (run / LAST).exists() and not goes_on:
        raise BadInput(f"{run} holds a training already; go on with it with --resume, or name another folder.")
    torch.manual_seed(options.seed)
    remarks = [f"building footprints {__version__}, torch {torch.__version__}"]
    if begin_from is None or goes_on:
        network = start_network(options.network)
    else:
        network = network_from(begin_from, options)
        remarks.append(f"fine-tuned from {begin_from.name}")
    learner = Learner(network, options, fabric)
    progress = restore(run / LAST, learner, options) if goes_on else Progress()
    if fabric.is_global_zero:
        run.mkdir(parents=True, exist_ok=True)
        write_config(run / "config.toml", options, remarks)
        if begin_from is not None and not goes_on:
            (run / ORIGIN).write_text(read_manifest(begin_from).to_json(), encoding="utf-8")
    fabric.barrier()
    return learner, progress


def _save(names: list[str], run: Path, fabric: Fabric, state: tuple[Learner, Progress, TrainOptions]) -> None:
    if fabric.is_global_zero:
        for name in names:
            save_checkpoint(run / name, *state)
    fabric.barrier()
