"""Building probability to outlines, strip by strip: buildings are given out once they are whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..labelling import CODE_MAX, NOT_THERE, Codes, Thresholds, label_framed
from ..packed import Packed, in_bands
from ..patches import patches_of
from .contour import Ground
from .edges import edges_within
from .groups import BAND, BLOCK, Groups, Part, blocks_of, groups_of
from .outlines import Outlines, concatenate, in_order
from .rows import Rows
from .tracing import trace

CUT_ROWS = 2048  # 600 m at 0.3 m per pixel
SLOPE_ROWS = 2  # background above a building that has a say in where its outline runs

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


class StripPolygonizer:
    """Turns strips of probability, top to bottom, into outlines; buildings are given out once they are whole.

    Building pixels with at most `2 * reach_px + 1` others between them form a group. A group is given out when no
    later row can add to it, always as a whole, so the outlines do not depend on how the raster was cut into strips.
    Memory: twice the rows from the top of the highest unfinished group on, packed, a byte a pixel while they are
    looked at, and some 30 a pixel of a band of columns. So that a city without a gap does not fill the memory,
    groups that began more than `cut_rows` rows before one that is a multiple of `cut_rows` are parted there: their
    buildings are given out but for those the row runs through, and these too if they are as tall. Only such giants, or
    ground that is building all over, are cut. With `between_pixels`, outlines run where probability crosses the
    threshold, otherwise along pixel edges.
    """

    def __init__(
        self, thresholds: Thresholds, reach_px: int, cut_rows: int = CUT_ROWS, *, between_pixels: bool = True
    ) -> None:
        self._thresholds = thresholds
        self._reach = reach_px
        self._cut_rows = cut_rows
        self._between_pixels = between_pixels
        self._waiting = Rows(thresholds.building)  # what was not given out yet
        self._bottom = 0  # row of the raster below the waiting ones
        self.has_parted = False  # whether buildings of one group were given out apart
        self._next = 0  # how many rows must wait before it is worth another look

    @property
    def waits_from(self) -> int:
        """The row of the raster from which on later buildings may lie."""
        return self._bottom - self._waiting.height

    def push(self, codes: Codes) -> Outlines:
        """Add `(2, rows, width)` codes of building and interior; return the buildings that are now whole."""
        return concatenate(list(self.pieces(in_bands(codes))))

    def pieces(self, strip: Packed) -> Iterator[Outlines]:
        """As `push`, one after the other what comes before and after a row where groups are parted."""
        begin = 0
        while begin < strip.rows:
            end = min(strip.rows, begin + self._cut_rows - self._bottom % self._cut_rows)
            yield self._add(strip.cut(begin, end))
            begin = end

    def finish(self) -> Outlines:
        """Return the buildings that were waiting for more rows."""
        groups = self._groups()
        found = self._given_out(groups, groups.group > 0, np.zeros_like(groups.open))[0]
        self._waiting.drop(self._waiting.height)
        return found

    def _add(self, strip: Packed) -> Outlines:
        self._waiting.add(strip)
        self._bottom += strip.rows
        at_cut = self._bottom % self._cut_rows == 0
        if self._waiting.height < self._next and not at_cut:
            return concatenate([])
        groups = self._groups()
        parted = np.zeros_like(groups.open)
        if at_cut:
            parted = groups.open & groups.within(self._old_rows)
            self.has_parted |= bool(parted.any())
        found, stays_from = self._given_out(groups, (groups.group > 0) & (~groups.open | parted), parted)
        self._keep(groups, groups.open & ~parted, stays_from)
        return found

    @property
    def _old_rows(self) -> int:
        """How many of the waiting rows a group must begin in to be parted at the row below them."""
        return max(0, self._waiting.height - self._cut_rows)

    def _groups(self) -> Groups:
        step, height, width = BAND * BLOCK, self._waiting.height, self._waiting.width
        blocks = np.zeros((-(-height // BLOCK), -(-width // BLOCK)), dtype=bool)
        for left in range(0, width, step):
            columns = slice(left, min(left + step, width))
            part = blocks_of(self._waiting.mask(columns))
            blocks[:, left // BLOCK : left // BLOCK + part.shape[1]] = part
        return groups_of(blocks, self._reach, height)

    def _given_out(self, groups: Groups, chosen: Bools, parted: Bools) -> tuple[Outlines, int]:
        """Return the outlines of the `chosen` clumps, and the first row in which something of the `parted` ones stays.

        In bands of columns: much memory is needed for each pixel.
        """
        parts, stays_from = [], self._waiting.height
        for place, blocks, part in groups.bands(chosen):
            columns = slice(BLOCK * blocks.start, min(BLOCK * blocks.stop, self._waiting.width))
            mask = self._waiting.mask(columns)
            mask &= part.pixels(chosen, mask.shape)
            if parted.any():
                stays = self._staying(mask & part.pixels(parted, mask.shape))
                mask &= ~stays
                stays_from = min(stays_from, _first(stays))
            if mask.any():
                outlines, (row, column) = self._outlines(mask, part, columns)
                parts.append((outlines, np.stack([np.full_like(row, place), row, column])))
            self._waiting.forget(columns.start, mask)
        return in_order(parts), stays_from

    def _staying(self, mask: Bools) -> Bools:
        """Return which pixels of parted groups stay: buildings that go on below, but for such as are too tall."""
        patches, first = patches_of(mask)
        stays = np.zeros(len(first[0]) + 1, dtype=bool)
        stays[patches[-1]] = True
        stays[patches[: self._old_rows].ravel()] = False
        stays[0] = False
        return np.asarray(stays[patches], dtype=bool)

    def _keep(self, groups: Groups, open_clumps: Bools, stays_from: int) -> None:
        """Let go of all rows above what must wait, but for the last ones, which buildings below may border on."""
        top, height = self.waits_from, self._waiting.height
        open_row = groups.first_row(open_clumps)
        first = min(height if open_row is None else open_row, stays_from) - SLOPE_ROWS
        first = max(0, first - (top + first) % BLOCK)
        self._waiting.drop(first)
        self._next = 2 * self._waiting.height

    def _outlines(self, mask: Bools, part: Part, columns: slice) -> tuple[Outlines, tuple[Ints, Ints]]:
        """Return the outlines of `mask`, and row and column of their first pixels.

        Other building pixels are as if they were not there.
        """
        threshold, top = self._thresholds.building, self._bottom - len(mask)
        rows = _filled_rows(mask)
        building, interior = self._waiting.framed(rows, columns)
        inner = building[1:-1, 1:-1]
        np.copyto(inner, np.uint8(NOT_THERE), where=(inner >= threshold) > mask[rows])
        edges = edges_within(label_framed(building, interior, self._thresholds))
        ground = Ground(building.ravel(), threshold) if self._between_pixels else None
        polygons = trace(edges, ground, (columns.start, top + rows.start))
        row, column = edges.first_pixel()
        row = row + rows.start
        group = part.of_pixels(row, column).astype(np.int64)
        return Outlines(polygons, edges.mean(building.ravel()) / CODE_MAX, group), (row, column + columns.start)


def _filled_rows(mask: Bools) -> slice:
    """Return the rows with something in them, and above and below those that have a say in where outlines run."""
    rows = np.flatnonzero(mask.any(axis=1))
    return slice(max(0, int(rows[0]) - SLOPE_ROWS), int(rows[-1]) + 1 + SLOPE_ROWS)


def _first(mask: Bools) -> int:
    """Return the first row with something in it, the number of rows if there is none."""
    rows = np.flatnonzero(mask.any(axis=1))
    return int(rows[0]) if rows.size else len(mask)
