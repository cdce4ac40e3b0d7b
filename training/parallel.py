"""Several processes that act as one: each takes its part of every batch, sums and statistics are of the whole batch."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from building_footprints_plugin.engine.errors import BadInput

from .config import TrainOptions

AUTO_PRECISION = {True: "bf16-mixed", False: "32-true"}


def make_fabric(options: TrainOptions) -> Fabric:
    """Return Fabric for the options' devices; started by torchrun, each process is one of torchrun's.

    Raises BadInput if the device is not there, or if a batch cannot be shared out evenly.
    """
    local = int(os.environ.get("LOCAL_WORLD_SIZE", options.devices))
    nodes = int(os.environ.get("WORLD_SIZE", local)) // local
    precision = _precision(options)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it tells every arithmetic it uses
    try:
        fabric = Fabric(accelerator=options.accelerator, devices=local, num_nodes=nodes, precision=precision)
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        raise BadInput(
            f"{options.devices} × {options.accelerator} cannot be used: {str(error).splitlines()[0]}"
        ) from error
    multiple = fabric.world_size * (4 if options.mosaic_share > 0 else 1)
    if options.batch_size % multiple:
        why = " and mosaics of four" if options.mosaic_share > 0 else ""
        raise BadInput(
            f"batch_size is {options.batch_size} for {fabric.world_size} processes{why}; expected a multiple of "
            f"{multiple}."
        )
    return fabric


def _precision(options: TrainOptions) -> Any:
    if options.precision != "auto":
        return options.precision
    if options.accelerator in ("auto", "cuda") and torch.cuda.is_available():
        return AUTO_PRECISION[torch.cuda.is_bf16_supported()]
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # older torch cannot tell
    on_cpu = options.accelerator == "cpu" or not torch.backends.mps.is_available()
    return AUTO_PRECISION[on_cpu and any(getattr(torch.cpu, check, lambda: False)() for check in checks)]


def own_crops(first: int, last: int, batch_size: int, fabric: Fabric) -> Iterator[list[int]]:
    """Yield the numbers of this process's crops for each of the steps `first` to `last`."""
    share = batch_size // fabric.world_size
    for step in range(first, last):
        begin = step * batch_size + fabric.global_rank * share
        yield list(range(begin, begin + share))


def add_up(sums: Tensor, fabric: Fabric) -> Tensor:
    """Return `sums` of all processes together; the gradient flows into this process's part.

    So the gradients of the processes add up to that of the whole batch; Fabric averages them, hence `world_size`
    times the loss is what to call `backward` on.
    """
    if fabric.world_size == 1:
        return sums
    total = fabric.all_reduce(sums.detach().clone(), reduce_op="sum")
    return sums + (torch.as_tensor(total) - sums.detach())


def any_process(here: bool, fabric: Fabric) -> bool:
    """Return whether any of the processes says yes."""
    if fabric.world_size == 1:
        return here
    return bool(
        torch.as_tensor(fabric.all_reduce(torch.tensor(float(here), device=fabric.device), reduce_op="sum")) > 0
    )


def share_norms(network: nn.Module, fabric: Fabric) -> nn.Module:
    """Return the network with batch normalisation over the crops of all processes; parameters keep their names."""
    if fabric.world_size == 1:
        return network
    if fabric.device.type == "cuda":
        converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        return converted
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.BatchNorm2d:
                shared = SharedNorm(child.num_features, eps=child.eps, momentum=child.momentum)
                shared.load_state_dict(child.state_dict())
                setattr(parent, name, shared)
    return network


class SharedNorm(nn.BatchNorm2d):
    """Batch normalisation with mean and variance over all processes: what torch's SyncBatchNorm does on GPUs only."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        x = input.float()
        count = _sum_of_all(x.new_tensor(x.numel() / x.shape[1]))
        mean = _sum_of_all(x.sum((0, 2, 3))) / count
        centred = x - mean[:, None, None]
        variance = _sum_of_all((centred * centred).sum((0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        result: Tensor = (centred * scale[:, None, None] + self.bias[:, None, None]).to(input.dtype)
        return result

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        for kept, new in ((self.running_mean, mean), (self.running_var, variance)):
            if kept is not None:
                kept.lerp_(new, self.momentum or 0.0)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1


class _SumOfAll(torch.autograd.Function):
    """The sum over processes of a value and, backwards, of its gradients."""

    @staticmethod
    def forward(context: Any, part: Tensor) -> Tensor:
        total = part.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        return _SumOfAll.forward(context, gradients[0])


def _sum_of_all(part: Tensor) -> Tensor:
    total: Tensor = _SumOfAll.apply(part)  # type: ignore[no-untyped-call]
    return total
