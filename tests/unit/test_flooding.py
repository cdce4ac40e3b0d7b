"""Every pixel of a patch goes to the seed that it reaches over the highest ground, whatever else there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from building_footprints_plugin.engine.flooding import flood

Numbers = NDArray[np.int32]


def flooded(seeds: Numbers, room: NDArray[np.bool_], interior: NDArray[np.uint8]) -> Numbers:
    """Return the seeds with `room` shared out; what is as high as 255 counts as 254."""
    labels, mask = np.pad(seeds, 1), room | (seeds > 0)
    height = np.pad(np.where(mask, np.minimum(interior, 254) + 1, 0), 1).astype(np.uint8)
    flood(labels, np.flatnonzero(np.pad(room, 1)), height)
    return labels[1:-1, 1:-1]


def row(text: str) -> Numbers:
    return np.array([[int(cell) for cell in text.split()]], dtype=np.int32)


CASES = [
    pytest.param("9 6 3 1 4 9", "1 0 0 0 0 2", "1 1 1 2 2 2", id="on the ground of the valley: the higher side"),
    pytest.param("9 5 5 5 5 9", "1 0 0 0 0 2", "1 1 1 2 2 2", id="level ground is halved"),
    pytest.param("9 1 5 5 5 2 9", "1 0 0 0 0 0 2", "1 1 2 2 2 2 2", id="a hill goes over its higher pass"),
    pytest.param("9 1 5 3 6 2 9", "1 0 0 0 0 0 2", "1 1 2 2 2 2 2", id="so does a hill that another one goes to"),
    pytest.param("9 0 5 4 5 4 5 3 9", "1 0 0 0 0 0 0 0 2", "1 1 2 2 2 2 2 2 2", id="hills on end, at equal passes"),
    pytest.param("9 0 0 0 9", "1 0 0 0 2", "1 1 1 2 2", id="the middle of level ground: up or to the left"),
]


@pytest.mark.parametrize(("interior", "seeds", "expected"), CASES)
@pytest.mark.parametrize("turned", [False, True], ids=["along a row", "down a column"])
def test_by_hand(interior: str, seeds: str, expected: str, turned: bool) -> None:
    height, start, end = row(interior), row(seeds), row(expected)
    if turned:
        height, start, end = height.T, start.T, end.T
    assert flooded(start, start == 0, height.astype(np.uint8)).tolist() == end.tolist()


def land(seed: int, shape: tuple[int, int]) -> tuple[Numbers, NDArray[np.bool_], NDArray[np.uint8]]:
    """Return seeds, room and interior: rough or in a few steps, in patches that all have a seed or more."""
    rng = np.random.default_rng(seed)
    interior = rng.integers(0, (3, 9, 240)[seed % 3], shape).astype(np.uint8)
    is_seed = rng.random(shape) < 0.06
    interior[is_seed] = 250
    mask = is_seed | (rng.random(shape) < 0.8)
    patches, _ = ndimage.label(mask)
    mask &= np.isin(patches, patches[is_seed])
    seeds, _ = ndimage.label(is_seed)
    return seeds.astype(np.int32), mask & ~is_seed, interior


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_other_seed_is_reached_over_higher_ground(seed: int) -> None:
    """What a seed is reached over is found by flooding the ground above every height, from the top down."""
    seeds, room, interior = land(seed, (14, 15))
    labels = flooded(seeds, room, interior)
    assert np.array_equal(labels > 0, room | (seeds > 0))
    reached = np.full((int(seeds.max(initial=0)) + 1, *seeds.shape), -1)
    for height in np.unique(interior):
        above, _ = ndimage.label((labels > 0) & (interior >= height))
        for number in range(1, len(reached)):
            reached[number][np.isin(above, above[seeds == number]) & (above > 0)] = height
    rows, columns = np.nonzero(labels)
    assert (reached[labels[rows, columns], rows, columns] == reached.max(axis=0)[rows, columns]).all()
    for number in range(1, len(reached)):
        assert ndimage.label(labels == number)[1] == 1


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), gap=st.integers(1, 3))
def test_what_lies_elsewhere_does_not_matter(seed: int, gap: int) -> None:
    one, other = land(seed, (11, 12)), land(seed + 1, (11, 9))
    between = np.zeros((11, gap), dtype=np.int32)
    both = [np.hstack([there, between.astype(there.dtype), here]) for here, there in zip(one, other, strict=True)]
    count = int(other[0].max(initial=0))
    both[0][:, 9 + gap :] += np.where(one[0] > 0, count, 0)
    together = flooded(both[0], both[1], both[2])
    alone = flooded(*one)
    assert np.array_equal(together[:, 9 + gap :], np.where(alone > 0, alone + count, 0))
    assert np.array_equal(together[:, :9], flooded(*other))


def test_nothing_to_share_out() -> None:
    nothing = np.zeros((0, 4), dtype=np.int32)
    assert flooded(nothing, nothing > 0, nothing.astype(np.uint8)).shape == (0, 4)
    assert flooded(row("1 0 2"), row("0 0 0") > 0, row("9 9 9").astype(np.uint8)).tolist() == [[1, 0, 2]]
