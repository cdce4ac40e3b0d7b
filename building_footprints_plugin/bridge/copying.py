"""Writing what QGIS reads or renders to a GeoTIFF, block by block, for an engine that cannot open it itself."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsDistanceArea,
    QgsFeedback,
    QgsPointXY,
    QgsRaster,
    QgsRasterBlockFeedback,
    QgsRasterDataProvider,
    QgsRasterFileWriter,
    QgsRasterLayer,
    QgsRectangle,
)
from qgis.PyQt.QtCore import Qt

from ..translation import tr
from .errors import BridgeError, RunCancelled
from .nodata import ignores_no_data, pipe_with_no_data, undeclare_no_data

MOST_RENDERED_MPX = 100  # a server is asked for every pixel
MOST_COPIED_MPX = 4000
ELLIPSOID = "EPSG:7030"  # WGS 84
PICTURE_TYPES = (Qgis.DataType.ARGB32, Qgis.DataType.ARGB32_Premultiplied)
IMAGE_OPTIONS = ["TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER"]


@dataclass(frozen=True)
class RasterCopy:
    """A copy still to be made of `provider` (a clone that belongs to nobody else) on a grid of `size` pixels."""

    provider: QgsRasterDataProvider
    extent: QgsRectangle
    size: tuple[int, int]
    crs: QgsCoordinateReferenceSystem
    context: QgsCoordinateTransformContext

    @classmethod
    def of(
        cls, layer: QgsRasterLayer, bounds: QgsRectangle, context: QgsCoordinateTransformContext, gsd_m: float
    ) -> RasterCopy:
        """Plan a copy of `layer` within `bounds` (null: all of it); raise BridgeError if it is too large.

        The layer's own pixels are copied where it has any; else it is rendered at `gsd_m` metres per pixel.
        """
        provider = layer.dataProvider().clone()
        if provider.xSize() > 0 and provider.ySize() > 0:
            extent, size = _own_pixels(provider, bounds)
            _check_size(size, MOST_COPIED_MPX)
        else:
            extent, size = _rendered_pixels(layer.crs(), bounds, context, gsd_m)
            _check_size(size, MOST_RENDERED_MPX)
        return cls(provider, extent, size, layer.crs(), context)

    def write(self, folder: str, feedback: QgsFeedback) -> str:
        """Write the copy into `folder` and return its path; raises BridgeError if that fails."""
        path = os.path.join(folder, "layer.tif")
        writer = QgsRasterFileWriter(path)
        writer.setOutputFormat("GTiff")
        set_options = getattr(writer, "setCreationOptions", None) or writer.setCreateOptions  # renamed in QGIS 3.44
        set_options(IMAGE_OPTIONS + _band_options(self.provider))
        pipe = pipe_with_no_data(self.provider)
        blocks = QgsRasterBlockFeedback()
        feedback.canceled.connect(blocks.cancel, Qt.ConnectionType.DirectConnection)
        outcome = writer.writeRaster(pipe, *self.size, self.extent, self.crs, self.context, blocks)
        if feedback.isCanceled():
            raise RunCancelled(tr("Cancelled; no output was written."))
        if outcome != QgsRasterFileWriter.WriterError.NoError:
            reasons = "; ".join(blocks.errors()) or tr("error {}").format(int(outcome))
            raise BridgeError(tr("The layer could not be copied for the engine: {}.").format(reasons))
        if ignores_no_data(self.provider):
            undeclare_no_data(path)
        return path


def _own_pixels(provider: QgsRasterDataProvider, bounds: QgsRectangle) -> tuple[QgsRectangle, tuple[int, int]]:
    """Return the smallest part of the provider's own grid that covers `bounds`."""
    whole = provider.extent()
    if bounds.isNull():
        return whole, (provider.xSize(), provider.ySize())
    dx, dy = whole.width() / provider.xSize(), whole.height() / provider.ySize()
    part = bounds.intersect(whole)
    left = math.floor((part.xMinimum() - whole.xMinimum()) / dx)
    top = math.floor((whole.yMaximum() - part.yMaximum()) / dy)
    right = min(math.ceil((part.xMaximum() - whole.xMinimum()) / dx), provider.xSize())
    bottom = min(math.ceil((whole.yMaximum() - part.yMinimum()) / dy), provider.ySize())
    x, y = whole.xMinimum(), whole.yMaximum()
    extent = QgsRectangle(x + left * dx, y - bottom * dy, x + right * dx, y - top * dy)
    return extent, (max(right - left, 1), max(bottom - top, 1))


def _rendered_pixels(
    crs: QgsCoordinateReferenceSystem, bounds: QgsRectangle, context: QgsCoordinateTransformContext, gsd_m: float
) -> tuple[QgsRectangle, tuple[int, int]]:
    if bounds.isNull():
        raise BridgeError(
            tr("The layer has no pixels of its own (a web map, for example), so the extent to extract must be given.")
        )
    width_m, height_m = _metres(crs, bounds, context)
    return bounds, (max(math.ceil(width_m / gsd_m), 1), max(math.ceil(height_m / gsd_m), 1))


def _metres(
    crs: QgsCoordinateReferenceSystem, bounds: QgsRectangle, context: QgsCoordinateTransformContext
) -> tuple[float, float]:
    """Return width and height of `bounds` on the ground, measured through its centre."""
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, context)
    measure.setEllipsoid(ELLIPSOID)
    x, y = bounds.center().x(), bounds.center().y()
    width = measure.measureLine(QgsPointXY(bounds.xMinimum(), y), QgsPointXY(bounds.xMaximum(), y))
    height = measure.measureLine(QgsPointXY(x, bounds.yMinimum()), QgsPointXY(x, bounds.yMaximum()))
    return width, height


def _check_size(size: tuple[int, int], most_mpx: int) -> None:
    megapixels = size[0] * size[1] / 1e6
    if megapixels > most_mpx:
        text = tr("The layer must be copied for the engine, and {:,.0f} megapixels are too many; at most {:,} are")
        raise BridgeError(text.format(megapixels, most_mpx) + " " + tr("possible: give a smaller extent."))


def _band_options(provider: QgsRasterDataProvider) -> list[str]:
    """Say whether the last band is alpha: GDAL would take the fourth of any four 8-bit bands for it."""
    last = provider.bandCount()
    if provider.colorInterpretation(last) == QgsRaster.ColorInterpretation.AlphaBand:
        return ["ALPHA=YES"]
    is_picture = last == 1 and provider.dataType(1) in PICTURE_TYPES
    return [] if is_picture else ["PHOTOMETRIC=MINISBLACK", "ALPHA=NO"]
