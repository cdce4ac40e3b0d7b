"""What GDAL may do with files that come from anyone; importing this sets it, for this process.

Needs nothing but the standard library. GDAL looks at the environment when it registers its drivers, and later whenever
an option is asked for; what the user has set there stays, but for code inside files.
"""

from __future__ import annotations

import os

# Drivers that let a small file call a network service, another program or any other file by name.
SKIPPED_DRIVERS = (
    "ADBC", "AmigoCloud", "Carto", "CSW", "DAAS", "EEDA", "EEDAI", "Elasticsearch", "GDALG", "GPSBabel", "HTTP", "NGW",
    "OAPIF", "OGCAPI", "OGR_VRT", "PLMOSAIC", "PLSCENES", "STACIT", "STACTA", "WCS", "WFS", "WMS", "WMTS",
)  # fmt: skip
SETTINGS = {
    "GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE": "SIBLING_OR_CHILD_OF_VRT_PATH",
    # A server that falls silent is an error, in seconds; without these a read may wait for ever.
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_LOW_SPEED_TIME": "20",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "100",
    "GDAL_HTTP_TIMEOUT": "120",
    "GDAL_HTTP_MAX_RETRY": "2",
    "GDAL_HTTP_RETRY_DELAY": "1",
}
REMOTE = ("/vsicurl", "/vsis3", "/vsigs", "/vsiaz", "/vsiadls", "/vsioss", "/vsiswift", "/vsihdfs", "/vsiwebhdfs")


def is_remote(name: str) -> bool:
    """Return whether the user's own word for a file names the network: a URL, or GDAL's file systems for it."""
    return "://" in name or any(place in name for place in REMOTE)


def _settle() -> None:
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    users = [name for name in (os.environ.get("GDAL_SKIP"),) if name]
    os.environ["GDAL_SKIP"] = ",".join([*users, *SKIPPED_DRIVERS])
    os.environ["GDAL_VRT_ENABLE_PYTHON"] = "NO"  # a pixel function in Python would be run


_settle()
