"""Writing what QGIS reads or renders to a GeoTIFF, block by block, for an engine that cannot open it itself."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeedback,
    QgsProcessingFeedback,
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
from .gaps import find_gaps, tell_gaps
from .ground import Scale
from .nodata import ignores_no_data, pipe_with_no_data, undeclare_no_data
from .rendering import TILE_PX, Grid, is_served, needs_extent, no_extent, rendered_grid

MOST_SERVED_MPX = 100  # a server is asked for every pixel
MOST_COPIED_MPX = 4000
BLOCK_PX = 4 * TILE_PX  # copied at once: whole tiles, so that none is asked for twice; few servers render more at once
MARGIN_PX = 100  # of the engine's grid: it looks 96 px beyond an extent, so that buildings on its edge are seen whole
PICTURE_TYPES = (Qgis.DataType.ARGB32, Qgis.DataType.ARGB32_Premultiplied)
IMAGE_OPTIONS = ["TILED=YES", "COMPRESS=DEFLATE", "BIGTIFF=IF_SAFER"]


@dataclass(frozen=True)
class RasterCopy:
    """A copy still to be made of `provider` (a clone that belongs to nobody else) on a grid of `size` pixels.

    `extent` holds `asked`, what the user wants to see, with a margin.
    """

    provider: QgsRasterDataProvider
    asked: QgsRectangle
    extent: QgsRectangle
    size: tuple[int, int]
    crs: QgsCoordinateReferenceSystem
    context: QgsCoordinateTransformContext
    attribution: str = ""

    @classmethod
    def of(
        cls, layer: QgsRasterLayer, bounds: QgsRectangle, context: QgsCoordinateTransformContext, gsd_m: float
    ) -> RasterCopy:
        """Plan a copy of `layer` within `bounds` (null: all of it) and a margin; raise BridgeError if it is too large.

        The layer's own pixels are copied where it has any; else it is fetched for the engine to read at `gsd_m` metres
        per pixel.
        """
        provider = layer.dataProvider().clone()
        extent, size = _grid(layer, provider, _Part(bounds, gsd_m, context))
        _check_size(size, MOST_SERVED_MPX if is_served(provider) else MOST_COPIED_MPX)
        asked = extent if bounds.isNull() else bounds.intersect(extent)
        return cls(provider, asked, extent, size, layer.crs(), context, _attribution(layer))

    def announce(self, feedback: QgsProcessingFeedback) -> None:
        """Say how much is copied, and of a server that it is somebody's."""
        width, height = self.size
        if not is_served(self.provider):
            text = tr("The engine cannot open this layer itself; {} x {} pixels of it are copied first.")
            feedback.pushInfo(text.format(width, height))
            return
        tiles = math.ceil(width / TILE_PX) * math.ceil(height / TILE_PX)
        text = tr("{} x {} pixels (about {} tiles) are fetched from a map server.").format(width, height, tiles)
        terms = tr("Make sure that its terms allow this use, and name the source of the imagery with the footprints.")
        named = tr("It names as source: {}").format(self.attribution) if self.attribution else ""
        feedback.pushWarning(" ".join(filter(None, [text, terms, named])))

    def write(self, folder: str, feedback: QgsFeedback, bar_end: float = 100) -> str:
        """Write the copy into `folder`, once, fill the progress bar up to `bar_end`, and return the path.

        Raises BridgeError if that fails or a server gives nothing at all; of gaps the user is told.
        """
        path = os.path.join(folder, "layer.tif")
        blocks = QgsRasterBlockFeedback()
        directly = Qt.ConnectionType.DirectConnection
        feedback.canceled.connect(blocks.cancel, directly)
        blocks.progressChanged.connect(lambda percent: feedback.setProgress(percent * bar_end / 100), directly)
        pipe = pipe_with_no_data(self.provider)
        outcome = self._writer(path).writeRaster(pipe, *self.size, self.extent, self.crs, self.context, blocks)
        if feedback.isCanceled():
            raise RunCancelled(tr("Cancelled; no output was written."))
        if outcome != QgsRasterFileWriter.WriterError.NoError:
            reasons = "; ".join(blocks.errors()) or tr("error {}").format(int(outcome))
            raise BridgeError(tr("The layer could not be copied for the engine: {}.").format(reasons))
        if ignores_no_data(self.provider):
            undeclare_no_data(path)
        if is_served(self.provider):
            tell_gaps(find_gaps(path, self.asked), blocks.errors(), feedback)
        return path

    def _writer(self, path: str) -> QgsRasterFileWriter:
        writer = QgsRasterFileWriter(path)
        writer.setOutputFormat("GTiff")
        set_options = getattr(writer, "setCreationOptions", None) or writer.setCreateOptions  # renamed in QGIS 3.44
        set_options(IMAGE_OPTIONS + _band_options(self.provider))
        writer.setMaxTileWidth(BLOCK_PX)
        writer.setMaxTileHeight(BLOCK_PX)
        return writer


@dataclass(frozen=True)
class _Part:
    """What is asked of a layer: `bounds` in its CRS, null for all of it, read by the engine at `gsd_m`."""

    bounds: QgsRectangle
    gsd_m: float
    context: QgsCoordinateTransformContext


def _grid(layer: QgsRasterLayer, provider: QgsRasterDataProvider, part: _Part) -> Grid:
    if part.bounds.isNull():
        if needs_extent(provider):
            raise BridgeError(no_extent())
        return provider.extent(), (provider.xSize(), provider.ySize())
    scale = Scale.at(part.bounds.center(), layer.crs(), part.context)
    bounds = scale.grown(part.bounds, MARGIN_PX * part.gsd_m).intersect(layer.extent())
    if bounds.isEmpty():
        text = tr("What is asked for lies outside {}, which covers {} ({}).")
        raise BridgeError(text.format(layer.name(), layer.extent().toString(2), layer.crs().authid()))
    if needs_extent(provider):
        return rendered_grid(provider, bounds, part.gsd_m, scale)
    return _own_pixels(provider, bounds)


def _attribution(layer: QgsRasterLayer) -> str:
    """Return whom the layer names as the source of its imagery."""
    properties = layer.serverProperties()
    read = properties.attribution if hasattr(properties, "attribution") else layer.attribution  # moved in QGIS 3.38
    return "; ".join(filter(None, [read(), *layer.metadata().rights()]))


def _own_pixels(provider: QgsRasterDataProvider, part: QgsRectangle) -> Grid:
    """Return the smallest part of the provider's own grid that covers `part`, which lies within it."""
    whole = provider.extent()
    dx, dy = whole.width() / provider.xSize(), whole.height() / provider.ySize()
    left = math.floor((part.xMinimum() - whole.xMinimum()) / dx)
    top = math.floor((whole.yMaximum() - part.yMaximum()) / dy)
    right = min(math.ceil((part.xMaximum() - whole.xMinimum()) / dx), provider.xSize())
    bottom = min(math.ceil((whole.yMaximum() - part.yMinimum()) / dy), provider.ySize())
    x, y = whole.xMinimum(), whole.yMaximum()
    extent = QgsRectangle(x + left * dx, y - bottom * dy, x + right * dx, y - top * dy)
    return extent, (max(right - left, 1), max(bottom - top, 1))


def _check_size(size: tuple[int, int], most_mpx: int) -> None:
    megapixels = size[0] * size[1] / 1e6
    if megapixels > most_mpx:
        text = tr("The layer must be copied for the engine, and {:,.0f} megapixels are too many; at most {:,} are")
        raise BridgeError(text.format(megapixels, most_mpx) + " " + tr("possible: give a smaller extent."))


def is_picture(provider: QgsRasterDataProvider) -> bool:
    """Whether what QGIS calls one band is a picture in colour, which a copy has as red, green, blue and alpha."""
    return provider.bandCount() == 1 and provider.dataType(1) in PICTURE_TYPES


def _band_options(provider: QgsRasterDataProvider) -> list[str]:
    """Say whether the last band is alpha: GDAL would take the fourth of any four 8-bit bands for it."""
    last = provider.bandCount()
    if provider.colorInterpretation(last) == QgsRaster.ColorInterpretation.AlphaBand:
        return ["ALPHA=YES"]
    return [] if is_picture(provider) else ["PHOTOMETRIC=MINISBLACK", "ALPHA=NO"]
