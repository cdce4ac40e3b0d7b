"""Extract buildings: from a raster layer to footprints in one step."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from qgis.core import QgsProcessingFeedback, QgsProcessingOutputString, QgsProcessingParameterRasterDestination

from ..bridge.answers import Kinds
from ..bridge.files import whole_file
from ..translation import tr
from .bands import add_bands
from .footprints_output import ENGINE_SHARE, FOOTPRINTS_ANSWER, LAYER, add_footprints_output, footprints_output
from .network_algorithm import NetworkAlgorithm
from .settings import OUTLINES, add_settings, arguments
from .sinks import EngineLayer, whole_or_gone
from .styling import style_on_load
from .values import Values


class ExtractBuildings(NetworkAlgorithm):
    """Runs the engine's `extract`."""

    ANSWER: ClassVar[Kinds] = {**FOOTPRINTS_ANSWER, **NetworkAlgorithm.ANSWER}
    ID = "extractbuildings"
    TITLE = "Extract buildings"
    TAGS = ("extract", "segmentation", "deep learning", "aerial", "satellite", "roofs", "AI")
    HELP = (
        "Finds the buildings in an aerial or satellite image and returns them as polygons in the layer's coordinate "
        "system, each with its confidence (how likely it is right, from 0 to 1), its area in m² and its perimeter in "
        "m.\n\n"
        "The image is read at the resolution the weights were trained for, whatever its own is; images much coarser "
        "than that show too little. No data and transparent parts stay empty.\n\n"
        "Web maps (XYZ, WMS, WMTS) work too, within an extent or mask polygons: their pictures are fetched first, so "
        "mind the terms of whoever offers them.\n\n"
        "A long run that was interrupted, by a crash or a power cut, goes on where it was when it is run again with "
        "the same settings into the same file.\n\n"
        "The network runs outside QGIS, in a Python that Check Installation reports on."
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_input("Image")
        add_bands(self)
        self.add_area()
        add_settings(self, OUTLINES)
        self.add_network()
        add_footprints_output(self)
        probability = QgsProcessingParameterRasterDestination(
            "PROBABILITY", tr("Building probability"), None, True, False
        )
        probability.setHelp(tr("A GeoTIFF with two bands, building and interior probability, scaled to 0..1."))
        self.addParameter(probability)
        self.addOutput(QgsProcessingOutputString("DEVICE_USED", tr("Device used")))

    def execute(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        footprints = EngineLayer(os.path.join(folder, "footprints.gpkg"), LAYER, self._input.crs)
        probability = values.output_raster("PROBABILITY") if values.given("PROBABILITY") else ""
        with whole_or_gone(values, "OUTPUT"), whole_file(probability) as made, self.gone_on_with(values) as going_on:
            source, *limits = self.input_arguments(values, folder, feedback)
            command = ["extract", source, footprints.path, f"--layer={LAYER}", *limits, *self.network_arguments(values)]
            command += [*arguments(OUTLINES, values), *([f"--probability={made}"] if made else []), *going_on]
            result = self.engine(command, feedback, ENGINE_SHARE)
            said = self.about(values, "OUTPUT", self.facts(values, result, OUTLINES))
            outputs = footprints_output(values, footprints, result, feedback, said)
        beside = self.about(values, "PROBABILITY", self.facts(values, result))
        style_on_load(values.context, probability, "probability", beside)
        outputs["DEVICE_USED"] = str(result["device"])
        return {**outputs, "PROBABILITY": probability} if probability else outputs
