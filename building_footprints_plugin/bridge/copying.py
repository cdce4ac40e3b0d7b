"""Writing what QGIS reads or renders to a GeoTIFF, block by block, for an engine that cannot open it itself."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from osgeo import gdal
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
    QgsRasterInterface,
    QgsRasterLayer,
    QgsRasterNuller,
    QgsRasterPipe,
    QgsRectangle,
)
from qgis.PyQt.QtCore import Qt

from ..translation import tr
from .errors import BridgeError, RunCancelled

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
        if provider.capabilities() & QgsRasterInterface.Capability.Size and provider.xSize() > 0:
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
        writer.setCreateOptions(IMAGE_OPTIONS + _band_options(self.provider))
        pipe = _pipe(self.provider)
        blocks = QgsRasterBlockFeedback()
        feedback.canceled.connect(blocks.cancel, Qt.ConnectionType.DirectConnection)
        outcome = writer.writeRaster(pipe, *self.size, self.extent, self.crs, self.context, blocks)
        if feedback.isCanceled():
            raise RunCancelled(tr("Cancelled; no output was written."))
        if outcome != QgsRasterFileWriter.WriterError.NoError:
            reasons = "; ".join(blocks.errors()) or tr("error {}").format(int(outcome))
            raise BridgeError(tr("The layer could not be copied for the engine: {}.").format(reasons))
        if _ignores_no_data(self.provider):
            _undeclare_no_data(path)
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


def _pipe(provider: QgsRasterDataProvider) -> QgsRasterPipe:
    """Return `provider` followed by a filter that makes the user's own no-data values one value the file declares.

    A GeoTIFF declares one value for all its bands, as the dialog of QGIS sets it for all of them.
    """
    pipe = QgsRasterPipe()
    pipe.set(provider.clone())
    bands = range(1, provider.bandCount() + 1)
    values = {_no_data(provider, band) for band in bands}
    if len(values) > 1:
        raise BridgeError(tr("The bands have different no-data values; set the same for all bands of the layer."))
    ranges, declared = values.pop()
    if ranges and declared is not None:
        nuller = QgsRasterNuller()
        for band in bands:
            nuller.setNoData(band, provider.userNoDataValues(band))
            nuller.setOutputNoDataValue(band, declared)
        pipe.insert(1, nuller)
    return pipe


def _no_data(provider: QgsRasterDataProvider, band: int) -> tuple[tuple[tuple[float, float], ...], float | None]:
    """Return the ranges of values that the user made no data, and the value that stands for no data in a copy."""
    ranges = tuple((each.min(), each.max()) for each in provider.userNoDataValues(band))
    if provider.sourceHasNoDataValue(band) and provider.useSourceNoDataValue(band):
        return ranges, float(provider.sourceNoDataValue(band))
    limits = [limit for each in ranges for limit in each if math.isfinite(limit)]
    return ranges, limits[0] if limits else None


def _ignores_no_data(provider: QgsRasterDataProvider) -> bool:
    """Whether the user told QGIS to take the file's no-data value for data, and gave no other."""
    return any(
        provider.sourceHasNoDataValue(band)
        and not provider.useSourceNoDataValue(band)
        and not provider.userNoDataValues(band)
        for band in range(1, provider.bandCount() + 1)
    )


def _undeclare_no_data(path: str) -> None:
    """Take out of a GeoTIFF the no-data value that QGIS's writer copies there in any case."""
    dataset = gdal.Open(path, gdal.GA_Update)
    for band in range(1, dataset.RasterCount + 1):
        dataset.GetRasterBand(band).DeleteNoDataValue()
    del dataset
