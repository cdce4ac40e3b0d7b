"""Checkpoints: whole or not there, and everything that is needed to go on bit for bit."""

from __future__ import annotations

import os
from dataclasses import asdict, fields
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 - what torch.load raises for a foreign file; it loads weights only
from typing import Any

import torch

from building_footprints_plugin.engine.errors import BadInput, FootprintsError

from .config import TrainOptions, Values, as_values
from .learner import Learner
from .progress import Progress

LAST, BEST = "last.pt", "best.pt"


def save_checkpoint(path: Path, learner: Learner, progress: Progress, options: TrainOptions) -> None:
    """Write a checkpoint beside `path` and rename it when it is whole and on the disk.

    Raises FootprintsError, and leaves what was at `path`, if it cannot be written or if a weight is no number.
    """
    if not learner.is_finite():
        raise FootprintsError(
            f"A weight is no number after step {progress.step}; {path} was left as it is: "
            "lower learning_rate and go on with --resume."
        )
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("wb") as file:
            torch.save({**learner.state(), **asdict(progress), "options": asdict(options)}, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except (OSError, RuntimeError) as error:
        beside.unlink(missing_ok=True)
        left = "the one before it is whole" if path.exists() else "there is none before it"
        raise FootprintsError(
            f"Checkpoint {path} of step {progress.step} cannot be written ({error}); {left}: "
            "make room on the disk and go on with --resume."
        ) from error


def read_state(path: Path) -> dict[str, Any]:
    """Return what `save_checkpoint` wrote; raises BadInput if it is no checkpoint of `train`."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        missing = {"model", "average", "optimizer", "step", "best", "options"} - set(state)
    except (RuntimeError, TypeError, EOFError, OSError, UnpicklingError) as error:
        reason = (str(error).splitlines() or ["it is empty"])[0]
        raise BadInput(f"{path} is no whole checkpoint ({reason}); expected last.pt or best.pt of a run.") from error
    if missing:
        raise BadInput(f"{path} lacks {', '.join(sorted(missing))}; expected last.pt or best.pt of a run.")
    return state


def options_before(path: Path) -> Values:
    """Return the options that the run of a checkpoint was begun with; raises BadInput as `read_state` does."""
    options = read_state(path)["options"]
    known = {spec.name for spec in fields(TrainOptions)}
    return as_values(TrainOptions(**{name: value for name, value in options.items() if name in known}))


def restore(path: Path, learner: Learner, options: TrainOptions) -> Progress:
    """Bring `learner` to where the checkpoint was; return how far that is.

    Raises BadInput if the checkpoint is of another network or cannot be read.
    """
    state = read_state(path)
    before = state["options"]["network"]
    if before != options.network:
        raise BadInput(f"{path} holds {before}, and {options.network} was asked for; name another run folder.")
    learner.restore(state)
    known = {spec.name for spec in fields(Progress)}
    # a checkpoint of before there was "validated" was always written at a validation
    return Progress(**{"validated": state["step"], **{name: state[name] for name in known & set(state)}})
