"""How far a run is, and what its losses say."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from building_footprints_plugin.engine.errors import FootprintsError

from .config import TrainOptions


@dataclass
class Progress:
    """Steps done, steps at the last validation, the best mean object F1, and how many validations ago that was."""

    step: int = 0
    validated: int = 0
    best: float = -1.0
    since_best: int = 0
    loss_sum: float = 0.0  # since the last validation
    loss_count: int = 0

    @property
    def loss(self) -> float:
        """The mean loss since the last validation."""
        return self.loss_sum / max(1, self.loss_count)

    def judge(self, f1: float) -> bool:
        """Take note of a validation; return whether it is the best so far."""
        best = f1 > self.best
        self.best = max(f1, self.best)
        self.since_best = 0 if best else self.since_best + 1
        self.validated, self.loss_sum, self.loss_count = self.step, 0.0, 0
        return best

    def finished(self, options: TrainOptions) -> bool:
        """Return whether all steps are done and validated, or patience is at its end."""
        return self.validated >= options.steps or 0 < options.patience <= self.since_best

    def due(self, options: TrainOptions) -> int:
        """Return the step of the next validation."""
        return max(self.step, min(self.validated + options.validate_every, options.steps))


class LossWatch:
    """Reads each loss one step late, so that the device does not stand still for it.

    Raises FootprintsError where a loss is no number.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._unread: Tensor | None = None
        self.newest: float | None = None

    def note(self, loss: Tensor) -> None:
        """Take the loss of the step that was just done, and read the one before it."""
        self.catch_up()
        self._unread = loss
        self._progress.step += 1

    def catch_up(self) -> None:
        """Read the loss of the last step, waiting for it."""
        if self._unread is None:
            return
        self.newest, self._unread = float(self._unread), None
        if not math.isfinite(self.newest):
            raise FootprintsError(
                f"The loss is {self.newest} at step {self._progress.step - 1}; the last checkpoint is left as it was: "
                "lower learning_rate and go on with --resume."
            )
        self._progress.loss_sum += self.newest
        self._progress.loss_count += 1
