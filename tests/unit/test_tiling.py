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
    weights = np.zeros(axis.end)
    for index, (start, size) in enumerate(zip(axis.starts, axis.sizes, strict=True)):
        weights[start : start + size] += blend_weights(axis, index)
    assert axis.starts[-1] < length <= len(weights)
    np.testing.assert_allclose(weights, 1, atol=1e-6)
    assert axis.sizes[0] <= max(1.5 * tile, TILE_MULTIPLE)
    assert list(axis.sizes) == sorted(axis.sizes, reverse=True)
    assert axis.sizes[0] - axis.sizes[-1] in (0, TILE_MULTIPLE)
    assert not any(size % TILE_MULTIPLE for size in axis.sizes)
    if len(axis.starts) > 1:
        assert axis.sizes[0] >= 2 / 3 * tile


@given(length=st.integers(1, 50_000), overlap=st.integers(0, 170))
def test_less_than_32_px_are_computed_past_the_end(length: int, overlap: int) -> None:
    axis = tile_axis(length, 512, overlap)
    assert axis.end - length < TILE_MULTIPLE


@pytest.mark.parametrize(
    ("length", "tile", "overlap", "count", "size"),
    [
        pytest.param(10, 512, 64, 1, 32, id="smaller than a tile: one tile, not 512 px of nothing"),
        pytest.param(512, 512, 64, 1, 512, id="just one tile"),
        pytest.param(513, 512, 64, 1, 544, id="a pixel more: one that is larger, not two halves"),
        pytest.param(768, 512, 64, 1, 768, id="half as large again: still one"),
        pytest.param(1216, 512, 64, 2, 640, id="two, larger by half a tile together"),
    ],
)
def test_few_tiles_of_one_size(length: int, tile: int, overlap: int, count: int, size: int) -> None:
    assert tile_axis(length, tile, overlap).sizes == (size,) * count


@pytest.mark.parametrize(
    ("length", "tile", "overlap", "sizes"),
    [
        pytest.param(769, 512, 64, (448, 416), id="two, and not one half larger than asked for"),
        pytest.param(1217, 512, 64, (480, 448, 448), id="1345 px of tiles: 43 times 32"),
        pytest.param(10_000, 512, 0, (512,) * 13 + (480,) * 7, id="no overlap"),
        pytest.param(10_000, 512, 32, (512,) * 18 + (480,) * 3, id="10,640 px of tiles, 10,656 with the last"),
        pytest.param(160, 64, 21, (64,) * 4, id="32 px more than once would lie in three tiles"),
    ],
)
def test_two_sizes_where_one_would_reach_far_past_the_end(
    length: int, tile: int, overlap: int, sizes: tuple[int, ...]
) -> None:
    assert tile_axis(length, tile, overlap).sizes == sizes


def test_weights_are_smooth_and_symmetric() -> None:
    axis = tile_axis(832, 320, 64)
    assert axis.sizes == (320, 320, 320)
    middle = blend_weights(axis, 1)
    np.testing.assert_allclose(middle, middle[::-1], atol=1e-6)
    assert abs(np.diff(middle)).max() < 0.03
    assert blend_weights(axis, 0)[0] == 1
    assert blend_weights(axis, len(axis.starts) - 1)[-1] == 1
