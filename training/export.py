"""`export`: a checkpoint to the weights file, reloaded and compared with what it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.footprints import DEFAULTS
from building_footprints_plugin.engine.manifest import Manifest, manifest_from_json
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.weights import MANIFEST_KEY, load_network, read_manifest

from .labels import CLASSES, INTERIOR, RINGS, building_classes
from .normalise import SCALINGS
from .places import BANDS, Place
from .state import read_state, write_state

ORIGIN = "origin.json"  # beside a checkpoint: the manifest of the weights it was fine-tuned from
COMPARED_PX = 128


@dataclass(frozen=True)
class Checkpoint:
    """The averaged network of a training run, the options it was trained with, the steps it took.

    `thresholds` are those that `tune` found for it, empty before; `origin` is the manifest of the weights that were
    fine-tuned, None if there were none.
    """

    network: nn.Module
    options: dict[str, Any]
    step: int
    thresholds: dict[str, float] = field(default_factory=dict)
    origin: Manifest | None = None


def read_checkpoint(path: Path) -> Checkpoint:
    """Return what `train` saved; raises BadInput if the file is missing or no checkpoint of ours."""
    state, beside = read_state(path), path.with_name(ORIGIN)
    origin = manifest_from_json(beside.read_text(encoding="utf-8"), str(beside)) if beside.exists() else None
    try:
        options, average = state["options"], state["average"]
        network = build_network(options["network"], classes=len(CLASSES))
        tensors = {name.removeprefix("module."): t for name, t in average.items() if name != "n_averaged"}
        network.load_state_dict(tensors)
        return Checkpoint(network.eval(), options, int(state["step"]), state.get("thresholds", {}), origin)
    except (RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} is no checkpoint of `python -m training train` ({error}).") from error


def keep_thresholds(checkpoint: Path, thresholds: dict[str, float]) -> None:
    """Write the thresholds found for a checkpoint into it, for `export`; a further training starts without them.

    Raises FootprintsError, and leaves the checkpoint as it was, if that cannot be written.
    """
    write_state(checkpoint, {**read_state(checkpoint), "thresholds": thresholds})


def export(
    checkpoint: Checkpoint, places: Sequence[Place], thresholds: dict[str, float], target: Path, licence: str = ""
) -> float:
    """Write the weights file `target` in half precision; return the largest change of a probability by that.

    Convolution weights become 16-bit; biases and normalisation statistics, a few kilobytes, stay 32-bit. `places` are
    those it was trained and chosen on. `thresholds` go before those of the checkpoint, these before those of the
    weights it was fine-tuned from, these before the engine's defaults. Without a `licence` those of the places are
    named. Raises FootprintsError if a weight is too large for 16 bits.
    """
    tensors = {name: _halved(name, tensor) for name, tensor in checkpoint.network.state_dict().items()}
    before = checkpoint.origin.thresholds if checkpoint.origin else {}
    manifest = _manifest(checkpoint, places, {**DEFAULTS, **before, **checkpoint.thresholds, **thresholds})
    if not licence:
        licence = "; ".join(_licences(places, checkpoint.origin))
    _write(tensors, replace(manifest, licence=licence), target)
    return _largest_difference(checkpoint.network, target)


@contextmanager
def as_weights(path: Path) -> Iterator[Path]:
    """Give `path` itself if it is a weights file; if it is a checkpoint, one made from it for as long as needed."""
    if path.suffix != ".pt":
        yield path
        return
    with TemporaryDirectory() as folder:
        weights = Path(folder) / f"{path.stem}.safetensors"
        export(read_checkpoint(path), (), {}, weights)
        yield weights


def rewrite_manifest(weights: Path, **changes: Any) -> None:
    """Change fields of the manifest of a weights file; the tensors stay as they are."""
    _write(load_file(weights), replace(read_manifest(weights), **changes), weights)


def _manifest(checkpoint: Checkpoint, places: Sequence[Place], thresholds: dict[str, float]) -> Manifest:
    options = checkpoint.options
    mean, std = SCALINGS[options.get("input_scaling", "centred")]
    used = [place for place in places if place.split != "test"]
    named = {str(place.info["attribution"]) for place in used if "attribution" in place.info}
    before = checkpoint.origin
    return Manifest(
        architecture=options["network"],
        bands=BANDS,
        gsd_m=options["gsd_m"],
        gsd_tolerance=options.get("gsd_tolerance", 1.0),
        mean=(mean,) * len(BANDS),
        std=(std,) * len(BANDS),
        classes=CLASSES,
        building_classes=tuple(CLASSES[index] for index in building_classes(options.get("border_ring", RINGS[0]))),
        seed_class=CLASSES[INTERIOR],
        thresholds=thresholds,
        attribution=tuple(sorted(named.union(before.attribution if before else ()))),
        training={
            "steps": checkpoint.step,
            "options": options,
            "places": sorted(place.name for place in used if place.split == "train" and place.trust > 0),
            "validation_places": sorted(place.name for place in used if place.split == "val"),
            "data": [_described(place) for place in used],
            **({"fine_tuned_from": {"licence": before.licence, "training": before.training}} if before else {}),
        },
    )


def _licences(places: Sequence[Place], origin: Manifest | None) -> list[str]:
    own = sorted({str(place.info.get("licence", "")) for place in places} - {""})
    before = [f"that of the weights it was fine-tuned from, {origin.licence}"] if origin and origin.licence else []
    return [f"that of its data, {', '.join(own)}"] * bool(own) + before


def _described(place: Place) -> dict[str, Any]:
    facts = {name: place.info.get(name, "") for name in ("licence", "attribution", "label_quality")}
    return {"name": place.name, "split": place.split if place.trust else "left out", "tiles": len(place.ids), **facts}


def _write(tensors: dict[str, Tensor], manifest: Manifest, target: Path) -> None:
    beside = target.with_suffix(".part")
    try:
        beside.write_bytes(save(tensors, metadata={MANIFEST_KEY: manifest.to_json()}))
        beside.replace(target)
    except OSError as error:
        raise FootprintsError(f"{target} cannot be written ({error}); choose a folder where files can be.") from error


def _halved(name: str, tensor: Tensor) -> Tensor:
    if tensor.dim() <= 1:
        return tensor.contiguous()
    half = tensor.half().contiguous()
    if not torch.isfinite(half).all():
        raise FootprintsError(f"{name} holds {float(tensor.abs().max()):g}, too large for half precision; train again.")
    return half


@torch.inference_mode()
def _largest_difference(network: nn.Module, target: Path) -> float:
    reloaded, manifest = load_network(target)
    pixels = torch.rand(2, len(BANDS), COMPARED_PX, COMPARED_PX, generator=torch.Generator().manual_seed(0)) * 255
    mean, std = (torch.tensor(values)[:, None, None] for values in (manifest.mean, manifest.std))
    before, after = (torch.softmax(part((pixels - mean) / std), dim=1) for part in (network, reloaded))
    return float((before - after).abs().max())
