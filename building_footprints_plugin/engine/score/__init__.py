"""Comparing footprints with ground truth: pure arrays and polygons, no files."""

from .figures import Counts, SizeBin
from .presets import PRESETS, Preset
from .scoring import AreaScore, Rule, Score, score_polygons
from .sides import Side

__all__ = ["PRESETS", "AreaScore", "Counts", "Preset", "Rule", "Score", "Side", "SizeBin", "score_polygons"]
