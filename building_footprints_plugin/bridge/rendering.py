"""Layers without pixels of their own (XYZ, WMS, WMTS): on which grid they are fetched from their server."""

from __future__ import annotations

import math

from qgis.core import QgsRasterDataProvider, QgsRectangle

from ..translation import tr
from .ground import Scale

TILE_PX = 256
FINE_ENOUGH = 1.05  # a zoom level this much coarser than asked for will do; the engine takes 5 % for the same as well
SERVED = ("wms", "wcs", "arcgismapserver")  # providers that ask somebody's server for pictures

Grid = tuple[QgsRectangle, tuple[int, int]]


def needs_extent(provider: QgsRasterDataProvider) -> bool:
    """Whether a layer has no pixels of its own, so that only a part of it can be read."""
    return provider.xSize() <= 0 or provider.ySize() <= 0


def is_served(provider: QgsRasterDataProvider) -> bool:
    """Whether every pixel is asked of a server."""
    return needs_extent(provider) or provider.name() in SERVED


def rendered_grid(provider: QgsRasterDataProvider, bounds: QgsRectangle, gsd_m: float, scale: Scale) -> Grid:
    """Return extent and size (width, height) at which `bounds` is fetched, at least as fine as `gsd_m` if there is so.

    Of a service of tiles, whole tiles of one zoom level: the coarsest that is fine enough, else its finest. They
    arrive as they are, and the engine resamples them as it does a file. Other services render at `gsd_m` itself.
    """
    unit = _tile_pixel(provider, gsd_m, scale)
    if unit is None:
        width, height = bounds.width() / scale.x / gsd_m, bounds.height() / scale.y / gsd_m
        return bounds, (max(math.ceil(width), 1), max(math.ceil(height), 1))
    side = TILE_PX * unit
    left, right = _whole(bounds.xMinimum(), bounds.xMaximum(), side)
    bottom, top = _whole(bounds.yMinimum(), bounds.yMaximum(), side)
    extent = QgsRectangle(left * side, bottom * side, right * side, top * side)
    return extent, ((right - left) * TILE_PX, (top - bottom) * TILE_PX)


def no_extent() -> str:
    """Return the sentence for a layer that needs an extent and has none."""
    return tr("The layer has no pixels of its own (a web map, for example), so the extent to extract must be given.")


def _tile_pixel(provider: QgsRasterDataProvider, gsd_m: float, scale: Scale) -> float | None:
    """Return the side of a pixel, in units of the layer, of the zoom level to fetch; None without zoom levels."""
    levels = sorted(float(level) for level in provider.nativeResolutions())
    if not levels:
        return None
    wanted = FINE_ENOUGH * gsd_m * min(scale.x, scale.y)
    return max((level for level in levels if level <= wanted), default=levels[0])


def _whole(low: float, high: float, side: float) -> tuple[int, int]:
    """Return the first and the last edge of the tiles that hold `low` to `high`, counted from 0."""
    first = math.floor(low / side + 1e-6)
    return first, max(math.ceil(high / side - 1e-6), first + 1)
