"""Run the network on tiles: which device, which precision, which batch."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .allocator import keep_freed_memory
from .beside import Workers
from .errors import BadInput, FootprintsError
from .manifest import Manifest
from .networks.doubling import with_doubling
from .networks.fusion import fused

Pixels = NDArray[np.uint8]
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
FULL = ("out of memory", "can't allocate memory", "not enough memory")  # where torch raises no OutOfMemoryError
LONGEST_REASON = 160  # characters
CORES = torch.get_num_threads()  # what this process may use: OMP_NUM_THREADS, or those of the machine
MOST_WORKERS = 4  # tiles at once on a CPU; each takes memory of its own
MOST_PX = MOST_WORKERS * 768**2  # of all tiles at once: a tile of 512 px may be half larger


def choose_device(wanted: str) -> torch.device:
    """Return the device called `wanted`; "auto" takes CUDA, then MPS, then the CPU.

    Raises BadInput if a device is asked for that is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, usable in there.items() if usable))
    if not there.get(wanted, False):
        usable = ", ".join(name for name, here in there.items() if here)
        raise BadInput(
            f"Device {wanted} was asked for, but this machine's torch has only {usable}; choose auto or one of these."
        )
    return torch.device(wanted)


def choose_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Return the number format; "auto" takes fp16 on GPUs, bf16 on CPUs with instructions for it, else fp32."""
    if wanted != "auto":
        return DTYPES[wanted]
    if device.type in ("cuda", "mps"):
        return torch.float16
    return torch.bfloat16 if _cpu_has_bf16() else torch.float32


def _cpu_has_bf16() -> bool:
    """Without instructions of its own bf16 is emulated, and slower than fp32; older torch cannot tell."""
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, check, lambda: False)() for check in checks)


class Placed(NamedTuple):
    """A network, and what its input is normalised by, where it runs."""

    network: nn.Module
    mean: Tensor
    std: Tensor


class Predictor:
    """A network ready to run: `(count, bands, size, size)` uint8 tiles in, building and interior probability out."""

    def __init__(
        self, network: nn.Module, manifest: Manifest, device: torch.device, dtype: torch.dtype, batch_size: int
    ) -> None:
        self.device = device
        self.batch_size = batch_size
        self.warn: Callable[[str], object] = warnings.warn  # is told once if the device fails
        self.fallen = False  # whether it did
        self._dtype = dtype
        self._fused = fused(network)  # stays on the CPU: what a GPU holds is lost with it
        self._manifest = manifest
        self._placed = self._place() if device.type == "cpu" else None
        self._building = [manifest.classes.index(name) for name in manifest.building_classes]
        self._seed = manifest.classes.index(manifest.seed_class)

    @property
    def name(self) -> str:
        """The device as people call it, e.g. "cuda (NVIDIA H200, fp16)" or "cpu (bf16)"."""
        short = next(name for name, dtype in DTYPES.items() if dtype == self._dtype)
        gpu = f"{torch.cuda.get_device_name(self.device)}, " if self.device.type == "cuda" else ""
        return f"{self.device.type} ({gpu}{short})"

    @property
    def why(self) -> str:
        """What this machine offers, which is why the network runs where it does unless that was asked for."""
        if self.device.type != "cpu":
            return "torch can use it here"
        others = "torch sees no CUDA or MPS device" if choose_device("auto") == self.device else "it was asked for"
        return f"{others}; this processor has {'' if _cpu_has_bf16() else 'no '}instructions for bf16"

    def workers(self, tiles: int, tile_px: int) -> Workers:
        """Return the threads that `probabilities` of so many tiles, of so many pixels each, is best called in.

        One for a GPU. On a CPU as many as there are tiles, up to four, that share its cores: threads that share a layer
        wait for the last of them, turning over on their cores; where outlines, or another program, take one core, the
        other is lost too. Tiles wait for nothing. Of tiles larger than 768 x 768 px there are fewer, one if need be, as
        memory goes with the pixels that are computed at once.
        """
        if self.device.type != "cpu":
            return Workers()
        most = max(1, min(MOST_WORKERS, tiles, MOST_PX // tile_px))
        count = next(number for number in range(most, 0, -1) if CORES % number == 0)
        return Workers(count, partial(torch.set_num_threads, CORES // count), partial(torch.set_num_threads, CORES))

    def probabilities(self, tiles: Pixels, *, tta: bool = False) -> NDArray[np.float32]:
        """Return `(count, 2, height, width)`: probability of building and of its interior, 0..1.

        Runs in batches of `batch_size`; when a GPU runs out of memory the batch is halved, for good. When not even
        one tile fits, or the GPU fails in any other way, `warn` is told and the CPU goes on. Raises FootprintsError if
        that has too little memory.
        """
        done: list[NDArray[np.float32]] = []
        count = 0
        while count < len(tiles):
            try:
                self._placed = self._placed or self._place()
                part = self._run(self._placed, tiles[count : count + self.batch_size], tta)
            except RuntimeError as error:  # torch has no other class for all that a GPU may say
                self._make_do(error, tiles.shape[-1])
                continue
            done.append(part)
            count += len(part)
        return np.concatenate(done)

    def _make_do(self, error: RuntimeError, size_px: int) -> None:
        """Halve the batch or go over to the CPU; an error of the CPU itself is raised."""
        full = isinstance(error, torch.OutOfMemoryError) or any(text in str(error) for text in FULL)
        if full and self.batch_size > 1:
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            self.batch_size //= 2
        elif self.device.type != "cpu":
            self._fall(str(error).partition("\n")[0][:LONGEST_REASON])
        elif full:
            raise FootprintsError(
                f"There is too little memory for one tile of {size_px} px; choose smaller tiles."
            ) from error
        else:
            raise error

    def _fall(self, reason: str) -> None:
        self.warn(
            f"The GPU ({self.device.type}) failed: {reason}. The rest is computed on the CPU, which takes longer."
        )
        self.device, self.fallen, self.batch_size = torch.device("cpu"), True, 1
        self._dtype = choose_precision("auto", self.device)
        self._placed = None

    def _place(self) -> Placed:
        if self.device.type == "cpu":
            keep_freed_memory()
        mean, std = (
            torch.tensor(values, device=self.device)[:, None, None]
            for values in (self._manifest.mean, self._manifest.std)
        )
        channels_last: dict[str, Any] = {"memory_format": torch.channels_last}  # torch's types lack this argument
        network = with_doubling(self._fused) if self.device.type == "cpu" else copy.deepcopy(self._fused)
        return Placed(network.to(device=self.device, dtype=self._dtype, **channels_last), mean, std)

    @torch.inference_mode()
    def _run(self, placed: Placed, tiles: Pixels, tta: bool) -> NDArray[np.float32]:
        pixels = torch.from_numpy(tiles).to(placed.mean.device, non_blocking=True)
        image = ((pixels.float() - placed.mean) / placed.std).to(self._dtype, memory_format=torch.channels_last)
        chances = [back(self._chance(placed.network(there(image)))) for there, back in (D4 if tta else D4[:1])]
        chance = chances[0] if len(chances) == 1 else torch.stack(chances).mean(dim=0)
        return chance.cpu().numpy()

    def _chance(self, logits: Tensor) -> Tensor:
        chance = torch.softmax(logits.float() / self._manifest.temperature, dim=1)
        return torch.stack([chance[:, self._building].sum(dim=1), chance[:, self._seed]], dim=1)


def _turn(quarters: int, flip: bool) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    def there(x: Tensor) -> Tensor:
        return torch.rot90(x.flip(-1) if flip else x, quarters, (-2, -1))

    def back(x: Tensor) -> Tensor:
        turned = torch.rot90(x, -quarters, (-2, -1))
        return turned.flip(-1) if flip else turned

    return there, back


D4 = [_turn(quarters, flip) for flip in (False, True) for quarters in range(4)]  # the symmetries of a square
