"""Runs commands one after another in one process, so that Python, torch and the network are loaded only once.

QGIS talks to it over stdin and stdout, one JSON object a line. It is asked `{"id": 1, "arguments": ["extract", …],
"folder": "…"}` and says `{"type": "begin", "id": 1}`, what the command says with `--json-lines`, and
`{"type": "end", "id": 1, "code": 0}`. `{"cancel": 1}` stops that run at its next progress; the process stays. A line
that is none of these is answered with an error alone. On stderr, `--- run 1` is the line before what a run says. The
process ends with its stdin, also in the middle of a run, or after a while without work.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import queue
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from .allocator import give_back_freed_memory
from .errors import BadInput
from .orders import Order, lines, read
from .progress import JsonLinesReporter, Reporter

GRACE_S = 5.0  # a run that goes on for so long after the end of stdin is ended with the process
# Else a file on a web server that has changed since the last run would be read from GDAL's memory.
NOT_KEPT_BY_GDAL = ":".join(f"/vsi{kind}/" for kind in ("curl", "s3", "gs", "az", "adls", "oss", "swift", "webhdfs"))

Attempt = Callable[[Sequence[str], Reporter], int]


@dataclass(frozen=True)
class Job:
    """A command to run, and who is told."""

    order: Order
    reporter: Reporter


class Server:
    """Reads jobs in a thread and runs them in the thread that calls `run`, one at a time.

    `attempt` runs the words of a command and returns an exit code, as the command line does.
    """

    def __init__(self, requests: TextIO, answers: TextIO, attempt: Attempt) -> None:
        self._requests = requests
        self._answers = answers
        self._attempt = attempt
        self._jobs: queue.SimpleQueue[Job | BadInput | None] = queue.SimpleQueue()
        self._latest: Job | None = None

    def run(self, idle_s: float) -> None:
        """Run what is asked for until stdin ends, nothing was asked for `idle_s` seconds, or a run has lost the GPU."""
        threading.Thread(target=self._listen, daemon=True).start()
        with contextlib.suppress(queue.Empty, BrokenPipeError):
            while (job := self._jobs.get(timeout=idle_s)) is not None:
                self._do(job)
                if not _tidy():
                    return

    def stop(self) -> None:
        """Abandon the run at hand and end; may be called from any thread or signal handler."""
        if self._latest is not None:
            self._latest.reporter.abandon()
        self._jobs.put(None)

    def _listen(self) -> None:
        try:
            for line in lines(self._requests):
                self._take(line)
        finally:
            self.stop()
            end = threading.Timer(GRACE_S, os._exit, [1])
            end.daemon = True
            end.start()

    def _take(self, line: str) -> None:
        try:
            asked = read(line)
        except BadInput as error:
            self._jobs.put(error)  # said between runs, whose own errors look the same
            return
        if isinstance(asked, Order):
            self._latest = Job(asked, JsonLinesReporter(self._answers))
            self._jobs.put(self._latest)
        elif self._latest is not None and self._latest.order.id == asked.id:
            self._latest.reporter.cancel()

    def _do(self, job: Job | BadInput) -> None:
        if isinstance(job, BadInput):
            self._say(type="error", text=str(job), code=job.exit_code)
            return
        print(f"\n--- run {job.order.id}", file=sys.stderr, flush=True)
        self._say(type="begin", id=job.order.id)
        with contextlib.suppress(OSError):  # it is gone: relative paths will be missed, and named
            os.chdir(job.order.folder)
        try:
            code = self._attempt(job.order.words, job.reporter)
        except SystemExit as end:  # of `--help`
            code = int(end.code or 0)
        self._say(type="end", id=job.order.id, code=code)

    def _say(self, **line: Any) -> None:
        self._answers.write(json.dumps(line) + "\n")
        self._answers.flush()


def serve(attempt: Attempt, idle_s: float) -> NoReturn:
    """Serve whoever holds the other ends of stdin and stdout, and end the process."""
    os.environ.setdefault("CPL_VSIL_CURL_NON_CACHED", NOT_KEPT_BY_GDAL)
    server = Server(*_own_pipes(), attempt)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    server.run(idle_s)
    os._exit(0)  # nothing is open; taking torch apart would take longer than a small run


def _own_pipes() -> tuple[TextIO, TextIO]:
    """Return stdin and stdout under numbers that nothing else knows.

    What a library prints then goes to stderr, and what one starts cannot read requests. (On Windows, libraries that
    look at a stdin while another thread reads it would wait for ever.)
    """
    requests = os.fdopen(os.dup(0), encoding="utf-8", errors="replace")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return requests, answers


def _tidy() -> bool:
    """Keep nothing of the last run but what was loaded: no memory, no folder that Windows would not let be deleted.

    Return whether the process is of further use: one that has lost its GPU never gets it back.
    """
    os.chdir(tempfile.gettempdir())
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        try:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
        except RuntimeError:  # what CUDA says from then on, whatever it is asked
            return False
    give_back_freed_memory()
    return True
