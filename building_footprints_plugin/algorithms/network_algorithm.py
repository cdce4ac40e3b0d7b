"""What the algorithms that run the network share: which bands, which weights, and how it is run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProcessingParameterFile

from ..bridge.answers import Kinds
from ..bridge.probe import Probe
from ..bridge.weights_file import weights_gsd_m
from ..engine.options import OVERLAPS_PER_TILE
from ..translation import tr
from .bands import bands_arguments, bands_complaint
from .interrupted import gone_on_with
from .last_used import open_with_last_used, remember, used
from .provenance import settings_said, weights_said
from .raster_algorithm import RasterAlgorithm
from .settings import GSD, NETWORK, Setting, add_settings, arguments
from .values import Values


class NetworkAlgorithm(RasterAlgorithm):
    """Runs the network over INPUT: BANDS, WEIGHTS and how it is run."""

    WITH_NETWORK = True
    ANSWER: ClassVar[Kinds] = {"device": str}

    def __init__(self) -> None:
        super().__init__()
        self._used: dict[str, str] = {}

    def add_network(self) -> None:
        """Add WEIGHTS and the settings of the network."""
        weights = QgsProcessingParameterFile("WEIGHTS", tr("Weights"), extension="safetensors", optional=True)
        weights.setHelp(tr("A weights file of this plugin's training. Default: the ones that come with the plugin."))
        self.addParameter(weights)
        add_settings(self, NETWORK)
        open_with_last_used(self)

    def gsd_m(self, values: Values, engine: Probe) -> float:
        weights = values.input_file("WEIGHTS")
        if values.given("GSD"):
            return values.number("GSD")
        return (weights_gsd_m(weights) if weights else None) or super().gsd_m(values, engine)

    def complaint(self, values: Values) -> str:
        return super().complaint(values) or bands_complaint(values) or _network_complaint(values)

    def network_arguments(self, values: Values) -> list[str]:
        """Return `--bands`, `--weights` and the settings of the network."""
        weights = values.input_file("WEIGHTS")
        self._used = used(values)
        return [
            *bands_arguments(values, self._input),
            *([f"--weights={weights}"] if weights else []),
            *arguments(NETWORK, values),
        ]

    def gone_on_with(self, values: Values) -> AbstractContextManager[list[str]]:
        """Give the arguments that go on with an interrupted run; a copy of INPUT is another raster each time."""
        return gone_on_with("" if self._input.copy else values.destination_file("OUTPUT"))

    def facts(self, values: Values, result: dict[str, Any], others: Sequence[Setting] = ()) -> list[str]:
        """Return what a layer made is to say: weights, `others` of the settings, pixel size, device."""
        device = tr("Device: {}").format(result["device"])
        return [weights_said(values), *settings_said([*others, GSD], values, result), device]

    def postProcessAlgorithm(self, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        remember(self._used)
        return {}


def _network_complaint(values: Values) -> str:
    weights = values.input_file("WEIGHTS")
    if weights and not os.path.isfile(weights):
        return tr("There is no weights file {}; choose another, or none for the ones of the plugin.").format(weights)
    if OVERLAPS_PER_TILE * values.whole("OVERLAP") > values.whole("TILE_SIZE"):
        text = tr("Overlap is {}; expected at most a third of the tile size, which is {}.")
        return text.format(values.whole("OVERLAP"), values.whole("TILE_SIZE"))
    return ""
