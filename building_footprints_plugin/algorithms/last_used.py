"""Device and weights of the last run, with which the dialog opens; only the dialog does."""

from __future__ import annotations

import os

from qgis.core import QgsApplication, QgsProcessingAlgorithm, QgsSettings

from ..engine.options import DEVICES
from .values import Values

KEYS = {"DEVICE": "BuildingFootprints/lastDevice", "WEIGHTS": "BuildingFootprints/lastWeights"}


def open_with_last_used(algorithm: QgsProcessingAlgorithm) -> None:
    """Let the dialog of `algorithm` open with what was used last.

    The default itself stays as it is: scripts, models and `qgis_process` do the same whatever was used in a dialog.
    """
    for name, key in KEYS.items():
        value = str(QgsSettings().value(key, "") or "")
        if value in DEVICES if name == "DEVICE" else os.path.isfile(value):
            algorithm.parameterDefinition(name).setGuiDefaultValueOverride(value)


def used(values: Values) -> dict[str, str]:
    """Return what `remember` takes."""
    return {"DEVICE": values.choice("DEVICE"), "WEIGHTS": values.input_file("WEIGHTS")}


def remember(chosen: dict[str, str]) -> None:
    """Keep what a run that succeeded has used, where there is a window that may open with it again."""
    if QgsApplication.platform() != "desktop":
        return
    for name, value in chosen.items():
        QgsSettings().setValue(KEYS[name], value)
