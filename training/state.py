"""The file of a checkpoint: read whole or refused, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251 - what torch.load raises for a foreign file; it loads weights only
from typing import Any
from zipfile import is_zipfile

import torch

from building_footprints_plugin.engine.errors import BadInput, FootprintsError

LAST, BEST = "last.pt", "best.pt"
PARTS = {"model", "average", "optimizer", "step", "best", "options"}  # what every checkpoint holds
EXPECTED = f"expected {LAST} or {BEST} of a run of `python -m training train`"


def read_state(path: Path) -> dict[str, Any]:
    """Return what is in a checkpoint, on the CPU; raises BadInput if there is none, or it is none of `train`."""
    if not path.is_file():
        raise BadInput(f"There is no checkpoint {path}; {EXPECTED}.")
    if not is_zipfile(path):  # what torch writes; of anything else its reader may say anything
        raise BadInput(f"{path} is no whole checkpoint; {EXPECTED}.")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        missing = PARTS - set(state)
    except (RuntimeError, TypeError, EOFError, OSError, UnpicklingError) as error:
        reason = (str(error).splitlines() or ["it is empty"])[0]
        raise BadInput(f"{path} is no whole checkpoint ({reason}); {EXPECTED}.") from error
    if missing:
        raise BadInput(f"{path} lacks {', '.join(sorted(missing))}; {EXPECTED}.")
    return state


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint beside `path`, and rename it when it is whole and on the disk.

    Raises FootprintsError, and leaves what was at `path`, if it cannot be written.
    """
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except (OSError, RuntimeError) as error:
        beside.unlink(missing_ok=True)
        left = "the one before it is whole" if path.exists() else "there is none before it"
        raise FootprintsError(
            f"Checkpoint {path} of step {state['step']} cannot be written ({error}); {left}: "
            "make room on the disk and run it again (`train` with --resume)."
        ) from error
