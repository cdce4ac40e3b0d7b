"""What the engine says of its options, in the words of the dialog."""

from __future__ import annotations

import re

from qgis.core import QgsProcessingAlgorithm

from .settings import NETWORK, OUTLINES, REGULARIZE, SCORE, TRAINING_DATA

FLAG = re.compile(r"--[a-z][a-z-]*[a-z]")
SETTINGS = (*NETWORK, *OUTLINES, *REGULARIZE, *SCORE, *TRAINING_DATA)
PARAMETERS = {
    "--aoi": "MASK",
    "--bands": "BANDS",
    "--bounds": "EXTENT",
    "--weights": "WEIGHTS",
    **{setting.flag: setting.name for setting in SETTINGS},
}


def with_labels(algorithm: QgsProcessingAlgorithm, text: str) -> str:
    """Return `text` with the label of the parameter in place of each flag that is one of `algorithm`'s."""
    return FLAG.sub(lambda flag: _label(algorithm, flag[0]), text)


def _label(algorithm: QgsProcessingAlgorithm, flag: str) -> str:
    parameter = algorithm.parameterDefinition(PARAMETERS.get(flag, ""))
    return f"“{parameter.description()}”" if parameter else flag
