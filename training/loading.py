"""Batches for the network, prepared while it works: by other processes, or by a thread of this one."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lightning_fabric import Fabric
from torch.utils.data import DataLoader

from building_footprints_plugin.engine.errors import FootprintsError

from .config import TrainOptions
from .dataset import Batch, Crops, collate
from .parallel import own_crops
from .stop import ignore_stops


def batches_from(crops: Crops, step: int, options: TrainOptions, fabric: Fabric) -> Generator[Batch]:
    """Yield this process's part of the batches from `step` on; raises what went wrong with a crop."""
    loader: DataLoader[Any] = DataLoader(
        crops,
        batch_sampler=own_crops(step, options.steps, options.batch_size, fabric),
        num_workers=options.workers,
        collate_fn=collate,
        worker_init_fn=ignore_stops,
        pin_memory=fabric.device.type == "cuda",
    )
    batches: Iterable[Any] = fabric.setup_dataloaders(loader, use_distributed_sampler=False)
    for batch in batches if options.workers else _one_ahead(iter(batches)):
        if isinstance(batch, FootprintsError):
            raise batch
        yield batch


def _one_ahead(batches: Iterator[Any]) -> Iterator[Any]:
    """Yield the batches, each made in a thread while the one before it is in use."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch
