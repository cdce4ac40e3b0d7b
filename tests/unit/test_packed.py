"""Packed codes: the very codes again, whichever columns and rows are asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from building_footprints_plugin.engine.packed import BAND_PX, from_bytes, in_bands, pack, side_by_side, to_bytes

Codes = NDArray[np.uint8]
RNG = np.random.default_rng(5)


def ground(width: int) -> Codes:
    """Noise beside a stretch of one code, on two channels that differ."""
    codes = RNG.integers(0, 256, (2, 9, width)).astype(np.uint8)
    codes[0, :, width // 3 :] = 255
    return codes


@pytest.mark.parametrize("width", [1, BAND_PX - 1, BAND_PX, BAND_PX + 1, 3 * BAND_PX + 7])
def test_packing_loses_nothing(width: int) -> None:
    codes = ground(width)
    strip = pack(codes)
    assert (strip.rows, strip.width) == (9, width)
    np.testing.assert_array_equal(strip.codes(), codes)
    assert from_bytes(to_bytes(strip)) == strip
    for begin, end in [(0, 1), (width // 2, width), (BAND_PX - 3, BAND_PX + 3), (0, 2 * width)]:
        np.testing.assert_array_equal(strip.channel(1, slice(begin, end)), codes[1, :, begin:end])


def test_rows_can_be_cut_off_again_and_again() -> None:
    codes = ground(300)
    cut = pack(codes).cut(2, 8).cut(1, 4)
    assert cut.rows == 3
    np.testing.assert_array_equal(cut.codes(), codes[:, 3:6])


def test_open_strips_hold_the_codes_themselves() -> None:
    """A byte each but where all are one code, also of what packing would not make smaller."""
    codes = np.concatenate([ground(BAND_PX), np.full((2, 9, BAND_PX), 7, np.uint8)], axis=2)
    codes[0, :, : BAND_PX // 2] = np.arange(BAND_PX // 2) // 32
    strip = in_bands(codes)
    assert strip.is_open
    assert strip.nbytes == 2 * 9 * BAND_PX
    assert strip.closed() == pack(codes)
    assert strip.closed().opened() == strip.opened() == strip
    assert not pack(codes).is_open
    assert from_bytes(to_bytes(strip)) == strip
    for cut in (strip.cut(2, 8), pack(codes).cut(2, 8)):
        for same in (cut, cut.opened(), cut.closed()):
            np.testing.assert_array_equal(same.codes(), codes[:, 2:8])


def test_noise_is_not_packed() -> None:
    noise = RNG.integers(0, 256, (1, 9, BAND_PX)).astype(np.uint8)
    assert pack(noise) == in_bands(noise)
    np.testing.assert_array_equal(pack(noise).codes(), noise)


def test_parts_side_by_side_are_a_strip() -> None:
    """Parts are of any width, so their bands are, too."""
    codes = ground(700)
    whole = side_by_side([pack(codes[:, :, begin:end]) for begin, end in [(0, 10), (10, 400), (400, 700)]])
    assert whole.width == 700
    np.testing.assert_array_equal(whole.codes(slice(5, 650)), codes[:, :, 5:650])
    assert from_bytes(to_bytes(whole)) == whole


def test_how_high_codes_are_is_known_without_unpacking() -> None:
    codes = np.zeros((1, 4, 3 * BAND_PX), np.uint8)
    codes[0, 2, BAND_PX] = 90
    unreadable = tuple(band._replace(packed=b"damaged") for band in pack(codes).channels[0])
    strip = replace(pack(codes), channels=(unreadable,))
    found = [strip.highest(0, slice(begin, begin + BAND_PX)) for begin in range(0, 3 * BAND_PX, BAND_PX)]
    assert found == [0, 90, 0]
    assert strip.highest(0) == 90
    assert (strip.count_highest(0, 90), strip.count_highest(0, 91)) == (1, 0)


def test_where_a_code_is() -> None:
    codes = ground(3 * BAND_PX + 7)
    strip = pack(codes)
    for number in (0, 1):
        np.testing.assert_array_equal(strip.where(number, 255), codes[number] == 255)
        assert strip.count_highest(number, 255) == np.count_nonzero(codes[number] == 255)


def test_ground_of_one_code_takes_no_memory() -> None:
    assert pack(np.full((2, 500, 5000), 255, np.uint8)).nbytes == 0
