"""One training step: the network, its running average, the optimizer and the rate of learning."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from building_footprints_plugin.engine.allocator import keep_freed_memory
from building_footprints_plugin.engine.networks.efficientnet import UNetEfficientNetLite0

from .config import TrainOptions
from .dataset import Batch
from .loss import loss_of, pixel_sums
from .normalise import normalise
from .parallel import add_up, share_norms


class Learner:
    """A network and all that changes with it; `average` is what is validated and kept."""

    def __init__(self, network: nn.Module, options: TrainOptions, fabric: Fabric) -> None:
        self._options = options
        self._fabric = fabric
        if fabric.device.type == "cpu":
            keep_freed_memory()
        channels_last: dict[str, Any] = {"memory_format": torch.channels_last}  # torch's types lack this argument
        self.network = share_norms(network, fabric).to(**channels_last)
        average = partial(follow, options.ema_decay)
        self.average = AveragedModel(self.network, multi_avg_fn=average, use_buffers=True).to(fabric.device)
        self.average.eval()
        self._optimizer, self._peaks = _optimizer(self.network, options)
        self._model, self._setup = fabric.setup(self.network, self._optimizer)
        weights = (options.background_weight, options.interior_weight, options.border_weight)
        self._class_weights = torch.tensor(weights, device=fabric.device)

    def learn(self, batch: Batch, step: int) -> Tensor:
        """Learn from one batch; return its loss, which is still on the device."""
        options, fabric = self._options, self._fabric
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * rate_at(step, options)
        if np.random.default_rng((options.seed, step)).random() < options.mosaic_share:
            batch = Batch(*(four_as_one(part) for part in batch))
        logits = self._model(normalise(batch.pixels, options.input_scaling))
        sums = add_up(pixel_sums(logits, batch.classes, batch.weight, self._class_weights), fabric)
        loss = loss_of(sums, options.loss)
        fabric.backward(loss * fabric.world_size)
        if options.clip_norm > 0:
            fabric.clip_gradients(self._model, self._setup, max_norm=options.clip_norm, error_if_nonfinite=False)
        self._setup.step()
        self._setup.zero_grad()
        self.average.update_parameters(self.network)
        return loss.detach()

    def train(self) -> None:
        """Learn again after a validation."""
        self._model.train()

    def is_finite(self) -> bool:
        """Return whether every weight is a number."""
        parts = [*self.network.parameters(), *self.average.parameters()]
        return all(bool(torch.isfinite(part).all()) for part in parts)

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint holds of it."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned; rate and decay of learning stay those of the options."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        for group in self._optimizer.param_groups:
            group["weight_decay"] = self._optimizer.defaults["weight_decay"]

    def _parts(self) -> dict[str, Any]:
        return {"model": self.network, "average": self.average, "optimizer": self._optimizer}


def four_as_one(crops: Tensor) -> Tensor:
    """Return `(4 n, ..., height, width)` as `(n, ..., 2 height, 2 width)`: each four crops in two rows of two."""
    rows = torch.cat([crops[0::2], crops[1::2]], dim=-1)
    return torch.cat([rows[0::2], rows[1::2]], dim=-2)


def follow(decay: float, averages: Any, weights: Any, count: Any) -> None:
    """Move a running average, lists of tensors, towards the weights after `count` steps, in place.

    The average starts as the network does; so that it forgets that soon, it decays faster at first: by
    (1 + count) / (10 + count), as TensorFlow's ExponentialMovingAverage does with `num_updates`.
    """
    early = (1 + int(count)) / (10 + int(count))
    get_ema_multi_avg_fn(min(decay, early))(averages, weights, count)


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


def _optimizer(network: nn.Module, options: TrainOptions) -> tuple[torch.optim.Optimizer, list[float]]:
    """Return the optimizer of encoder and decoder, and the peak learning rate of each."""
    parts: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for name, parameter in network.named_parameters():
        parts[name.startswith("encoder.")].append(parameter)
    groups: list[dict[str, Any]] = [{"params": parts[True], "lr": 0.0}, {"params": parts[False], "lr": 0.0}]
    share = options.encoder_rate if isinstance(network, UNetEfficientNetLite0) else 1.0
    peaks = [options.learning_rate * share, options.learning_rate]
    if options.optimizer == "adam":
        return torch.optim.Adam(groups), peaks
    return torch.optim.AdamW(groups, weight_decay=options.weight_decay), peaks
