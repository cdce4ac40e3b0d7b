"""What an engine answers, checked: one of another version may say other things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

from ..translation import tr
from .errors import BridgeError

NUMBER = (int, float)
NONE = type(None)
LARGEST = 2**53  # what QGIS and models can go on with
Kinds = Mapping[str, Union[type, tuple[type, ...]]]


def checked(answer: dict[str, Any], kinds: Kinds) -> dict[str, Any]:
    """Return `answer` if it holds what `kinds` names, each of its kind; raise BridgeError if it does not."""
    odd = [name for name, kind in kinds.items() if not is_a(answer.get(name), kind)]
    if odd:
        text = tr("The engine's result has no usable {}; engine and plugin are of different versions: install again.")
        raise BridgeError(text.format(", ".join(odd)))
    return answer


def is_a(value: Any, kind: type | tuple[type, ...]) -> bool:
    """Return whether `value` is of a kind; a number must be finite, and none is a truth value."""
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    return not isinstance(value, NUMBER) or abs(value) < LARGEST  # which NaN is not either
