"""What a layer says of itself once it is loaded: a name, and how it was made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .. import __version__
from ..translation import language, tr
from .settings import Setting, value_of
from .values import Values


@dataclass(frozen=True)
class About:
    """The name of a layer, which stands in for the output's `label` unless the user gave another, and an abstract."""

    label: str
    name: str
    abstract: str


def about(values: Values, output: str, source: str, facts: Sequence[str]) -> About:
    """Describe `output`, made from the layer called `source`; `facts` are sentences or "name: value"."""
    label = values.algorithm.parameterDefinition(output).description()
    made = tr("{} of Building Footprints {}, {}").format(
        values.algorithm.displayName(), __version__, date.today().isoformat()
    )
    lines = [made, *([tr("Source: {}").format(source)] if source else []), *facts]
    return About(label, f"{source}: {_within(label)}" if source else label, "\n".join(lines))


def settings_said(settings: Sequence[Setting], values: Values, result: dict[str, Any] | None = None) -> list[str]:
    """Return "name: value unit" of each setting; of what was left open, what the engine's `result` says it took."""
    return [f"{tr(setting.label)}: {_value(setting, values, result or {})}" for setting in settings]


def weights_said(values: Values) -> str:
    """Return which weights were used."""
    chosen = values.input_file("WEIGHTS")
    name = os.path.basename(chosen) if chosen else tr("those of the plugin")
    return tr("Weights: {}").format(name)


def _value(setting: Setting, values: Values, result: dict[str, Any]) -> str:
    value = value_of(setting, values)
    if value is not None:
        return f"{value} {setting.facts['unit']}".strip()
    taken = result.get(setting.field)
    if taken is None:
        return tr("left to the engine")
    number = f"{taken:g}" if isinstance(taken, float) else str(taken)
    return tr("{} (left to the engine)").format(f"{number} {setting.facts['unit']}".strip())


def _within(label: str) -> str:
    """Return `label` as it is written within a sentence; German nouns keep their capitals."""
    return label if language() == "de" else label.lower()
