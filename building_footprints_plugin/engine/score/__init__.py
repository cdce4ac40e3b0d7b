"""Comparing footprints with ground truth: pure arrays and polygons, no files."""

from .figures import SIZES_M2, SIZES_PX2, SWEEP, Counts, Curve, SizeBin
from .presets import PRESETS, Preset
from .scoring import AreaScore, Rule, Score, score_polygons
from .shape import ShapeFigures, shape_figures
from .sides import Side, areal, filter_area, filter_pixels

__all__ = [
    "PRESETS",
    "SIZES_M2",
    "SIZES_PX2",
    "SWEEP",
    "AreaScore",
    "Counts",
    "Curve",
    "Preset",
    "Rule",
    "Score",
    "ShapeFigures",
    "Side",
    "SizeBin",
    "areal",
    "filter_area",
    "filter_pixels",
    "score_polygons",
    "shape_figures",
]
