"""Every parameter of a training run, once; a TOML file and command-line flags set the same fields."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import tomllib

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.options import Options, parameter


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
    crop_px: int = parameter(256, "side of a training crop", unit="px", minimum=32, maximum=4096, flag="--crop")
    batch_size: int = parameter(8, "crops in one step", minimum=1, maximum=4096)
    steps: int = parameter(4000, "steps in all", minimum=1)
    validate_every: int = parameter(500, "steps between two validations, each followed by a checkpoint", minimum=1)
    learning_rate: float = parameter(1e-3, "highest learning rate", minimum=0.0)
    encoder_rate: float = parameter(
        0.5, "share of the learning rate that a pretrained encoder gets", minimum=0.0, maximum=1.0
    )
    weight_decay: float = parameter(1e-2, "weight decay of AdamW", minimum=0.0)
    warmup_steps: int = parameter(200, "steps in which the learning rate rises from 0", minimum=0)
    decay_share: float = parameter(
        0.3, "share of the steps, at the end, in which the rate falls to 1 %", minimum=0.0, maximum=1.0
    )
    ema_decay: float = parameter(
        0.998, "decay of the running average of weights that is kept", minimum=0.0, maximum=1.0
    )
    border_m: float = parameter(0.6, "depth of the border class inside a building", unit="m", minimum=0.0)
    border_weight: float = parameter(2.0, "weight of the border class in the cross-entropy", minimum=0.0)
    contact_weight: float = parameter(3.0, "weight of pixels between two close buildings", minimum=0.0)
    scale_spread: float = parameter(0.4, "random scale, up to this share larger or smaller", minimum=0.0, maximum=4.0)
    place_power: float = parameter(
        0.4, "how often a place is drawn: its ground area to this power", minimum=0.0, maximum=1.0
    )
    workers: int = parameter(1, "processes that prepare crops", minimum=0)
    seed: int = parameter(1, "seed of everything random", minimum=0)


def read_config(path: Path) -> dict[str, Any]:
    """Return the fields set by a TOML file.

    Raises BadInput if it cannot be read or names a field that does not exist.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path} cannot be read as a TOML file: {error}.") from error
    known = [spec.name for spec in fields(TrainOptions)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise BadInput(f"{path} sets {', '.join(unknown)}, which is no option; expected some of {', '.join(known)}.")
    return values
