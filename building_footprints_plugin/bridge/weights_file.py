"""What a weights file says of itself, as far as QGIS must know it before a run."""

from __future__ import annotations

import json
import struct
from typing import Any

from ..engine.options import SegmentOptions

HEADER_LENGTH = struct.Struct("<Q")
MOST_HEADER_BYTES = 10_000_000  # that of a large network has a tenth
MANIFEST_KEY = "manifest"


def weights_gsd_m(path: str) -> float | None:
    """Return the metres per pixel that the weights in a `.safetensors` file were trained at; None if it does not say.

    A file that is damaged is the engine's to complain of.
    """
    try:
        manifest = json.loads(_metadata(path)[MANIFEST_KEY])
        gsd_m = float(manifest["gsd_m"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError, struct.error):
        return None
    limits = SegmentOptions.spec("gsd_m").metadata
    return gsd_m if limits["minimum"] <= gsd_m <= limits["maximum"] else None


def _metadata(path: str) -> dict[str, Any]:
    """Return the texts in the header, which is JSON behind its length in 8 bytes."""
    with open(path, "rb") as file:
        (length,) = HEADER_LENGTH.unpack(file.read(HEADER_LENGTH.size))
        if length > MOST_HEADER_BYTES:
            raise ValueError(length)
        return dict(json.loads(file.read(length))["__metadata__"])
