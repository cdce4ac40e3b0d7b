"""Building Footprints: buildings from aerial and satellite images as polygons, in QGIS and without it.

Importing this package imports neither QGIS nor the engine's packages: the engine's own Python imports it as well.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def classFactory(iface: Any) -> Any:
    """Return the plugin for QGIS; `iface` is None where there is no window."""
    from .plugin import BuildingFootprintsPlugin

    return BuildingFootprintsPlugin(iface)
