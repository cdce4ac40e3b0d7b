"""What a parameter is: a dataclass field with unit, default, limits and help, checked when its group is made.

Needs nothing but the standard library, so that the QGIS layer may import it.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar

from .errors import BadInput


def parameter(
    default: Any,
    help: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    flag: str = "",
) -> Any:
    """Return a dataclass field that carries its own help, unit and limits (both inclusive)."""
    metadata = {
        "help": help,
        "unit": unit,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "flag": flag,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Options:
    """Base of the option groups: checks every field against its own limits when it is made.

    A default of None means that the value is taken from elsewhere, which the field's help names.
    """

    __hash__: ClassVar[Any]

    def __post_init__(self) -> None:
        for spec in fields(self):
            _check(spec.name, getattr(self, spec.name), dict(spec.metadata))

    @classmethod
    def default(cls, name: str) -> Any:
        """Return the default of field `name`, for a dialog or a help text."""
        spec = cls.spec(name)
        return None if spec.default is MISSING else spec.default

    @classmethod
    def spec(cls, name: str) -> Any:
        """Return the dataclass field `name` (its `metadata` holds help, unit, minimum, maximum, choices, flag)."""
        return next(spec for spec in fields(cls) if spec.name == name)


def _check(name: str, value: Any, metadata: dict[str, Any]) -> None:
    if value is None or not metadata:
        return
    label = metadata["flag"] or name
    if metadata["choices"] and value not in metadata["choices"]:
        raise BadInput(f"{label} is {value!r}; expected one of {', '.join(metadata['choices'])}.")
    minimum, maximum, unit = metadata["minimum"], metadata["maximum"], metadata["unit"]
    too_low = minimum is not None and not value >= minimum  # "not >=" also catches NaN
    too_high = maximum is not None and not value <= maximum
    if too_low or too_high:
        limits = f"at least {minimum:g}" if maximum is None else f"a value from {minimum:g} to {maximum:g}"
        raise BadInput(f"{label} is {value:g}; expected {limits}{' ' + unit if unit else ''}.")
