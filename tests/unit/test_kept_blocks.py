"""Blocks that were resampled are kept in the same memory, those where the next window begins."""

from __future__ import annotations

import numpy as np

from building_footprints_plugin.engine.raster.kept_blocks import TOGETHER, KeptBlocks

SIDE = 4
BYTES = 4 * SIDE * SIDE  # three bands of a byte, and what is there


def block(number: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full((3, SIDE, SIDE), number, np.uint8), np.full((SIDE, SIDE), number % 2 == 0)


def test_a_block_comes_back_as_it_was() -> None:
    blocks = KeptBlocks(3 * BYTES)
    for number in range(3):
        blocks.keep((0, number), block(number), 0)
    for number in range(3):
        for kept, given in zip(blocks.use((0, number)), block(number), strict=True):
            assert kept.dtype == given.dtype
            assert np.array_equal(kept, given)


def test_the_farthest_from_the_last_row_is_forgotten() -> None:
    """Of equally far ones that which was not used for longest."""
    blocks = KeptBlocks(3 * BYTES)
    for key in ((0, 0), (1, 0), (1, 1)):
        blocks.keep(key, block(0), 1)
    blocks.keep((2, 0), block(1), 2)
    assert [key in blocks for key in ((0, 0), (1, 0), (1, 1), (2, 0))] == [False, True, True, True]
    blocks.use((1, 0))
    blocks.keep((2, 1), block(2), 2)
    assert [key in blocks for key in ((1, 0), (1, 1), (2, 0), (2, 1))] == [True, False, True, True]
    blocks.keep((0, 7), block(3), 2)
    assert (0, 7) not in blocks, "what comes and is the farthest itself"
    assert [int(blocks.use(key)[0][0, 0, 0]) for key in ((1, 0), (2, 0), (2, 1))] == [0, 1, 2]


def test_memory_is_used_again() -> None:
    """However many blocks come by, no more memory is asked for than for those that are kept, and for a few."""
    blocks = KeptBlocks(5 * BYTES)
    memory = set()
    for row in range(40):
        for col in range(3):
            blocks.keep((row, col), block(row), row)
            memory.add(blocks.use((row, col))[0].__array_interface__["data"][0])
    assert len(memory) <= TOGETHER
