"""Segment buildings: from a raster layer to a building-probability raster."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingFeedback, QgsProcessingOutputString, QgsProcessingParameterRasterDestination

from ..bridge.files import whole_file
from ..translation import tr
from .bands import add_bands
from .network_algorithm import NetworkAlgorithm
from .styling import style_on_load
from .values import Values


class SegmentBuildings(NetworkAlgorithm):
    """Runs the engine's `segment`."""

    ID = "segmentbuildings"
    TITLE = "Segment buildings"
    TAGS = ("segmentation", "probability", "deep learning", "aerial", "satellite", "AI")
    HELP = (
        "Computes how likely each pixel of an aerial or satellite image is to be building. The result is a GeoTIFF at "
        "the resolution of the weights with two bands from 0 to 1: building, and interior (building without the border "
        "to its neighbours).\n\n"
        "Polygonize buildings turns it into footprints, as often as wanted with other thresholds, without running the "
        "network again.\n\n"
        "A long run that was interrupted, by a crash or a power cut, goes on where it was when it is run again with "
        "the same settings into the same file.\n\n"
        "The network runs outside QGIS, in a Python that Check Installation reports on."
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_input("Image")
        add_bands(self)
        self.add_area()
        self.add_network()
        self.addParameter(QgsProcessingParameterRasterDestination("OUTPUT", tr("Building probability")))
        self.addOutput(QgsProcessingOutputString("DEVICE_USED", tr("Device used")))

    def execute(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        output = values.output_raster("OUTPUT")
        with whole_file(output) as made, self.gone_on_with(values) as going_on:
            source, *limits = self.input_arguments(values, folder, feedback)
            command = ["segment", source, made, *limits, *self.network_arguments(values), *going_on]
            result = self.engine(command, feedback)
        style_on_load(values.context, output, "probability", self.about(values, "OUTPUT", self.facts(values, result)))
        return {"OUTPUT": output, "DEVICE_USED": str(result["device"])}
