"""Which rasters the engine's GDAL can open: QGIS's own often has more formats (ECW, MrSID, HDF4), or fewer."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from osgeo import gdal

VRT = "VRT"


def engine_reads(source: str, drivers: Collection[str]) -> bool:
    """Whether a GDAL with `drivers` (short names) knows the format of `source`, and of what a virtual raster holds.

    True as well where QGIS's own GDAL does not know it: the engine then says what is wrong. Without `drivers` (an
    engine that does not tell) everything is true. Looks at the beginning of files only.
    """
    return not drivers or all(_is_known(path, drivers) for path in _with_sources(source, set()))


def _is_known(path: str, drivers: Collection[str]) -> bool:
    return bool(_driver(path, drivers)) or not _driver(path, None)


def _driver(path: str, drivers: Collection[str] | None) -> str:
    """Return the short name of the driver, one of `drivers` where they are given, that takes `path`, or ""."""
    allowed = {} if drivers is None else {"allowed_drivers": list(drivers)}
    driver = gdal.IdentifyDriverEx(path, gdal.OF_RASTER, **allowed)
    return str(driver.ShortName) if driver is not None else ""


def _with_sources(path: str, seen: set[str]) -> Iterator[str]:
    """Yield `path` and, of a virtual raster, one file of each kind (file extension) that it is made of."""
    yield path
    if _driver(path, None) != VRT:
        return
    for file in _files(path):
        extension = os.path.splitext(file)[1].lower()
        kind = file if extension == ".vrt" else extension
        if file != path and kind not in seen:
            seen.add(kind)
            yield from _with_sources(file, seen)


def _files(path: str) -> list[str]:
    try:
        dataset = gdal.OpenEx(path, gdal.OF_RASTER)
    except RuntimeError:  # another plugin may have turned GDAL's exceptions on
        dataset = None
    return list(dataset.GetFileList() or []) if dataset is not None else []
