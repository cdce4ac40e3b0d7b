"""QGIS without a window, with the plugin's algorithms registered, for the tools that ask them."""

# mypy: ignore-errors
# PyQGIS has no types.

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qgis.core import QgsApplication

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def qgis() -> Iterator[None]:
    """Start QGIS and unload the plugin at the end; QGIS itself ends with the process."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QgsApplication([], False)
    application.initQgis()
    sys.path[:0] = [str(ROOT), os.path.join(QgsApplication.pkgDataPath(), "python", "plugins")]
    from processing.core.Processing import Processing

    from building_footprints_plugin import classFactory

    Processing.initialize()
    plugin = classFactory(None)
    plugin.initProcessing()
    try:
        yield
    finally:
        plugin.unload()
