"""How a run tells the outside what it does, and hears that it should stop.

Three listeners: a person at a terminal (`TerminalReporter`), a program on a pipe (`JsonLinesReporter`), nobody
(`Reporter`). Steps call `progress`, `info`, `warning`; `progress` raises `Cancelled` once a stop was asked for.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any, TextIO

from .errors import Abandoned, Cancelled


class Reporter:
    """Says nothing; base of the others. `cancel` may be called from any thread or signal handler."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._abandoned = False
        self.warned: list[str] = []

    def cancel(self) -> None:
        """Ask the run to stop at its next call of `progress`."""
        self._stop.set()

    def abandon(self) -> None:
        """Stop the run in the same way: nobody listens any more."""
        self._abandoned = not self._stop.is_set()
        self._stop.set()

    def check(self) -> None:
        """Raise `Cancelled` if a stop was asked for, `Abandoned` if nobody is left to ask."""
        if self._stop.is_set():
            if self._abandoned:
                raise Abandoned("The program that asked for this run has ended; no output was written.")
            raise Cancelled("Cancelled; no output was written.")

    def progress(self, fraction: float) -> None:
        """Report the finished share of the run, 0..1; raise as `check` does."""
        self.check()
        self._show(min(max(fraction, 0.0), 1.0))

    def info(self, text: str) -> None:
        """Report a fact that a log should hold."""

    def warning(self, text: str) -> None:
        """Report something the user should know though the run goes on; `warned` holds all of it."""
        self.warned.append(text)

    def result(self, values: dict[str, Any]) -> None:
        """Report the figures of a finished run."""

    def error(self, text: str, code: int) -> None:
        """Report why the run ends without a result, and its exit code."""

    def close(self) -> None:
        """Leave the terminal tidy."""

    def _show(self, fraction: float) -> None:
        pass


class JsonLinesReporter(Reporter):
    """One JSON object per line: `{"type": "progress" | "message" | "result" | "error", …}`.

    The bridge in QGIS reads these lines. End of file on `stdin` cancels the run, so an engine cannot outlive the
    process that started it.
    """

    def __init__(self, stream: TextIO, stdin: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._sending = threading.Lock()  # progress comes from another thread than messages
        self._last = -1.0
        if stdin is not None:
            threading.Thread(target=self._watch, args=(stdin,), daemon=True).start()

    def _watch(self, stdin: TextIO) -> None:
        while stdin.readline():
            pass
        self.cancel()

    def _send(self, **line: Any) -> None:
        with self._sending:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()

    def _show(self, fraction: float) -> None:
        if fraction - self._last >= 0.005 or fraction >= 1.0 > self._last:
            self._last = fraction
            self._send(type="progress", fraction=round(fraction, 4))

    def info(self, text: str) -> None:
        self._send(type="message", level="info", text=text)

    def warning(self, text: str) -> None:
        super().warning(text)
        self._send(type="message", level="warning", text=text)

    def result(self, values: dict[str, Any]) -> None:
        self._send(type="result", **values)

    def error(self, text: str, code: int) -> None:
        self._send(type="error", text=text, code=code)


class TerminalReporter(Reporter):
    """A progress bar on a terminal, plain lines elsewhere; the result on stdout, everything else on stderr."""

    def __init__(self, *, as_json: bool = False, verbose: bool = False) -> None:
        super().__init__()
        self._as_json = as_json
        self._verbose = verbose
        self._bar: Any = None

    def _show(self, fraction: float) -> None:
        if self._bar is None:
            if not sys.stderr.isatty():
                return
            from tqdm import tqdm

            self._bar = tqdm(total=1.0, bar_format="{l_bar}{bar}| {elapsed}<{remaining}", leave=False)
        self._bar.update(fraction - self._bar.n)

    def _line(self, text: str) -> None:
        if self._bar is None:
            print(text, file=sys.stderr)
        else:
            self._bar.write(text, file=sys.stderr)

    def info(self, text: str) -> None:
        if self._verbose:
            self._line(text)

    def warning(self, text: str) -> None:
        super().warning(text)
        self._line(f"Warning: {text}")

    def result(self, values: dict[str, Any]) -> None:
        self.close()
        if self._as_json:
            print(json.dumps(values))
            return
        for name, value in values.items():
            if isinstance(value, (dict, list)):
                continue  # said before, line by line
            text = f"{value:,.4g}" if isinstance(value, float) else value
            print(f"{name.replace('_', ' ')}: {text}")

    def error(self, text: str, code: int) -> None:
        self.close()
        print(f"Error: {text}", file=sys.stderr)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
