"""Building probability to outlines: buildings are labelled, followed round and given out once they are whole."""

from __future__ import annotations

from ..labelling import CODE_MAX, Thresholds, label_buildings
from .contour import Ground
from .edges import edges_of
from .outlines import Gathered, Outlines, concatenate
from .strips import StripPolygonizer
from .tracing import trace

__all__ = [
    "CODE_MAX",
    "Gathered",
    "Ground",
    "Outlines",
    "StripPolygonizer",
    "Thresholds",
    "concatenate",
    "edges_of",
    "label_buildings",
    "trace",
]
