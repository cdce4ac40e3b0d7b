"""Speaks to a process that serves commands as QGIS does."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Client:
    """Speaks to a server as QGIS does."""

    def __init__(self, *command: str) -> None:
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in `end`; a pipe that nobody reads fills up
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=self.errors, text=True
        )
        self._count = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(self, *words: str, folder: Path = ROOT) -> int:
        self._count += 1
        self.send(id=self._count, arguments=words, folder=str(folder))
        return self._count

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def send(self, **line: Any) -> None:
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        return json.loads(self.process.stdout.readline())

    def answer(self) -> list[dict[str, Any]]:
        """Return the lines of a run between its first and its last."""
        assert self.hear() == {"type": "begin", "id": self._count}
        lines = [self.hear()]
        while lines[-1]["type"] != "end":
            lines.append(self.hear())
        assert lines.pop()["id"] == self._count
        return lines

    def run(self, *words: str, folder: Path = ROOT) -> dict[str, Any]:
        """Run a command and return its last line."""
        self.ask(*words, folder=folder)
        return self.answer()[-1]
