"""Errors the engine reports: one root, each message one sentence that says what was got, expected and to do."""

from __future__ import annotations


class FootprintsError(Exception):
    """Root of every error this software raises on purpose; `exit_code` is what the command line returns.

    Its text is one line, whatever a library that is quoted in it said.
    """

    exit_code = 1

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(line.strip() for line in text.splitlines()))


class BadInput(FootprintsError):
    """The user gave something that cannot be used: a path, a band, an option."""

    exit_code = 2


class Cancelled(FootprintsError):
    """The run was cancelled by the user; no output was written."""


class Abandoned(FootprintsError):
    """Whoever asked for the run is gone, as after a crash of QGIS; no output was written."""
