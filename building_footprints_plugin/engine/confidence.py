"""How sure a footprint is: its mean building probability, turned into the chance that it is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SUREST = 1e-4  # nothing is surer than 1 - SUREST: its logit would be infinite


@dataclass(frozen=True)
class Calibration:
    """A straight line through log-odds (Platt, Probabilistic outputs for support vector machines, 1999).

    A mean probability says how far pixels look like building; that one building was found, and whole, is another
    matter, and less likely. As it is made, it changes nothing.
    """

    slope: float = 1.0
    offset: float = 0.0

    @classmethod
    def of(cls, found: Mapping[str, float]) -> Calibration:
        """Return the line among what was found best for weights, as their manifest holds it; none changes nothing."""
        return cls(found.get("confidence_slope", cls.slope), found.get("confidence_offset", cls.offset))

    def __call__(self, mean: Floats) -> Floats:
        """Return the chance (n,) that footprints of mean building probability (n,), both 0..1, are right."""
        if self == Calibration():
            return mean
        return np.asarray(1 / (1 + np.exp(-self.slope * log_odds(mean) - self.offset)))


def log_odds(chance: Floats) -> Floats:
    """Return ln(p / (1 - p)) of chances (n,) of 0..1."""
    inner = np.clip(chance, SUREST, 1 - SUREST)
    return np.asarray(np.log(inner / (1 - inner)))
