"""A QGIS raster layer as something the engine can open: its own source where that is enough, else a copy."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeedback,
    QgsProviderRegistry,
    QgsRasterLayer,
    QgsRectangle,
)

from .copying import RasterCopy, is_picture
from .formats import engine_reads
from .nodata import has_own_no_data

# GDAL open options that change how fast a file is read, not what is read.
HARMLESS_OPTIONS = ("NUM_THREADS", "SPARSE_OK", "IGNORE_COG_LAYOUT_BREAK", "USE_TILE_AS_BLOCK")
COPY_SHARE = 30  # of the progress bar


@dataclass(frozen=True)
class RasterInput:
    """What is known of a layer on the main thread; `arguments` may then be called on any thread.

    `bounds` is in `crs`, or null for the whole layer. A picture has one band for QGIS, and for the engine red, green,
    blue and alpha.
    """

    source: str
    crs: QgsCoordinateReferenceSystem
    bounds: QgsRectangle
    crs_is_overridden: bool = False
    is_picture: bool = False
    copy: RasterCopy | None = None

    def arguments(self, folder: str, feedback: QgsFeedback) -> list[str]:
        """Return `[INPUT, --crs, --bounds]` for the engine; a copy, where one is needed, is written into `folder`."""
        source = self.copy.write(folder, feedback, COPY_SHARE) if self.copy else self.source
        return [source, *self._crs_argument(), *bounds_argument(self.bounds)]

    def _crs_argument(self) -> list[str]:
        return [f"--crs={crs_text(self.crs)}"] if self.crs_is_overridden and not self.copy else []


@dataclass(frozen=True)
class Wanted:
    """Which part of a layer is asked for, in the layer's CRS; null rectangles mean all of it.

    `bounds` limits the result; `needed` is what has to be copied if a copy is made; `gsd_m` is the resolution at which
    the engine will read it, and `drivers` are the formats of its GDAL (empty: not known).
    """

    bounds: QgsRectangle
    needed: QgsRectangle
    gsd_m: float
    context: QgsCoordinateTransformContext
    drivers: Collection[str] = ()


def raster_input(layer: QgsRasterLayer, wanted: Wanted) -> RasterInput:
    """Describe what is wanted of `layer`; call it on the layer's own thread.

    Raises BridgeError when a layer that must be rendered has no bounds, or a copy would be too large.
    """
    overridden = layer.dataProvider().crs() != layer.crs()
    source = engine_source(layer, wanted.drivers)
    copy = None if source else RasterCopy.of(layer, wanted.needed, wanted.context, wanted.gsd_m)
    return RasterInput(source, layer.crs(), wanted.bounds, overridden, is_picture(layer.dataProvider()), copy)


def engine_source(layer: QgsRasterLayer, drivers: Collection[str] = ()) -> str:
    """Return the name under which the engine's GDAL, which has `drivers`, opens what `layer` shows.

    An empty string if only QGIS can read it so.
    """
    provider = layer.dataProvider()
    if layer.providerType() != "gdal" or has_own_no_data(provider):
        return ""
    parts = QgsProviderRegistry.instance().decodeUri("gdal", provider.dataSourceUri())
    path = str(parts.get("path") or "")
    if parts.get("authcfg") or "/vsimem/" in provider.dataSourceUri() or _changing_options(parts):
        return ""
    parts.pop("openOptions", None)
    if os.path.exists(path):
        parts["path"] = os.path.abspath(path)
    source = str(QgsProviderRegistry.instance().encodeUri("gdal", parts))
    return source if engine_reads(source, drivers) else ""


def bounds_argument(bounds: QgsRectangle) -> list[str]:
    """Return `--bounds=…` to the last digit, or nothing for a null rectangle."""
    if bounds.isNull():
        return []
    corners = (bounds.xMinimum(), bounds.yMinimum(), bounds.xMaximum(), bounds.yMaximum())
    return [f"--bounds={','.join(repr(value) for value in corners)}"]


def crs_text(crs: QgsCoordinateReferenceSystem) -> str:
    """Return `EPSG:n` where there is such a code, else WKT."""
    if crs.authid().startswith("EPSG:"):
        return str(crs.authid())
    return str(crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED))


def _changing_options(parts: dict[str, Any]) -> list[str]:
    options = [str(option) for option in parts.get("openOptions") or []]
    return [option for option in options if option.partition("=")[0].upper() not in HARMLESS_OPTIONS]
