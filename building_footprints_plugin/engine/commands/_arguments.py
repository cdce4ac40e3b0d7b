"""Options of the engine as options of the command line: names, defaults, limits and help come from `options.py`."""

from __future__ import annotations

import argparse
import re
import typing
from dataclasses import Field, fields
from typing import Any, TypeVar

from ..errors import BadInput
from ..parameters import Options

Group = TypeVar("Group", bound=Options)
UNIT_SUFFIX = re.compile("_(px|m2|m)$")


def flag_of(spec: Field[Any]) -> str:
    """Return the command-line flag of an options field: its own, else its name without the unit."""
    return str(spec.metadata.get("flag") or "--" + UNIT_SUFFIX.sub("", spec.name).replace("_", "-"))


def add_options(parser: argparse.ArgumentParser, options: type[Options]) -> None:
    """Give `parser` one flag for each field of an options class."""
    kinds = typing.get_type_hints(options)
    for spec in fields(options):
        flag, text = flag_of(spec), _help(spec)
        if kinds[spec.name] is bool:
            parser.add_argument(flag, dest=spec.name, action="store_true", help=text)
        else:
            choices = spec.metadata["choices"] or None
            parser.add_argument(
                flag,
                dest=spec.name,
                type=_reader(kinds[spec.name]),
                default=spec.default,
                choices=choices,
                metavar=None if choices else _metavar(spec),
                help=text,
            )


def options_from(arguments: argparse.Namespace, options: type[Group]) -> Group:
    """Return the options class filled from parsed arguments; raises BadInput where a value is out of its limits."""
    return options(**{spec.name: getattr(arguments, spec.name) for spec in fields(options)})


def numbers(text: str, count: int, flag: str) -> tuple[float, ...]:
    """Read `count` numbers with commas between them; raises BadInput naming `flag`."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != count:
        raise BadInput(f"{flag} is {text!r}; expected {count} numbers with commas between them.")
    return values


def whole_numbers(text: str) -> tuple[int, ...]:
    """Read whole numbers with commas between them, as in `1,2,3`."""
    return tuple(int(part) for part in text.split(","))


def _reader(kind: Any) -> Any:
    """Return what reads the text of a value of this annotation: float, int, str or whole numbers."""
    names = [part for part in typing.get_args(kind) if part is not type(None)]
    if kind in (int, float, str):
        return kind
    return names[0] if names and names[0] in (int, float, str) else whole_numbers


def _metavar(spec: Field[Any]) -> str:
    return str(spec.metadata["unit"]).replace("²", "2").upper() or "VALUE"


def _help(spec: Field[Any]) -> str:
    text = str(spec.metadata["help"])
    if spec.default is None or isinstance(spec.default, bool):
        return text.replace("%", "%%")
    unit = f" {spec.metadata['unit']}" if spec.metadata["unit"] else ""
    return f"{text} (default: {spec.default}{unit})".replace("%", "%%")
