"""One engine process: started, read from, and ended for certain."""

from __future__ import annotations

import contextlib
import io
import os
import queue
import signal
import subprocess  # nosec B404 - lists without a shell; each call says why
import time
from collections.abc import Mapping, Sequence
from typing import Final

from .environment import engine_environment
from .pipes import LineReader, TailReader

# Cancelling takes at most the sum of these, less than two seconds.
CLOSE_S, TERMINATE_S, KILL_S = 1.2, 0.3, 0.3
ORPHAN_S = 2.0  # how long a pipe that outlives the process is still listened to
LAST_WORDS_S = 5.0  # how long the end of stderr is waited for once the process has ended


class Nothing:
    """No line within the time asked for."""


NOTHING: Final = Nothing()


class EngineProcess:
    """A running engine. End of file on its stdin asks it to stop; `stop` ends it whatever it does.

    Use it as a context manager: leaving it ends the process, also after an exception. `additions` are environment
    variables; with `joined` what it writes to stderr comes among the lines. Raises OSError if `command` cannot be
    started.
    """

    def __init__(
        self, command: Sequence[str], additions: Mapping[str, str] | None = None, *, joined: bool = False
    ) -> None:
        self._process = subprocess.Popen(  # nosec B603 - a list, no shell; the Python is the user's own choice
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if joined else subprocess.PIPE,
            env={**engine_environment(), **(additions or {})},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            start_new_session=True,
        )
        self._stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        self._pipes = [pipe for pipe in (stdout, stderr) if pipe is not None]
        self._out, self._err = LineReader(self._pipes[0]), TailReader(stderr or io.BytesIO())
        self._out.start()
        self._err.start()
        self._ended_at: float | None = None

    def __enter__(self) -> EngineProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal; None while the process runs."""
        return self._process.poll()

    def next_line(self, timeout: float) -> str | Nothing | None:
        """Return the next line of stdout, NOTHING if none came within `timeout` seconds, None after the last."""
        try:
            return self._out.lines.get(timeout=timeout)
        except queue.Empty:
            return None if self._is_orphaned() else NOTHING

    def send(self, line: str) -> None:
        """Write one line to stdin; raise OSError if the process has ended."""
        if self._stdin is not None:
            self._stdin.write(line.encode() + b"\n")
            self._stdin.flush()

    def wait(self, timeout: float) -> bool:
        """Return whether the process has ended within `timeout` seconds."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_errors(self) -> list[str]:
        """Return the last lines that the last run wrote to stderr: of a process that has ended, all it had to say."""
        self._err.join(0.5 if self.returncode is None else LAST_WORDS_S)
        return self._err.last_lines()

    def stop(self, patience_s: float = CLOSE_S) -> None:
        """End the process within two seconds: ask it by closing stdin, then terminate, then kill it."""
        if self._stdin is not None and not self._stdin.closed:
            with contextlib.suppress(OSError):  # it has ended, and a line for it was left over
                self._stdin.close()
        if not self.wait(patience_s):
            self._signal("SIGTERM")
            if not self.wait(TERMINATE_S):
                self._signal("SIGKILL")
                self.wait(KILL_S)
        self._release()

    def _signal(self, name: str) -> None:
        """Signal the process and what it has started; Windows only knows the end of the process itself."""
        if os.name == "nt":
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it ended in this very moment
            os.killpg(self._process.pid, getattr(signal, name))

    def _release(self) -> None:
        self._out.close()
        for reader, pipe in zip((self._out, self._err), self._pipes):
            reader.join(0.3)
            if not reader.is_alive():  # closing under a blocked reader would block as well
                pipe.close()

    def _is_orphaned(self) -> bool:
        """Whether the process has ended while something else still holds its stdout open."""
        if self._process.poll() is None:
            return False
        now = time.monotonic()
        self._ended_at = self._ended_at or now
        return now - self._ended_at > ORPHAN_S
