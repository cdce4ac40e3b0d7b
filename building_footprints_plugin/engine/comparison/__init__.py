"""Scoring files: reads two vector files or SpaceNet tables, brings them together, and writes what came out."""

from .compare import compare
from .inputs import Comparison, Request, Source
from .output import write_map
from .results import results_of

__all__ = ["Comparison", "Request", "Source", "compare", "results_of", "write_map"]
