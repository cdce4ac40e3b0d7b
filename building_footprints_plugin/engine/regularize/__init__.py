"""Outlines fit for a map: straight edges, right angles where the building has them, shared walls shared."""

from __future__ import annotations

from .neighbours import neighbourhoods, reach_m
from .regularizing import Regularized, batches, regularize

__all__ = ["Regularized", "batches", "neighbourhoods", "reach_m", "regularize"]
