"""Every parameter of a training run, once; presets, TOML files and command-line flags set the same fields."""

from __future__ import annotations

import json
import sys
import typing
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.parameters import Options, parameter

from .labels import RINGS
from .normalise import SCALINGS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PRESETS = {path.stem: path for path in sorted((Path(__file__).parent / "presets").glob("*.toml"))}
Values = dict[str, Any]


@dataclass(frozen=True)
class TrainOptions(Options):
    """What is trained, on what, and for how long."""

    network: str = parameter(
        "unet_efficientnet_lite0",
        "network to train",
        choices=("unet_efficientnet_lite0", "unet_baseline", "unet"),
    )
    gsd_m: float = parameter(
        0.3, "metres per pixel the network is made for", unit="m", minimum=0.01, maximum=100.0, flag="--gsd"
    )
    gsd_tolerance: float = parameter(
        1.0,
        "rasters whose pixels are up to this many times larger or smaller are shown to the network as they are, others "
        "at the nearest size within that",
        minimum=1.0,
        maximum=100.0,
    )
    input_scaling: str = parameter(
        "centred", "what the network sees of a value of 0..255: (value - 127) / 128, or itself", choices=tuple(SCALINGS)
    )
    crop_px: int = parameter(256, "side of a training crop", unit="px", minimum=32, maximum=4096, flag="--crop")
    batch_size: int = parameter(8, "crops in one step, over all devices together", minimum=1, maximum=4096)
    steps: int = parameter(4000, "steps in all", minimum=1)
    epochs: float | None = parameter(
        None, "passes over the training tiles, in place of steps: as many crops as cover them once", minimum=0.0
    )
    validate_every: int = parameter(
        500, "steps between two validations, each with a checkpoint; 0: one after each epoch", minimum=0
    )
    patience: int = parameter(
        0, "validations in a row without a better object F1 after which training stops; 0: never", minimum=0
    )
    optimizer: str = parameter("adamw", "optimizer", choices=("adamw", "adam"))
    learning_rate: float = parameter(1e-3, "highest learning rate", minimum=0.0)
    encoder_rate: float = parameter(
        0.5, "share of the learning rate that a pretrained encoder gets", minimum=0.0, maximum=1.0
    )
    weight_decay: float = parameter(1e-2, "weight decay of AdamW", minimum=0.0)
    warmup_steps: int = parameter(200, "steps in which the learning rate rises from 0", minimum=0)
    decay_share: float = parameter(
        0.3, "share of the steps, at the end, in which the rate falls to 1 %", minimum=0.0, maximum=1.0
    )
    clip_norm: float = parameter(5.0, "longest gradient; 0: any", minimum=0.0)
    ema_decay: float = parameter(
        0.998,
        "decay of the running average of weights that is kept, less in the first steps; 0: the weights themselves",
        minimum=0.0,
        maximum=1.0,
    )
    loss: str = parameter(
        "cross_entropy_dice",
        "what is minimised: cross-entropy plus Dice of the building, or cross-entropy alone as a weighted mean",
        choices=("cross_entropy_dice", "cross_entropy"),
    )
    background_weight: float = parameter(1.0, "weight of the background class in the cross-entropy", minimum=0.0)
    interior_weight: float = parameter(1.0, "weight of the interior class in the cross-entropy", minimum=0.0)
    border_weight: float = parameter(2.0, "weight of the border class in the cross-entropy", minimum=0.0)
    contact_weight: float = parameter(3.0, "weight of pixels between two close buildings", minimum=0.0)
    border_m: float = parameter(0.6, "depth of the border class inside a building", unit="m", minimum=0.0)
    border_ring: str = parameter("inner", "border inside the outline, or on both sides of it", choices=RINGS)
    sampling: str = parameter(
        "random", "crops anywhere, or the tiles cut into chips, each once an epoch", choices=("random", "chips")
    )
    place_power: float = parameter(
        0.4, "how often a place is drawn: its ground area to this power", minimum=0.0, maximum=1.0
    )
    building_share: float = parameter(
        0.5, "share of random crops that are taken where a building is", minimum=0.0, maximum=1.0
    )
    augment: str = parameter("full", "random changes to crops", choices=("full", "none"))
    colour_transfer: float = parameter(
        0.0, "share of random crops that take on the colours of another tile, anywhere", minimum=0.0, maximum=1.0
    )
    mosaic_share: float = parameter(
        0.0,
        "share of steps in which the network sees four crops side by side as one, so that it learns to do with less "
        "of the edge that a small crop has; a batch must then be a multiple of four on each device",
        minimum=0.0,
        maximum=1.0,
    )
    scale_spread: float = parameter(0.4, "random scale, up to this share larger or smaller", minimum=0.0, maximum=4.0)
    workers: int = parameter(1, "processes that prepare crops, for each device", minimum=0)
    seed: int = parameter(1, "seed of everything random", minimum=0)
    accelerator: str = parameter("auto", "what to train on", choices=("auto", "cpu", "cuda", "mps"))
    devices: int = parameter(1, "how many of them; each takes its part of every batch", minimum=1)
    precision: str = parameter(
        "auto",
        "arithmetic, as Fabric names it; auto takes bf16-mixed where the device has instructions for it",
        choices=("auto", "bf16-mixed", "16-mixed", "32-true"),
    )


def read_config(path: Path) -> Values:
    """Return the fields set by a TOML file.

    Raises BadInput if it cannot be read, names a field that does not exist, or gives a value of another kind.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path} cannot be read as a TOML file: {error}.") from error
    known = [spec.name for spec in fields(TrainOptions)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise BadInput(f"{path} sets {', '.join(unknown)}, which is no option; expected some of {', '.join(known)}.")
    kinds = typing.get_type_hints(TrainOptions)
    return {name: _of_kind(kinds[name], value, f"{name} in {path}") for name, value in values.items()}


def read_preset(name: str) -> Values:
    """Return the fields set by the preset called `name`; raises BadInput if there is none of that name."""
    if name not in PRESETS:
        raise BadInput(f"There is no preset {name!r}; expected one of {', '.join(PRESETS)}.")
    return read_config(PRESETS[name])


def layered(*layers: Values) -> Values:
    """Return the layers as one, later ones winning; raises BadInput where one sets both steps and epochs.

    Of steps and epochs the one that was said last counts.
    """
    values: Values = {}
    for layer in layers:
        if layer.get("steps") is not None and layer.get("epochs") is not None:
            raise BadInput("Both steps and epochs are given; expected one of them.")
        values |= ({"epochs": None} if "steps" in layer else {}) | layer
    return values


def resolved(options: TrainOptions, epoch_crops: int) -> TrainOptions:
    """Return the options with `steps` and `validate_every` worked out for an epoch of `epoch_crops` crops."""
    epoch_steps = max(1, round(epoch_crops / options.batch_size))
    steps = (
        options.steps if options.epochs is None else max(1, round(options.epochs * epoch_crops / options.batch_size))
    )
    return replace(options, steps=steps, validate_every=options.validate_every or epoch_steps)


def write_config(path: Path, options: TrainOptions, remarks: list[str]) -> None:
    """Write every option as a TOML file that `--config` takes, with remarks above it."""
    lines = [f"# {remark}" for remark in remarks]
    lines += [f"{name} = {json.dumps(value)}" for name, value in as_values(options).items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def as_values(options: TrainOptions) -> Values:
    """Return every option that is set; where epochs are, steps follow from them and are left out."""
    values = {name: value for name, value in asdict(options).items() if value is not None}
    if "epochs" in values:
        del values["steps"]
    return values


def _of_kind(kind: Any, value: Any, label: str) -> Any:
    kinds = typing.get_args(kind) or (kind,)
    if float in kinds and type(value) is int:
        return float(value)
    if type(value) not in kinds:
        expected = {int: "a whole number", float: "a number", str: "a text"}[kinds[0]]
        raise BadInput(f"{label} is {value!r}; expected {expected}.")
    return value
