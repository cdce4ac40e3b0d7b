"""Which building pixels are near enough to one another that their outlines must be treated together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BLOCK = 2  # pixels: neighbourhoods are found on a grid that is coarser by this
BAND = 1024  # blocks: how wide the parts are in which the groups of a wide raster are looked at
BAND_MARGIN = 2  # blocks of background beside a building: it has a say in where its outline runs
TOUCHING = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class Groups:
    """Numbers of groups, 1 to `count`, on blocks of `BLOCK` x `BLOCK` pixels."""

    of_block: NDArray[np.int32]
    count: int

    def reached_below(self, rows: int, reach_px: int) -> NDArray[np.int32]:
        """Return the groups that a building pixel in row `rows` or further down could belong to."""
        first = max(0, rows // BLOCK - _spread(reach_px) - 1)
        return np.unique(self.of_block[first:])

    def of_pixels(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the groups of building pixels."""
        return self.of_block[row // BLOCK, column // BLOCK]

    def bands(self) -> Iterator[tuple[int, Groups]]:
        """Yield the groups by the columns in which they begin: the first pixel column of each part, and the part.

        A part is as wide as its groups and a margin, and holds no others; a group is in one part only.
        """
        boxes = ndimage.find_objects(self.of_block)
        left, right = (np.array(sides) for sides in zip(*((box[1].start, box[1].stop) for box in boxes), strict=True))
        band = left // BAND
        for number in np.unique(band):
            chosen = np.append(False, band == number)
            first, end = max(0, left[chosen[1:]].min() - BAND_MARGIN), right[chosen[1:]].max() + BAND_MARGIN
            part = self.of_block[:, first:end]
            yield int(first) * BLOCK, Groups(np.where(chosen[part], part, 0), self.count)

    def among(self, chosen: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return (height, width) of pixels, True where `chosen`, a row a group, is."""
        blocks = chosen.take(self.of_block)
        return blocks.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)[: shape[0], : shape[1]]


def groups_of(mask: NDArray[np.bool_], reach_px: int) -> Groups:
    """Return the groups of building pixels; those of different groups have more than `2 * reach_px + 1` between them.

    Pixels with a few more between them may belong to one group. The first row of `mask` must be the first of a block
    in the raster, so that groups do not depend on where a strip begins.
    """
    height, width = (-(-side // BLOCK) * BLOCK for side in mask.shape)
    padded = np.zeros((height, width), dtype=bool)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    rows = padded[0::BLOCK] | padded[1::BLOCK]
    blocks = rows[:, 0::BLOCK] | rows[:, 1::BLOCK]
    grown = _grown(_grown(blocks, _spread(reach_px)).T, _spread(reach_px)).T
    of_block, count = ndimage.label(grown, TOUCHING)
    return Groups(np.asarray(of_block, dtype=np.int32), int(count))


def _grown(blocks: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """Return `blocks` with those up to `by` rows above and below."""
    grown = blocks.copy()
    for step in range(1, by + 1):
        grown[step:] |= blocks[:-step]
        grown[:-step] |= blocks[step:]
    return grown


def _spread(reach_px: int) -> int:
    """Return by how many blocks building pixels are grown.

    Pixels with `2 * reach_px + 1` between them lie in blocks `reach_px + 1` apart at most; grown by the spread s,
    blocks that are up to 2 s + 1 apart touch.
    """
    return -(-reach_px // 2)
