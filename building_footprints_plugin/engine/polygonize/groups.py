"""Which building pixels are near enough to one another that their outlines must be treated together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..patches import NONE, Patches, runs_of

BLOCK = 2  # pixels: neighbourhoods are found on a grid that is coarser by this
BAND = 256  # blocks: how wide the parts are in which a wide raster is looked at
ORDERED = 2  # bands: so many columns are given out together in the order of their buildings' first pixels
LOW = 512  # blocks: as long as no more rows wait, these are looked at together as well, which takes less time
BAND_MARGIN = 2  # blocks of background beside a building: it has a say in where its outline runs

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Clumps of some columns: `clump` (rows, columns) of blocks numbers them, 0 where none is; `group` as in Groups."""

    clump: NDArray[np.int32]
    group: NDArray[np.int32]

    def of_pixels(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the groups of building pixels."""
        return self.group[self.clump[row // BLOCK, column // BLOCK]]

    def pixels(self, chosen: Bools, shape: tuple[int, int]) -> Bools:
        """Return (height, width) of pixels, True in the blocks of the chosen clumps."""
        blocks = chosen.take(self.clump)
        return blocks.repeat(BLOCK, axis=1).repeat(BLOCK, axis=0)[: shape[0], : shape[1]]


@dataclass(frozen=True)
class Groups:
    """Clumps of blocks of `BLOCK` x `BLOCK` pixels with building in them, and the groups that clumps form.

    `clumps` has them as runs: as an array they would take a byte for each pixel that waits. `group` and `open`
    have a row for each clump, and one for 0: the number of its group, from 1 on, and whether a later row may add to
    that. At least two pixels without building are between clumps.
    """

    clumps: Patches
    group: NDArray[np.int32]
    open: Bools

    def within(self, rows: int) -> Bools:
        """Return the clumps of the groups that have building in the first `rows` rows of pixels."""
        end = int(np.searchsorted(self.clumps.begin, -(-rows // BLOCK) * self.clumps.shape[1]))
        among = np.zeros(self.group.max(initial=0) + 1, dtype=bool)
        among[self.group[self.clumps.number[:end]]] = True
        among[0] = False
        return np.asarray(among[self.group], dtype=bool)

    def first_row(self, chosen: Bools) -> int | None:
        """Return the first row of pixels with a block of the `chosen` clumps, if there is one."""
        runs = np.flatnonzero(chosen.take(self.clumps.number))
        return int(self.clumps.begin[runs[0]]) // self.clumps.shape[1] * BLOCK if runs.size else None

    def bands(self, chosen: Bools) -> Iterator[tuple[int, slice, Part]]:
        """Yield the chosen clumps by the columns in which they begin: place, the columns of blocks of a part, the part.

        A part is as wide as its clumps and a margin, and holds no others; a clump is in one part only. Parts of one
        place are given out together.
        """
        if not chosen.any():
            return
        first, last = self.clumps.columns()
        wide = ORDERED if self.clumps.shape[0] <= LOW else 1  # bands
        band = np.where(chosen[1:], first[1:] // (BAND * wide), -1)
        for number in np.unique(band[band >= 0]):
            own = np.append(False, band == number)
            begin = max(0, int(first[own].min()) - BAND_MARGIN)
            end = min(self.clumps.shape[1], int(last[own].max()) + 1 + BAND_MARGIN)
            yield int(number) * wide // ORDERED, slice(begin, end), Part(self.clumps.among(own, begin, end), self.group)


def blocks_of(mask: Bools) -> Bools:
    """Return the blocks of `mask` (height, width) with building in them; its first pixel must be the first of one."""
    height, width = (-(-side // BLOCK) * BLOCK for side in mask.shape)
    padded = np.zeros((height, width), dtype=bool)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    rows = padded[0::BLOCK] | padded[1::BLOCK]
    return np.asarray(rows[:, 0::BLOCK] | rows[:, 1::BLOCK], dtype=bool)


def groups_of(blocks: Bools, reach_px: int, bottom: int) -> Groups:
    """Return the groups of building pixels; those of different groups have more than `2 * reach_px + 1` between them.

    Pixels with a few more between them may belong to one group. The first row of `blocks` must be the first of a block
    in the raster, so that groups do not depend on where a strip begins. From the row of pixels `bottom` on, rows are
    not known yet.
    """
    spread = _spread(reach_px)
    if not blocks.any():
        return Groups(NONE, np.zeros(1, np.int32), np.zeros(1, dtype=bool))
    clumps = runs_of(blocks, diagonal=True)
    grown = runs_of(_grown(_grown(blocks, spread).T, spread).T, diagonal=True)
    group = np.append(np.int32(0), grown.at(*clumps.first))
    unfinished = np.zeros(len(grown.first[0]) + 1, dtype=bool)
    unfinished[grown.labels(max(0, bottom // BLOCK - spread - 1))] = True
    return Groups(clumps, group, unfinished[group] & (group > 0))


def _grown(blocks: Bools, by: int) -> Bools:
    """Return `blocks` with those up to `by` rows above and below."""
    grown = blocks.copy(order="K")
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
