"""The engine that is kept between runs: what it has loaded is there at once for the next one.

At most one idle engine is kept. A run that finds it busy starts another; of two that are free again one is ended. It
ends after a while without work, with QGIS, and when what it was started from changes.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgis.core import QgsFeedback, QgsProcessingFeedback, QgsSettings

from ..translation import tr
from .environment import PACKAGE, engine_command, engine_environment
from .run import Limits, Run, start

KEEP_SETTING = "BuildingFootprints/keep_engine_s"  # seconds without work after which it ends; 0: it is not kept
KEEP_S = 300.0
UNUSED_S = 60.0  # an engine that is not kept waits for its only run no longer than this
BEGIN_S = 10.0  # one that does not take a run on by then hangs
CANCEL_S = 1.2  # a cancelled run that has not stopped by then is ended with its engine
PACKAGES = ("lib/python3*/*-packages/*-info", "Lib/site-packages/*-info")  # below an environment: names with versions

_lock = threading.Lock()
_idle: list[Engine] = []


class Gone(Exception):
    """An engine that was kept did not take a run on: it has just ended, or hangs."""


class Engine:
    """A process that runs one command after another; `identity` is what it was started from."""

    def __init__(self, python: str, identity: object) -> None:
        self.identity = identity
        self._process = start(engine_command(python, ["serve", f"--idle={keep_s() or UNUSED_S:g}"]))
        self._count = 0
        self._run: Run | None = None

    def run(self, arguments: Sequence[str], feedback: QgsFeedback, limits: Limits) -> dict[str, Any]:
        """Run a command; raises what `run_warm` does, and Gone."""
        self._count += 1
        self._run = Run(self._process, feedback, limits)
        self._send({"id": self._count, "arguments": [*arguments, "--json-lines"], "folder": _current_folder()})
        if self._count > 1 and not self._run.begins(BEGIN_S):
            raise Gone
        if isinstance(feedback, QgsProcessingFeedback):
            feedback.pushInfo(tr("The engine is warm.") if self._count > 1 else tr("A new engine is started."))
        return self._run.served()

    def settle(self) -> bool:
        """Cancel the run at hand, if any; return whether the engine is free."""
        if self._run is not None and not self._run.ended:
            self._send({"cancel": self._count})
            self._run.drain(CANCEL_S)
        return self._run is None or self._run.ended

    def end(self) -> None:
        """End the process; its files may then be deleted."""
        self._process.stop(CANCEL_S if self._run is None or self._run.ended else 0)

    def _send(self, request: dict[str, Any]) -> None:
        try:
            self._process.send(json.dumps(request))
        except OSError:
            return  # it has ended; who reads on learns how


def run_warm(
    python: str, arguments: Sequence[str], feedback: QgsFeedback, limits: Limits | None = None
) -> dict[str, Any]:
    """Run `engine arguments…` under `python`, in the engine that was kept if there is one, and return its result.

    Raises BridgeError with the engine's own sentence, EngineCrashed with its last words, or RunCancelled; an engine
    that does not stop at once when it is cancelled, or has crashed, has ended.
    """
    limits, identity = limits or Limits(), identity_of(python)
    kept = _take(identity)
    if kept is not None:
        try:
            return _run(kept, arguments, feedback, limits)
        except Gone:
            pass  # nothing has happened yet
    return _run(Engine(python, identity), arguments, feedback, limits)


def end_engines() -> None:
    """End the engine that is kept: its files are about to change, or QGIS is ending."""
    with _lock:
        ending, _idle[:] = list(_idle), []
    for engine in ending:
        engine.end()


def keep_s() -> float:
    """Return how long an engine without work is kept, in seconds."""
    try:
        return max(float(QgsSettings().value(KEEP_SETTING, KEEP_S)), 0.0)
    except (TypeError, ValueError):
        return KEEP_S


def identity_of(python: str) -> object:
    """Return what changes when the Python, its packages, this plugin's engine or the environment variables do."""
    prefix = Path(python).parent.parent
    packages = sorted(path for pattern in PACKAGES for path in prefix.glob(pattern))
    code = sorted((PACKAGE / "engine").rglob("*.py"))
    files = [Path(python), prefix / "pyvenv.cfg", *packages, *code]
    return [(str(path), _changed(path)) for path in files], engine_environment()


def _run(engine: Engine, arguments: Sequence[str], feedback: QgsFeedback, limits: Limits) -> dict[str, Any]:
    try:
        return engine.run(arguments, feedback, limits)
    finally:
        if not (engine.settle() and _keep(engine)):
            engine.end()


def _take(identity: object) -> Engine | None:
    """Return the engine that is kept, if it is of this identity; another one is ended."""
    with _lock:
        engine = _idle.pop() if _idle else None
    if engine is not None and engine.identity != identity:
        engine.end()
        return None
    return engine


def _keep(engine: Engine) -> bool:
    with _lock:
        if _idle or not keep_s():
            return False
        _idle.append(engine)
        return True


def _current_folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


atexit.register(end_engines)  # before Python takes apart what the reading threads wait on
