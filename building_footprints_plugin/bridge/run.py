"""A run of the engine: its lines become Processing feedback, its end a result or one clear error."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import QgsFeedback, QgsProcessingFeedback

from ..translation import tr
from .environment import engine_command
from .errors import BridgeError, EngineCrashed, RunCancelled
from .process import EngineProcess, Nothing

POLL_S = 0.1  # how often a cancel is looked for


@dataclass(frozen=True)
class Limits:
    """How long an engine may be silent (seconds), and which part of the progress bar (0..100) a run fills."""

    silence_s: float = 3600.0
    exit_s: float = 15.0
    bar_start: float = 0.0
    bar_end: float = 100.0


def run_engine(
    python: str, arguments: Sequence[str], feedback: QgsFeedback, limits: Limits | None = None
) -> dict[str, Any]:
    """Run `engine arguments… --json-lines` under `python` and return the keys of its result line.

    Raises BridgeError with the engine's own sentence, EngineCrashed with its last words, or
    RunCancelled; in each case the process has ended.
    """
    return run_command(engine_command(python, [*arguments, "--json-lines"]), feedback, limits)


def run_command(command: Sequence[str], feedback: QgsFeedback, limits: Limits | None = None) -> dict[str, Any]:
    """Run a command that speaks the engine's JSON lines; see `run_engine`."""
    try:
        process = EngineProcess(command)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BridgeError(tr("{} cannot be started: {}.").format(command[0], reason)) from error
    with process:
        return _Run(process, feedback, limits or Limits()).result()


class _Run:
    def __init__(self, process: EngineProcess, feedback: QgsFeedback, limits: Limits) -> None:
        self._process = process
        self._feedback = feedback
        self._limits = limits
        self._result: dict[str, Any] | None = None
        self._garbage: list[str] = []
        self._heard_at = time.monotonic()

    def result(self) -> dict[str, Any]:
        while True:
            line = self._next_line()
            if line is None:
                break
            if isinstance(line, str) and self._take(line):
                self._heard_at = time.monotonic()
        self._wait_for_exit()
        if self._result is None or self._process.returncode != 0:
            raise EngineCrashed(self._last_words())
        return self._result

    def _next_line(self) -> str | Nothing | None:
        self._stop_if_cancelled()
        if time.monotonic() - self._heard_at > self._limits.silence_s:
            text = tr("The engine was silent for {:g} seconds and was ended.").format(self._limits.silence_s)
            raise EngineCrashed(self._with_tail(text))
        return self._process.next_line(POLL_S)

    def _stop_if_cancelled(self) -> None:
        if self._feedback.isCanceled():
            raise RunCancelled(tr("Cancelled; no output was written."))

    def _wait_for_exit(self) -> None:
        deadline = time.monotonic() + self._limits.exit_s
        while not self._process.wait(POLL_S):
            self._stop_if_cancelled()
            if time.monotonic() > deadline:
                raise EngineCrashed(self._with_tail(tr("The engine closed its output but did not end; it was ended.")))

    def _take(self, text: str) -> bool:
        """Act on one line; return whether it was one of the engine's."""
        message = _parse(text)
        kind = message.get("type")
        if kind == "progress":
            self._show(message.get("fraction"))
        elif kind == "message":
            self._tell(str(message.get("level")), str(message.get("text")))
        elif kind == "result":
            self._result = {name: value for name, value in message.items() if name != "type"}
        elif kind == "error":
            raise BridgeError(str(message.get("text")))
        else:  # some library prints to stdout: not for us, but it may explain a crash
            if text and len(self._garbage) < 10:
                self._garbage.append(text[:400])
            return False
        return True

    def _show(self, fraction: Any) -> None:
        if isinstance(fraction, (int, float)) and 0 <= fraction <= 1:
            start, end = self._limits.bar_start, self._limits.bar_end
            self._feedback.setProgress(start + fraction * (end - start))

    def _tell(self, level: str, text: str) -> None:
        if not isinstance(self._feedback, QgsProcessingFeedback):
            return
        if level == "warning":
            self._feedback.pushWarning(text)
        else:
            self._feedback.pushInfo(text)

    def _last_words(self) -> str:
        code = self._process.returncode
        if code is not None and code < 0:
            text = tr("The engine was ended by signal {}.").format(-code)
            if code == -9:
                text += " " + tr("The system may have run out of memory; a smaller tile or batch size needs less.")
        else:
            text = tr("The engine ended with exit code {} and without a result.").format(code)
        return self._with_tail(text)

    def _with_tail(self, text: str) -> str:
        said = self._garbage + self._process.last_errors()
        return "\n".join([text, tr("Its last words:"), *said]) if said else text


def _parse(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
