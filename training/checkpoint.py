"""Checkpoints of a run: everything that is needed to go on bit for bit."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

from building_footprints_plugin.engine.errors import BadInput, FootprintsError

from .config import TrainOptions, Values, as_values
from .learner import Learner
from .progress import Progress
from .state import read_state, write_state


def save_checkpoint(path: Path, learner: Learner, progress: Progress, options: TrainOptions) -> None:
    """Write a checkpoint as `write_state` does.

    Raises FootprintsError, and leaves what was at `path`, if it cannot be written or if a weight is no number.
    """
    if not learner.is_finite():
        raise FootprintsError(
            f"A weight is no number after step {progress.step}; {path} was left as it is: "
            "lower learning_rate and go on with --resume."
        )
    write_state(path, {**learner.state(), **asdict(progress), "options": asdict(options)})


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
