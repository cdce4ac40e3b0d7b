"""What the algorithms that read a raster layer share: the layer, and which part of it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from qgis.core import (
    QgsCoordinateTransform,
    QgsProcessing,
    QgsProcessingFeedback,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterRasterLayer,
    QgsRasterLayer,
    QgsRectangle,
)

from ..bridge.answers import NUMBER, is_a
from ..bridge.probe import Probe
from ..bridge.rasters import COPY_SHARE, RasterInput, Wanted, raster_input
from ..bridge.rendering import needs_extent, no_extent
from ..bridge.vectors import write_polygons
from ..translation import tr
from .base import EngineAlgorithm
from .provenance import About, about
from .values import Values

USUAL_GSD_M = 0.3  # where the weights do not say
MASK_MARGIN = 1.02  # the box of a mask, reprojected, may lie a little within the mask


class RasterAlgorithm(EngineAlgorithm):
    """Reads INPUT, within EXTENT and MASK where they are given."""

    def __init__(self) -> None:
        super().__init__()
        self._input: RasterInput
        self._source_name = ""

    def add_input(self, label: str) -> None:
        """Add INPUT; called first, as the other parameters refer to it."""
        self.addParameter(QgsProcessingParameterRasterLayer("INPUT", tr(label)))

    def add_area(self) -> None:
        """Add EXTENT and MASK."""
        extent = QgsProcessingParameterExtent("EXTENT", tr("Extent"), None, True)
        extent.setHelp(tr("Only this part of the layer; in any coordinate system. Default: all of it."))
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        mask = QgsProcessingParameterFeatureSource("MASK", tr("Mask polygons"), polygons, None, True)
        mask.setHelp(tr("Only what lies within these polygons; in any coordinate system."))
        self.addParameter(extent)
        self.addParameter(mask)

    def complaint(self, values: Values) -> str:
        layer = values.raster("INPUT")
        if layer is None:
            return str(self.invalidRasterError(values.parameters, "INPUT"))
        if not layer.crs().isValid():
            text = tr("{} has no coordinate system; set it in the layer's properties, tab Source, and run again.")
            return text.format(layer.name())
        return _area_complaint(values, layer)

    def drivers(self, engine: Probe) -> list[str]:
        """Return the formats of the engine's GDAL."""
        return [str(name) for name in engine.info.get("gdal_drivers") or []]

    def gsd_m(self, values: Values, engine: Probe) -> float:
        """Return the metres per pixel at which the engine will read the layer."""
        gsd_m = (engine.info.get("weights") or {}).get("gsd_m")
        return gsd_m if is_a(gsd_m, NUMBER) and gsd_m > 0 else USUAL_GSD_M

    def read_layers(self, values: Values, engine: Probe) -> None:
        layer = values.raster("INPUT")
        self._source_name = layer.name()
        bounds = values.extent("EXTENT", layer.crs())
        needed = _both(bounds, _mask_box(values, layer))
        context, drivers = values.context.transformContext(), self.drivers(engine)
        self._input = raster_input(layer, Wanted(bounds, needed, self.gsd_m(values, engine), context, drivers))

    def input_arguments(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> list[str]:
        """Return `[INPUT, --crs, --bounds, --aoi]`; what the engine cannot open itself is copied into `folder`."""
        if self._input.copy:
            self._input.copy.announce(feedback)
            self._bar_start = COPY_SHARE
        given = self._input.arguments(folder, feedback)
        mask = values.source("MASK")
        if mask is not None:
            path = os.path.join(folder, "mask.gpkg")
            write_polygons(mask, path, values.context.transformContext(), feedback)
            given.append(f"--aoi={path}")
        return given

    def about(self, values: Values, output: str, facts: Sequence[str]) -> About:
        """Return what the layer `output` is to say of itself."""
        return about(values, output, self._source_name, facts)


def _area_complaint(values: Values, layer: QgsRasterLayer) -> str:
    bounds = values.extent("EXTENT", layer.crs())
    if not bounds.isNull() and not layer.extent().isEmpty() and not bounds.intersects(layer.extent()):
        text = tr("The extent {} lies outside {}, which covers {} (both in {}); choose one within it.")
        return text.format(bounds.toString(2), layer.name(), layer.extent().toString(2), layer.crs().authid())
    mask = values.source("MASK")
    if mask is None:
        return no_extent() if bounds.isNull() and needs_extent(layer.dataProvider()) else ""
    if not mask.sourceCrs().isValid():
        return tr("The mask layer has no coordinate system; set it in its properties and run again.")
    if mask.featureCount() == 0:
        return tr("The mask layer has no polygon to work on; draw or select some, or leave the mask out.")
    return ""


def _both(bounds: QgsRectangle, mask: QgsRectangle) -> QgsRectangle:
    """Return what two limits leave, null rectangles being none; the engine says so if that is nothing."""
    if bounds.isNull() or mask.isNull():
        return mask if bounds.isNull() else bounds
    return bounds.intersect(mask) if bounds.intersects(mask) else bounds


def _mask_box(values: Values, layer: QgsRasterLayer) -> QgsRectangle:
    mask = values.source("MASK")
    if mask is None:
        return QgsRectangle()
    transform = QgsCoordinateTransform(mask.sourceCrs(), layer.crs(), values.context.transformContext())
    box = transform.transformBoundingBox(mask.sourceExtent())
    box.scale(MASK_MARGIN)
    return box
