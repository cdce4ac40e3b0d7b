"""Reading a child process's pipes so that neither side can block the other or fill the memory."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator
from typing import IO

LONGEST_LINE = 4 * 1024 * 1024  # bytes; a result with its curves stays far below
LONGEST_TAIL_LINE = 400  # characters
NEXT_RUN = "--- run "  # how the line begins with which an engine that serves several runs parts them


class LineReader(threading.Thread):
    """Pumps lines of `stream` into `lines`; `None` marks the end. A full queue makes the child wait."""

    def __init__(self, stream: IO[bytes], longest: int = LONGEST_LINE) -> None:
        super().__init__(daemon=True)
        self.lines: queue.Queue[str | None] = queue.Queue(maxsize=1000)
        self._stream = stream
        self._longest = longest
        self._closed = threading.Event()

    def run(self) -> None:
        for line in bounded_lines(self._stream, self._longest):
            if not self._put(line):
                return
        self._put(None)

    def close(self) -> None:
        """Stop pumping; called when nobody reads `lines` any more."""
        self._closed.set()

    def _put(self, line: str | None) -> bool:
        while not self._closed.is_set():
            try:
                self.lines.put(line, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False


class TailReader(threading.Thread):
    """Reads `stream` to its end and keeps the last lines of the last run, for a message about a crash."""

    def __init__(self, stream: IO[bytes], count: int = 12) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._tail: deque[str] = deque(maxlen=count)

    def run(self) -> None:
        for line in bounded_lines(self._stream, LONGEST_LINE):
            if line.startswith(NEXT_RUN):
                self._tail.clear()
            elif line:
                self._tail.append(line[:LONGEST_TAIL_LINE])

    def last_lines(self) -> list[str]:
        """Return the last lines that were not empty, oldest first."""
        return list(self._tail)


def bounded_lines(stream: IO[bytes], longest: int) -> Iterator[str]:
    """Yield the lines of `stream` without their ends; one longer than `longest` bytes is cut off there."""
    while True:
        raw = stream.readline(longest)
        if not raw:
            return
        rest = raw
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(longest)
        yield raw.decode("utf-8", "replace").rstrip()
