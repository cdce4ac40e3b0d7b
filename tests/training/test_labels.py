"""Instances to classes, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.labels import between_buildings, classes_from_instances


def grid(text: str) -> np.ndarray:
    """Read rows of digits; `?` is unknown: 65535 among instances, 255 among classes."""
    rows = [line.strip() for line in text.strip().splitlines()]
    return np.array([[-1 if cell == "?" else int(cell) for cell in row] for row in rows])


def instances(text: str) -> np.ndarray:
    return np.where(grid(text) < 0, 65535, grid(text)).astype(np.uint16)


CASES = [
    pytest.param(
        """0000000
           0111110
           0111110
           0111110
           0111110
           0111110
           0000000""",
        """0000000
           0222220
           0211120
           0211120
           0211120
           0222220
           0000000""",
        1.0,
        id="one pixel of border, inside the building",
    ),
    pytest.param(
        """11112222
           11112222
           11112222
           11112222""",
        """11122111
           11122111
           11122111
           11122111""",
        1.0,
        id="touching buildings are parted by border; the edge of the picture is no outline",
    ),
    pytest.param(
        """00000
           01110
           01110
           01110
           00000""",
        """00000
           02220
           02120
           02220
           00000""",
        5.0,
        id="a small building keeps the inner half of its depth",
    ),
    pytest.param("000\n010\n000", "000\n010\n000", 2.0, id="a building of one pixel is interior: it never vanishes"),
    pytest.param(
        """0000000
           01111??
           01111??
           01111??
           01111??
           0000000""",
        """0000000
           02222??
           02111??
           02111??
           02222??
           0000000""",
        1.0,
        id="the edge of unknown ground is no outline",
    ),
]


@pytest.mark.parametrize(("given_instances", "expected", "border_px"), CASES)
def test_by_hand(given_instances: str, expected: str, border_px: float) -> None:
    found = classes_from_instances(instances(given_instances), border_px)
    wanted = np.where(grid(expected) < 0, 255, grid(expected))
    np.testing.assert_array_equal(found, wanted)


STRADDLING = [
    pytest.param(
        """00000000
           00000000
           00111100
           00111100
           00111100
           00111100
           00000000
           00000000""",
        """00000000
           02222220
           02222220
           02211220
           02211220
           02222220
           02222220
           00000000""",
        1.0,
        id="one pixel inside the outline and one outside",
    ),
    pytest.param("000\n010\n000", "222\n212\n222", 1.0, id="a building of one pixel keeps its interior"),
    pytest.param(
        """1110222
           1110222
           1110222""",
        """1122211
           1122211
           1122211""",
        1.0,
        id="the gap between two buildings is border; neither loses more than its own; no ring at the picture's edge",
    ),
    pytest.param(
        """000000
           0111??
           0111??
           0111??
           000000""",
        """222220
           2222??
           2211??
           2222??
           222220""",
        1.0,
        id="unknown ground stays unknown and makes no ring",
    ),
]


@pytest.mark.parametrize(("given_instances", "expected", "border_px"), STRADDLING)
def test_straddling_by_hand(given_instances: str, expected: str, border_px: float) -> None:
    found = classes_from_instances(instances(given_instances), border_px, "straddling")
    wanted = np.where(grid(expected) < 0, 255, grid(expected))
    np.testing.assert_array_equal(found, wanted)


def test_the_reference_ring_of_a_house_of_20_pixels() -> None:
    """2.5 px each way: 2 inside, 3 outside, so 16 x 16 of interior in 26 x 26; of the 9 pixels at each corner only
    the 4 within 3 px of the house's corner pixel belong. The inner ring leaves 16 x 16 in 20 x 20."""
    numbers = np.zeros((40, 40), np.uint16)
    numbers[10:30, 10:30] = 1
    straddling, inner = (classes_from_instances(numbers, 2.5, ring) for ring in ("straddling", "inner"))
    assert ((straddling == 1).sum(), (straddling == 2).sum()) == (256, 26 * 26 - 4 * 5 - 256)
    assert ((inner == 1).sum(), (inner == 2).sum()) == (256, 400 - 256)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), border_px=st.floats(0, 6))
def test_interior_and_border_are_the_building_and_none_vanishes(seed: int, border_px: float) -> None:
    rng = np.random.default_rng(seed)
    numbers = np.kron(rng.integers(0, 4, (6, 6)), np.ones((5, 5), int)).astype(np.uint16)
    numbers[rng.random(numbers.shape) < 0.05] = 65535
    classes = classes_from_instances(numbers, border_px)
    building = (numbers > 0) & (numbers < 65535)
    np.testing.assert_array_equal((classes == 1) | (classes == 2), building)
    np.testing.assert_array_equal(classes == 255, numbers == 65535)
    assert all((classes[numbers == number] == 1).any() for number in np.unique(numbers[building]))


def test_between_two_buildings_by_hand() -> None:
    """A window of 3: pixels that see both 1 and 2. A single building, its corner and unknown ground do not count."""
    found = between_buildings(instances("1100220000300??\n1102222000300??"), reach_px=1)
    expected = grid("001000000000000\n001000000000000") > 0
    assert np.array_equal(found, expected)
