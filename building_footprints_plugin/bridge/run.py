"""A run of the engine: its lines become Processing feedback, its end a result or one clear error."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import QgsFeedback, QgsProcessingFeedback

from ..translation import tr
from .environment import engine_command
from .errors import BridgeError, EngineCrashed, RunCancelled
from .process import EngineProcess, Nothing

POLL_S = 0.1  # how often a cancel is looked for
LONGEST_TEXT = 2000  # characters of a sentence that are shown
MOST_MESSAGES = 1000  # of a run that are shown; QGIS's log takes memory and time for each


@dataclass(frozen=True)
class Limits:
    """How long an engine may be silent (seconds), which part of the progress bar (0..100) a run fills, and in which
    words its sentences are shown."""

    silence_s: float = 3600.0
    exit_s: float = 15.0
    bar_start: float = 0.0
    bar_end: float = 100.0
    wording: Callable[[str], str] = str


def run_engine(
    python: str, arguments: Sequence[str], feedback: QgsFeedback, limits: Limits | None = None
) -> dict[str, Any]:
    """Run `engine arguments… --json-lines` under `python`, in a process of its own, and return its result's keys.

    Raises BridgeError with the engine's own sentence, EngineCrashed with its last words, or
    RunCancelled; in each case the process has ended.
    """
    return run_command(engine_command(python, [*arguments, "--json-lines"]), feedback, limits)


def run_command(command: Sequence[str], feedback: QgsFeedback, limits: Limits | None = None) -> dict[str, Any]:
    """Run a command that speaks the engine's JSON lines; see `run_engine`."""
    with start(command) as process:
        return Run(process, feedback, limits or Limits()).alone()


def start(command: Sequence[str]) -> EngineProcess:
    """Start a command; raise BridgeError if there is no such program."""
    try:
        return EngineProcess(command)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BridgeError(tr("{} cannot be started: {}.").format(command[0], reason)) from error


class Run:
    """What the engine says during one command.

    `begun` and `ended` are said by an engine that serves several; where it runs but one, its end is that of the
    process.
    """

    def __init__(self, process: EngineProcess, feedback: QgsFeedback, limits: Limits) -> None:
        self.begun = self.ended = False
        self._process = process
        self._feedback = feedback
        self._limits = limits
        self._result: dict[str, Any] | None = None
        self._refusal: str | None = None
        self._garbage: list[str] = []
        self._told = 0
        self._heard_at = time.monotonic()

    def alone(self) -> dict[str, Any]:
        """Return the result of an engine that was started for this run; it has the run's exit code."""
        self._follow(lambda: self._refusal is not None)
        if self._refusal is None:
            self._wait_for_exit()
            if self._process.returncode != 0:
                raise EngineCrashed(self._last_words())
        return self._outcome()

    def begins(self, within_s: float) -> bool:
        """Return whether an engine that was started before takes this run on."""
        deadline = time.monotonic() + within_s
        self._follow(lambda: self.begun or time.monotonic() > deadline)
        return self.begun

    def served(self) -> dict[str, Any]:
        """Return the result of a run that ends before its engine does."""
        self._follow(lambda: self.ended)
        if not self.ended:
            self._wait_for_exit()
            raise EngineCrashed(self._last_words())
        return self._outcome()

    def drain(self, within_s: float) -> None:
        """Read on to the run's end, if that comes in time, and act on nothing."""
        deadline = time.monotonic() + within_s
        while not self.ended and time.monotonic() < deadline:
            line = self._process.next_line(POLL_S)
            if line is None:
                return
            self.ended = isinstance(line, str) and _parse(line).get("type") == "end"

    def _follow(self, over: Callable[[], bool]) -> None:
        """Act on lines until it is over, or the process has ended."""
        while not over():
            line = self._next_line()
            if line is None:
                return
            if isinstance(line, str) and self._take(line):
                self._heard_at = time.monotonic()

    def _outcome(self) -> dict[str, Any]:
        if self._refusal is not None:
            raise BridgeError(self._refusal)
        if self._result is None:
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
            self._tell(message.get("level"), _text_of(message))
        elif kind == "result":
            self._result = {name: value for name, value in message.items() if name != "type"}
        elif kind == "error":
            self._refusal = self._limits.wording(_text_of(message))
        elif kind in ("begin", "end"):
            self.begun, self.ended = True, kind == "end"
        else:  # some library prints to stdout: not for us, but it may explain a crash
            if text and len(self._garbage) < 10:
                self._garbage.append(text[:400])
            return False
        return True

    def _show(self, fraction: Any) -> None:
        if isinstance(fraction, (int, float)) and 0 <= fraction <= 1:
            start, end = self._limits.bar_start, self._limits.bar_end
            self._feedback.setProgress(start + fraction * (end - start))

    def _tell(self, level: Any, text: str) -> None:
        self._told += 1
        if not isinstance(self._feedback, QgsProcessingFeedback) or self._told > MOST_MESSAGES:
            return
        tell = self._feedback.pushWarning if level == "warning" else self._feedback.pushInfo
        tell(self._limits.wording(text))

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


def _text_of(message: dict[str, Any]) -> str:
    return str(message.get("text"))[:LONGEST_TEXT]


def _parse(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
