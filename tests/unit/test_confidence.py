"""From mean probability to the chance of being right, and what becomes of footprints with little of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from building_footprints_plugin.engine.confidence import Calibration
from building_footprints_plugin.engine.footprints import Settings
from building_footprints_plugin.engine.options import PolygonizeOptions


def test_by_hand() -> None:
    line = Calibration(2.0, -1.0)
    # odds of 3 to 1: ln 3 = 1.0986, twice that less 1 is 1.197
    assert line(np.array([0.75])) == pytest.approx([1 / (1 + math.exp(-(2 * math.log(3) - 1)))])
    assert line(np.array([0.5])) == pytest.approx([1 / (1 + math.e)])


def test_as_it_is_made_it_changes_nothing() -> None:
    mean = np.array([0.0, 0.5, 0.123456, 1.0])
    assert Calibration()(mean).tolist() == mean.tolist()


def test_order_stays_and_ends_are_chances() -> None:
    chance = Calibration(1.3, -2.5)(np.linspace(0, 1, 50))
    assert (np.diff(chance) >= 0).all()
    assert (chance >= 0).all()
    assert (chance <= 1).all()


def test_the_users_word_goes_before_the_weights() -> None:
    found = {"min_confidence": 0.3, "confidence_slope": 1.2, "confidence_offset": -2.0}
    of_weights = Settings.of(PolygonizeOptions(), found)
    assert (of_weights.min_confidence, of_weights.calibration) == (0.3, Calibration(1.2, -2.0))
    assert of_weights.used["min_confidence"] == 0.3
    assert Settings.of(PolygonizeOptions(min_confidence=0.0), found).min_confidence == 0.0
    assert Settings.of(PolygonizeOptions(), {}).calibration == Calibration()
