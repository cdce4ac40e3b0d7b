"""Building probability to outlines: buildings are labelled, followed round and given out once they are whole."""

from __future__ import annotations

from ..labelling import CODE_MAX, Thresholds, label_buildings
from .outlines import Outlines, concatenate
from .strips import StripPolygonizer
from .tracing import trace

__all__ = ["CODE_MAX", "Outlines", "StripPolygonizer", "Thresholds", "concatenate", "label_buildings", "trace"]
