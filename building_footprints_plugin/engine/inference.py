"""Run the network on tiles: which device, which precision, which batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .allocator import keep_freed_memory
from .errors import BadInput, FootprintsError
from .manifest import Manifest
from .networks.fusion import fused

Pixels = NDArray[np.uint8]
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


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


class Predictor:
    """A network ready to run: `(count, bands, size, size)` uint8 tiles in, building and interior probability out."""

    def __init__(
        self, network: nn.Module, manifest: Manifest, device: torch.device, dtype: torch.dtype, batch_size: int
    ) -> None:
        if device.type == "cpu":
            keep_freed_memory()
        self.device = device
        self._dtype = dtype
        channels_last: dict[str, Any] = {"memory_format": torch.channels_last}  # torch's types lack this argument
        self._network = fused(network).to(device=device, dtype=dtype, **channels_last)
        self._mean = self._vector(manifest.mean)
        self._std = self._vector(manifest.std)
        self._temperature = manifest.temperature
        self._building = [manifest.classes.index(name) for name in manifest.building_classes]
        self._seed = manifest.classes.index(manifest.seed_class)
        self.batch_size = batch_size

    def _vector(self, values: tuple[float, ...]) -> Tensor:
        return torch.tensor(values, device=self.device)[:, None, None]

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

    def probabilities(self, tiles: Pixels, *, tta: bool = False) -> NDArray[np.float32]:
        """Return `(count, 2, height, width)`: probability of building and of its interior, 0..1.

        Runs in batches of `batch_size`; when a GPU runs out of memory the batch is halved, for good, and the run
        goes on. Raises FootprintsError if not even one tile fits.
        """
        done: list[NDArray[np.float32]] = []
        count = 0
        while count < len(tiles):
            try:
                part = self._run(tiles[count : count + self.batch_size], tta)
            except torch.cuda.OutOfMemoryError as error:
                self._halve(tiles.shape[-1], error)
                continue
            done.append(part)
            count += len(part)
        return np.concatenate(done)

    def _halve(self, size_px: int, error: Exception) -> None:
        torch.cuda.empty_cache()
        if self.batch_size == 1:
            raise FootprintsError(
                f"The GPU has too little memory for one tile of {size_px} px; choose smaller tiles or the CPU."
            ) from error
        self.batch_size //= 2

    @torch.inference_mode()
    def _run(self, tiles: Pixels, tta: bool) -> NDArray[np.float32]:
        pixels = torch.from_numpy(tiles).to(self.device, non_blocking=True)
        image = ((pixels.float() - self._mean) / self._std).to(self._dtype, memory_format=torch.channels_last)
        chances = [back(self._chance(there(image))) for there, back in (D4 if tta else D4[:1])]
        chance = chances[0] if len(chances) == 1 else torch.stack(chances).mean(dim=0)
        return chance.cpu().numpy()

    def _chance(self, image: Tensor) -> Tensor:
        chance = torch.softmax(self._network(image).float() / self._temperature, dim=1)
        return torch.stack([chance[:, self._building].sum(dim=1), chance[:, self._seed]], dim=1)


def _turn(quarters: int, flip: bool) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    def there(x: Tensor) -> Tensor:
        return torch.rot90(x.flip(-1) if flip else x, quarters, (-2, -1))

    def back(x: Tensor) -> Tensor:
        turned = torch.rot90(x, -quarters, (-2, -1))
        return turned.flip(-1) if flip else turned

    return there, back


D4 = [_turn(quarters, flip) for flip in (False, True) for quarters in range(4)]  # the symmetries of a square
