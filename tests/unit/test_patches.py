"""4-connected patches of equal pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from building_footprints_plugin.engine.patches import patches_of, runs_of

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
    assert patches[first].tolist() == list(range(1, patches.max() + 1))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(["80", "08"], ["10", "01"], id="pixels at a corner"),
        pytest.param(["0080", "8800"], ["0010", "1100"], id="also where one ends before the other"),
        pytest.param(["8000", "0080"], ["1000", "0020"], id="but not over a gap"),
        pytest.param(["008", "800"], ["001", "200"], id="a row does not go on in the next"),
        pytest.param(["008", "000", "800"], ["001", "000", "200"], id="nor in the one after that"),
        pytest.param(["808", "080", "303"], ["101", "010", "203"], id="another value stays apart"),
    ],
)
def test_patches_that_touch_at_corners(values: list[str], expected: list[str]) -> None:
    patches, _ = patches_of(np.array([[int(pixel) for pixel in row] for row in values]), diagonal=True)
    assert patches.tolist() == [[int(pixel) for pixel in row] for row in expected]


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_no_pixels_have_no_patches(shape: tuple[int, int]) -> None:
    patches, first = patches_of(np.zeros(shape, dtype=bool))
    assert patches.shape == shape
    assert len(first[0]) == len(first[1]) == 0


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10**6), values=st.integers(1, 3), diagonal=st.booleans())
def test_patches_are_those_of_each_value_alone(seed: int, values: int, diagonal: bool) -> None:
    pixels = np.random.default_rng(seed).integers(0, values + 1, (9, 13))
    patches, first = patches_of(pixels, diagonal=diagonal)
    assert np.array_equal(patches > 0, pixels > 0)
    numbers = range(1, patches.max() + 1)
    assert np.transpose(first).tolist() == [np.argwhere(patches == number)[0].tolist() for number in numbers]
    for value in range(1, values + 1):
        alone, count = ndimage.label(pixels == value, np.ones((3, 3)) if diagonal else None)
        pairs = np.unique(np.stack([alone, patches])[:, pixels == value], axis=1)
        assert pairs.shape[1] == count == len(set(pairs[1].tolist()))


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), left=st.integers(0, 12), width=st.integers(1, 13), share=st.sampled_from([0.1, 0.6]))
def test_some_columns_of_runs_are_those_of_the_array(seed: int, left: int, width: int, share: float) -> None:
    random = np.random.default_rng(seed)
    pixels = random.random((9, 13)) < share
    pixels[4, 6] = True
    runs = runs_of(pixels, diagonal=True)
    patches, first = patches_of(pixels, diagonal=True)
    chosen = np.append(False, random.random(len(first[0])) < 0.5)
    right = min(left + width, 13)
    assert np.array_equal(runs.among(chosen, left, right), (patches * chosen[patches])[:, left:right])
    boxes = [(box[1].start, box[1].stop - 1) for box in ndimage.find_objects(patches)]
    assert np.transpose(runs.columns())[1:].tolist() == [list(box) for box in boxes]
