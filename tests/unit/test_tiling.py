"""Tiles cover every pixel, and what is blended adds up to one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from building_footprints_plugin.engine.tiling import TILE_MULTIPLE, blend_weights, tile_axis


@given(length=st.integers(1, 5000), tile=st.integers(64, 1024), share=st.floats(0, 1 / 3))
def test_every_pixel_is_covered_and_weighs_one(length: int, tile: int, share: float) -> None:
    axis = tile_axis(length, tile, int(tile * share))
    weights = np.zeros(axis.starts[-1] + axis.size)
    for index, start in enumerate(axis.starts):
        weights[start : start + axis.size] += blend_weights(axis, index)
    assert axis.starts[-1] < length <= len(weights)
    np.testing.assert_allclose(weights, 1, atol=1e-6)
    assert axis.size <= max(1.5 * tile, TILE_MULTIPLE)
    if len(axis.starts) > 1:
        assert axis.size >= 2 / 3 * tile


@pytest.mark.parametrize(
    ("length", "tile", "overlap", "count", "size"),
    [
        pytest.param(10, 512, 64, 1, 32, id="smaller than a tile: one tile, not 512 px of nothing"),
        pytest.param(512, 512, 64, 1, 512, id="just one tile"),
        pytest.param(513, 512, 64, 1, 544, id="a pixel more: one that is larger, not two halves"),
        pytest.param(768, 512, 64, 1, 768, id="half as large again: still one"),
        pytest.param(769, 512, 64, 2, 448, id="a pixel more: two that are smaller"),
        pytest.param(1216, 512, 64, 2, 640, id="two, larger by half a tile together"),
        pytest.param(1217, 512, 64, 3, 480, id="a pixel more: three"),
        pytest.param(10_000, 512, 0, 20, 512, id="no overlap"),
    ],
)
def test_little_is_computed_past_the_end(length: int, tile: int, overlap: int, count: int, size: int) -> None:
    axis = tile_axis(length, tile, overlap)
    assert (len(axis.starts), axis.size) == (count, size)


def test_weights_are_smooth_and_symmetric() -> None:
    axis = tile_axis(900, 320, 64)
    middle = blend_weights(axis, 1)
    np.testing.assert_allclose(middle, middle[::-1], atol=1e-6)
    assert abs(np.diff(middle)).max() < 0.03
    assert blend_weights(axis, 0)[0] == 1
    assert blend_weights(axis, len(axis.starts) - 1)[-1] == 1
