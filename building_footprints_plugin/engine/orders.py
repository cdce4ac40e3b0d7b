"""What `serve` is asked, one JSON object a line, checked before anything is done with it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from .errors import BadInput

LONGEST_LINE = 1_000_000  # characters; a command with its paths has hundreds


@dataclass(frozen=True)
class Order:
    """A command to run: its number, its words, and the folder that relative paths start from."""

    id: int
    words: tuple[str, ...]
    folder: str


@dataclass(frozen=True)
class Cancel:
    """The number of the command that is to stop."""

    id: int


def lines(stream: TextIO) -> Iterator[str]:
    """Yield the lines of `stream`, without what one has beyond `LONGEST_LINE` characters."""
    while line := stream.readline(LONGEST_LINE):
        rest = line
        while rest and not rest.endswith("\n"):
            rest = stream.readline(LONGEST_LINE)
        yield line


def read(line: str) -> Order | Cancel:
    """Return what a line asks for; raises BadInput where it is nothing of the kind."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise BadInput(f"{line.strip()[:80]!r} is no request; expected a JSON object on one line.")
    if "cancel" in request:
        return Cancel(_number(request, "cancel"))
    words, folder = request.get("arguments"), request.get("folder")
    if not isinstance(words, list) or not all(map(_is_word, words)) or words[:1] == ["serve"]:
        raise BadInput("A request has no arguments that can be run; expected a list of the command's words.")
    if not _is_word(folder):
        raise BadInput("A request has no folder; expected the path that relative paths start from.")
    return Order(_number(request, "id"), tuple(words), str(folder))


def _number(request: dict[str, Any], name: str) -> int:
    value = request.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput(f"A request's {name} is {str(value)[:80]!r}; expected a whole number.")
    return value


def _is_word(value: object) -> bool:
    """Return whether a value is a text that the system takes: none with a NUL or with half a character."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True
