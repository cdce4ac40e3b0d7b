"""Export training data: an image layer and its buildings as tiles that the training takes."""

from __future__ import annotations

import os
import re
from typing import Any, ClassVar

from qgis.core import (
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ..bridge.answers import Kinds
from ..bridge.files import whole_file
from ..bridge.probe import Probe
from ..bridge.vectors import write_polygons
from ..translation import tr
from .bands import add_bands, bands_arguments, bands_complaint
from .raster_algorithm import RasterAlgorithm
from .settings import TRAINING_DATA, add_settings, arguments
from .values import Values


class ExportTrainingData(RasterAlgorithm):
    """Runs the engine's `chips`, which needs no torch."""

    ANSWER: ClassVar[Kinds] = {"tiles": int}
    ID = "exporttrainingdata"
    TITLE = "Export training data"
    GROUP = ("training", "Training")
    TAGS = ("training", "labels", "chips", "tiles", "dataset", "fine-tune", "weights", "deep learning")
    HELP = (
        "Cuts an image and the buildings drawn over it into tiles, as one place of the data from which the network is "
        "trained. The tiles lie on the grid on which Extract buildings reads the image.\n\n"
        "Whatever is shown without a building counts as ground without buildings, so choose an extent, or mask "
        "polygons, in which every building is drawn. What lies outside, and what is no data, is not learned.\n\n"
        "Export several places into one folder, some of them for validation, then on the command line: "
        "python -m training train FOLDER RUN"
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.add_input("Image")
        self.addParameter(QgsProcessingParameterFeatureSource("TRUTH", tr("Buildings"), polygons))
        self.add_area()
        add_bands(self)
        name = QgsProcessingParameterString("NAME", tr("Name of the place"), None, False, True)
        name.setHelp(tr("The tiles go into a folder of this name. Default: the image layer's name."))
        self.addParameter(name)
        add_settings(self, TRAINING_DATA)
        self.addParameter(QgsProcessingParameterFolderDestination("FOLDER", tr("Folder of the training data")))
        self.addOutput(QgsProcessingOutputNumber("TILES", tr("Number of tiles")))
        self.addOutput(QgsProcessingOutputString("PLACE", tr("Folder of this place")))

    def complaint(self, values: Values) -> str:
        return (
            super().complaint(values)
            or bands_complaint(values)
            or values.crs_complaint("TRUTH")
            or _place_complaint(values)
        )

    def gsd_m(self, values: Values, engine: Probe) -> float:
        return values.number("GSD")

    def execute(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        target = values.output_file("FOLDER")
        place = os.path.join(target, _name(values))
        os.makedirs(target, exist_ok=True)
        with whole_file(place) as made:
            source, *limits = self.input_arguments(values, folder, feedback)
            truth = os.path.join(folder, "truth.gpkg")
            write_polygons(values.source("TRUTH"), truth, values.context.transformContext(), feedback, ids_only=True)
            command = ["chips", source, truth, made, *limits, *bands_arguments(values, self._input)]
            result = self.engine([*command, *arguments(TRAINING_DATA, values)], feedback)
        return {"FOLDER": target, "TILES": int(result["tiles"]), "PLACE": place}


def _name(values: Values) -> str:
    """Return the name of the place as a folder can have it."""
    text = values.text("NAME") or values.raster("INPUT").name()
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "place"


def _place_complaint(values: Values) -> str:
    place = os.path.join(values.destination("FOLDER"), _name(values))
    if os.path.isabs(place) and os.path.exists(place):
        return tr("{} is there already; choose another name for the place, or delete it.").format(place)
    return ""
