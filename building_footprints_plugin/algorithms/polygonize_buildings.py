"""Polygonize buildings: from a probability or mask raster to footprints."""

from __future__ import annotations

import os
from typing import Any

from qgis.core import QgsProcessingFeedback

from .footprints_output import ENGINE_SHARE, FOOTPRINTS_ANSWER, LAYER, add_footprints_output, footprints_output
from .provenance import settings_said
from .raster_algorithm import RasterAlgorithm
from .settings import OUTLINES, add_settings, arguments
from .sinks import EngineLayer
from .values import Values


class PolygonizeBuildings(RasterAlgorithm):
    """Runs the engine's `polygonize`, which needs no torch."""

    ANSWER = FOOTPRINTS_ANSWER
    ID = "polygonizebuildings"
    TITLE = "Polygonize buildings"
    TAGS = ("vectorize", "polygonize", "mask", "probability", "watershed")
    HELP = (
        "Turns a building-probability raster, or any mask of buildings, into footprints. Buildings that touch are kept "
        "apart where the raster has the interior band that Segment buildings writes.\n\n"
        "Without it the first band is read: 0/1 and 0/255 are masks, other 8-bit values probabilities up to 255, "
        "floats probabilities from 0 to 1."
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add_input("Probability or mask")
        self.add_area()
        add_settings(self, OUTLINES)
        add_footprints_output(self)

    def execute(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        footprints = EngineLayer(os.path.join(folder, "footprints.gpkg"), LAYER, self._input.crs)
        source, *limits = self.input_arguments(values, folder, feedback)
        command = ["polygonize", source, footprints.path, f"--layer={LAYER}", *limits, *arguments(OUTLINES, values)]
        result = self.engine(command, feedback, ENGINE_SHARE)
        made = self.about(values, "OUTPUT", settings_said(OUTLINES, values, result))
        return footprints_output(values, footprints, result, feedback, made)
