"""Scaling of values to 0..255."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from building_footprints_plugin.engine.raster.stretch import Stretch, percentile_stretch


def test_1st_and_99th_percentile_of_the_valid_values() -> None:
    sample = np.stack([np.arange(1001), 5000 - 3 * np.arange(1001)]).reshape(2, 7, 143)
    stretch = percentile_stretch(sample, np.ones((7, 143), bool))
    assert stretch.low == pytest.approx((10, 5000 - 2970))
    assert stretch.high == pytest.approx((990, 5000 - 30))
    scaled = stretch.apply(sample).reshape(2, -1)
    assert scaled.dtype == np.uint8
    assert list(scaled[0, [0, 10, 500, 990, 1000]]) == [0, 0, 128, 255, 255]


def test_a_black_collar_does_not_count() -> None:
    sample = np.stack([np.arange(1000), np.arange(1000) % 5])
    sample[:, :500] = 0
    stretch = percentile_stretch(sample, np.ones(1000, bool))
    assert 500 <= stretch.low[0] <= 510
    assert stretch.low[1] == 0, "a 0 in one band only is a value"


def test_invalid_values_do_not_count() -> None:
    sample = np.array([[10.0, 20.0, 1e30, np.nan]])
    stretch = percentile_stretch(sample, np.array([True, True, False, False]))
    assert 10 <= stretch.low[0] < stretch.high[0] <= 20


@pytest.mark.parametrize(
    ("values", "expected", "why"),
    [
        (np.full(9, 7, np.uint16), 0, "a constant band has nothing to stretch"),
        (np.full(9, -3.5, np.float32), 0, "nor a negative one"),
        (np.full(9, np.nan, np.float32), 0, "nothing valid at all"),
    ],
)
def test_no_division_by_zero(values: np.ndarray, expected: int, why: str) -> None:
    band = values[np.newaxis]
    with np.errstate(all="raise"):
        scaled = percentile_stretch(band, np.isfinite(values)).apply(band)
    assert (scaled == expected).all(), why


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [("int16", -2000, 3000), ("uint16", 200, 65535), ("int32", -(2**31), 2**31 - 1), ("float64", -1e300, 1e300)],
)
def test_whole_range_of_every_type(dtype: str, low: float, high: float) -> None:
    band = np.array([[low, high]], dtype)
    assert list(Stretch((float(low),), (float(high),)).apply(band)[0]) == [0, 255]


def test_infinite_and_nan_stay_in_range() -> None:
    band = np.array([[np.nan, np.inf, -np.inf]], np.float32)
    assert list(Stretch((0.0,), (1.0,)).apply(band)[0]) == [0, 255, 0]


@given(st.lists(st.integers(0, 65535), min_size=2, max_size=50))
def test_order_is_kept(values: list[int]) -> None:
    band = np.sort(np.array([values], np.uint16))
    scaled = percentile_stretch(band, np.ones(band.shape[1], bool)).apply(band)[0].astype(int)
    assert (np.diff(scaled) >= 0).all()
