"""`export`: a checkpoint to the weights file, reloaded and compared with what it came from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 - what torch.load raises for a foreign file; it loads weights only
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.manifest import Manifest
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.weights import MANIFEST_KEY, load_network, read_manifest

from .labels import BACKGROUND, CLASSES
from .normalise import MEAN, STD
from .places import Place

LICENCE = "CC BY-SA 4.0"  # the strictest of the sources' licences
COMPARED_PX = 128


@dataclass(frozen=True)
class Checkpoint:
    """The averaged network of a training run, the options it was trained with, and the steps it took."""

    network: nn.Module
    options: dict[str, Any]
    step: int


def read_checkpoint(path: Path) -> Checkpoint:
    """Return what `train` saved; raises BadInput if the file is missing or no checkpoint of ours."""
    if not path.is_file():
        raise BadInput(f"There is no checkpoint {path}; expected best.pt or last.pt of a training run.")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        options, average = state["options"], state["average"]
    except (RuntimeError, KeyError, EOFError, OSError, UnpicklingError) as error:
        raise BadInput(f"{path} is no checkpoint of `python -m training train` ({error}).") from error
    network = build_network(options["network"], classes=len(CLASSES))
    network.load_state_dict({name.removeprefix("module."): t for name, t in average.items() if name != "n_averaged"})
    return Checkpoint(network.eval(), options, int(state["step"]))


def export(checkpoint: Checkpoint, places: list[Place], thresholds: dict[str, float], target: Path) -> float:
    """Write the weights file `target` in half precision; return the largest change of a probability by that.

    Convolution weights become 16-bit; biases and normalisation statistics, a few kilobytes, stay 32-bit.
    """
    tensors = {name: _halved(tensor) for name, tensor in checkpoint.network.state_dict().items()}
    manifest = Manifest(
        architecture=checkpoint.options["network"],
        bands=("red", "green", "blue"),
        gsd_m=checkpoint.options["gsd_m"],
        mean=(MEAN,) * 3,
        std=(STD,) * 3,
        classes=CLASSES,
        building_classes=CLASSES[BACKGROUND + 1 :],
        seed_class=CLASSES[1],
        thresholds=thresholds,
        licence=LICENCE,
        attribution=tuple(sorted({place.info["attribution"] for place in places})),
        training={
            "steps": checkpoint.step,
            "options": checkpoint.options,
            "places": sorted(place.name for place in places if place.split == "train" and place.trust > 0),
            "validation_places": sorted(place.name for place in places if place.split == "val"),
        },
    )
    _write(tensors, manifest, target)
    return _largest_difference(checkpoint.network, target)


def rewrite_manifest(weights: Path, **changes: Any) -> None:
    """Change fields of the manifest of a weights file; the tensors stay as they are."""
    _write(load_file(weights), replace(read_manifest(weights), **changes), weights)


def _write(tensors: dict[str, Tensor], manifest: Manifest, target: Path) -> None:
    beside = target.with_suffix(".part")
    beside.write_bytes(save(tensors, metadata={MANIFEST_KEY: manifest.to_json()}))
    beside.replace(target)


def _halved(tensor: Tensor) -> Tensor:
    return tensor.half().contiguous() if tensor.dim() > 1 else tensor.contiguous()


@torch.inference_mode()
def _largest_difference(network: nn.Module, target: Path) -> float:
    reloaded, _ = load_network(target)
    image = torch.rand(2, 3, COMPARED_PX, COMPARED_PX, generator=torch.Generator().manual_seed(0)) * 2 - 1
    before, after = (torch.softmax(part(image), dim=1) for part in (network, reloaded))
    return float((before - after).abs().max())
