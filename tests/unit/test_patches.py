"""4-connected patches of equal pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from building_footprints_plugin.engine.patches import patches_of

CASES = [
    pytest.param(["000", "000"], ["000", "000"], id="nothing"),
    pytest.param(["7"], ["1"], id="a single pixel"),
    pytest.param(["80", "08"], ["10", "02"], id="pixels at a corner are apart"),
    pytest.param(["800", "088"], ["100", "022"], id="also where one begins below the end of another"),
    pytest.param(["088", "880"], ["011", "110"], id="one pixel in common joins"),
    pytest.param(["803", "888"], ["102", "111"], id="numbers in the order of first pixels"),
    pytest.param(["303", "333"], ["101", "111"], id="arms that meet further down are one"),
    pytest.param(["443", "344"], ["112", "311"], id="another value is another patch"),
    pytest.param(["008", "800"], ["001", "200"], id="a row does not go on in the next"),
    pytest.param(["888", "808", "888"], ["111", "101", "111"], id="around a hole"),
]


@pytest.mark.parametrize(("values", "expected"), CASES)
def test_patches_by_hand(values: list[str], expected: list[str]) -> None:
    patches, first = patches_of(np.array([[int(pixel) for pixel in row] for row in values]))
    assert patches.tolist() == [[int(pixel) for pixel in row] for row in expected]
    assert patches.ravel()[first].tolist() == list(range(1, patches.max() + 1))


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_no_pixels_have_no_patches(shape: tuple[int, int]) -> None:
    patches, first = patches_of(np.zeros(shape, dtype=bool))
    assert patches.shape == shape
    assert len(first) == 0


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10**6), values=st.integers(1, 3))
def test_patches_are_those_of_each_value_alone(seed: int, values: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, values + 1, (9, 13))
    patches, first = patches_of(pixels)
    assert np.array_equal(patches > 0, pixels > 0)
    assert np.array_equal(first, [np.flatnonzero(patches == number)[0] for number in range(1, patches.max() + 1)])
    for value in range(1, values + 1):
        alone, count = ndimage.label(pixels == value)
        pairs = np.unique(np.stack([alone, patches])[:, pixels == value], axis=1)
        assert pairs.shape[1] == count == len(set(pairs[1].tolist()))
