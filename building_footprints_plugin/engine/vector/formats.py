"""Formats that need a package which everything else does without."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from ..errors import FootprintsError


def parquet() -> ModuleType:
    """Return the module that reads and writes GeoParquet; raise FootprintsError where pyarrow is missing."""
    try:
        return import_module(".parquet", __package__)
    except ImportError as error:
        raise FootprintsError(
            f"GeoParquet needs the package pyarrow, which {sys.executable} cannot import ({error}); "
            "install it there or choose .gpkg."
        ) from error
