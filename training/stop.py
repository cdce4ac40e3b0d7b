"""Ctrl-C and SIGTERM end a training after its step, saved, and with a sentence on how to go on."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from building_footprints_plugin.engine.errors import Cancelled

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Cancelled):
    """The run was asked to stop; it is saved."""


class StopRequest:
    """While this context is open the first Ctrl-C or SIGTERM sets `asked`; a second one acts as ever."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        self._give_back()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        self._give_back()

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def ignore_stops(worker: int) -> None:
    """Let the main process decide when its worker processes end: a terminal sends Ctrl-C to all of them."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
