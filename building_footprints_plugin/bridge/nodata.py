"""What the user has told QGIS about no-data values, in a copy for the engine."""

from __future__ import annotations

import math

from osgeo import gdal
from qgis.core import QgsRasterDataProvider, QgsRasterNuller, QgsRasterPipe

from ..translation import tr
from .errors import BridgeError


def has_own_no_data(provider: QgsRasterDataProvider) -> bool:
    """Whether the user has changed in QGIS which values mean no data."""
    return any(
        provider.userNoDataValues(band)
        or (provider.sourceHasNoDataValue(band) and not provider.useSourceNoDataValue(band))
        for band in range(1, provider.bandCount() + 1)
    )


def pipe_with_no_data(provider: QgsRasterDataProvider) -> QgsRasterPipe:
    """Return `provider`, which goes when the pipe does, and a filter that makes the user's own no-data values one.

    A GeoTIFF declares one value for all its bands, as the dialog of QGIS sets it for all of them. A clone would not
    do: in QGIS 3.22, that of a virtual raster's clone is empty.
    """
    pipe = QgsRasterPipe()
    bands = range(1, provider.bandCount() + 1)
    values = {_no_data(provider, band) for band in bands}
    if len(values) > 1:
        raise BridgeError(tr("The bands have different no-data values; set the same for all bands of the layer."))
    ranges, declared = values.pop()
    pipe.set(provider)
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


def ignores_no_data(provider: QgsRasterDataProvider) -> bool:
    """Whether the user told QGIS to take the file's no-data value for data, and gave no other."""
    return any(
        provider.sourceHasNoDataValue(band)
        and not provider.useSourceNoDataValue(band)
        and not provider.userNoDataValues(band)
        for band in range(1, provider.bandCount() + 1)
    )


def undeclare_no_data(path: str) -> None:
    """Take out of a GeoTIFF the no-data value that QGIS's writer copies there in any case."""
    dataset = gdal.Open(path, gdal.GA_Update)
    for band in range(1, dataset.RasterCount + 1):
        dataset.GetRasterBand(band).DeleteNoDataValue()
    del dataset
