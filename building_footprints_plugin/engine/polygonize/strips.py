"""Building probability to outlines, strip by strip: buildings are given out once they are whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..labelling import CODE_MAX, NOT_THERE, Codes, Thresholds, label_buildings
from .contour import Ground
from .edges import edges_of
from .groups import BLOCK, Groups, groups_of
from .outlines import Outlines, concatenate
from .tracing import trace

CUT_ROWS = 2048  # 600 m at 0.3 m per pixel
SLOPE_ROWS = 2  # background above a building that has a say in where its outline runs


class StripPolygonizer:
    """Turns strips of probability, top to bottom, into outlines; buildings are given out once they are whole.

    Building pixels with at most `2 * reach_px + 1` others between them form a group. A group is given out when no
    later row can add to it, always as a whole, so the outlines do not depend on how the raster was cut into strips.
    Memory: twice the rows from the top of the highest unfinished group on. So that a city without a gap does not fill
    the memory, groups that began more than `cut_rows` rows before one that is a multiple of `cut_rows` are parted
    there: their buildings are given out but for those the row runs through, and these too if they are as tall. Only
    such giants, or ground that is building all over, are cut. With `between_pixels`, outlines run where probability
    crosses the threshold, otherwise along pixel edges.
    """

    def __init__(
        self, thresholds: Thresholds, reach_px: int, cut_rows: int = CUT_ROWS, *, between_pixels: bool = True
    ) -> None:
        self._thresholds = thresholds
        self._reach = reach_px
        self._cut_rows = cut_rows
        self._between_pixels = between_pixels
        self._waiting: Codes = np.zeros((2, 0, 0), np.uint8)  # building and interior, not given out yet
        self._bottom = 0  # row of the raster below the waiting ones
        self.has_parted = False  # whether buildings of one group were given out apart
        self._next = 0  # how many rows must wait before it is worth another look

    @property
    def waits_from(self) -> int:
        """The row of the raster from which on later buildings may lie."""
        return self._bottom - len(self._waiting[0])

    def push(self, codes: Codes) -> Outlines:
        """Add `(2, rows, width)` codes of building and interior; return the buildings that are now whole."""
        return concatenate(list(self.pieces(codes)))

    def pieces(self, codes: Codes) -> Iterator[Outlines]:
        """As `push`, one after the other what comes before and after a row where groups are parted."""
        begin = 0
        while begin < codes.shape[1]:
            end = min(codes.shape[1], begin + self._cut_rows - self._bottom % self._cut_rows)
            yield self._add(codes[:, begin:end])
            begin = end

    def finish(self) -> Outlines:
        """Return the buildings that were waiting for more rows."""
        mask = self._mask()
        self._waiting, waiting = self._waiting[:, :0], self._waiting
        return self._outlines(waiting, mask, groups_of(mask, self._reach))

    def _add(self, codes: Codes) -> Outlines:
        self._waiting = np.concatenate([self._waiting, codes], axis=1) if self._waiting.size else codes.copy()
        self._bottom += codes.shape[1]
        at_cut = self._bottom % self._cut_rows == 0
        if len(self._waiting[0]) < self._next and not at_cut:
            return concatenate([])
        mask = self._mask()
        groups = groups_of(mask, self._reach)
        unfinished = np.zeros(groups.count + 1, dtype=bool)
        unfinished[groups.reached_below(len(mask), self._reach)] = True
        later = mask & groups.among(unfinished, mask.shape)
        if at_cut:
            later = self._parted(mask, groups, later)
        found = self._outlines(self._waiting, mask & ~later, groups)
        self._keep(mask & ~later, later)
        return found

    def _mask(self) -> NDArray[np.bool_]:
        building = self._waiting[0]
        return np.asarray((building >= self._thresholds.building) & (building != NOT_THERE), dtype=bool)

    def _parted(self, mask: NDArray[np.bool_], groups: Groups, later: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which building pixels must wait, when groups that began long ago need not."""
        old_rows = max(0, len(mask) - self._cut_rows)
        old = np.zeros(groups.count + 1, dtype=bool)
        old[groups.of_pixels(*np.nonzero(mask[:old_rows]))] = True
        if not old.any():
            return later
        self.has_parted = True
        parted = groups.among(old, mask.shape)
        patches, count = ndimage.label(mask)
        stays = np.zeros(count + 1, dtype=bool)
        stays[patches[-1]] = True
        stays[patches[:old_rows].ravel()] = False
        return np.asarray(later & (~parted | stays[patches]), dtype=bool)

    def _keep(self, given_out: NDArray[np.bool_], later: NDArray[np.bool_]) -> None:
        """Let go of all rows above what must wait, but for the last ones, which buildings below may border on."""
        rows = np.flatnonzero(later.any(axis=1))
        top = self._bottom - len(later)
        first = (int(rows[0]) if rows.size else len(later)) - SLOPE_ROWS
        first = max(0, first - (top + first) % BLOCK)
        self._waiting[0][given_out] = NOT_THERE
        self._waiting = self._waiting[:, first:].copy()
        self._next = 2 * (len(later) - first)

    def _outlines(self, codes: Codes, mask: NDArray[np.bool_], groups: Groups) -> Outlines:
        """Return the outlines of the buildings in `mask`, in bands of columns: much memory is needed for each pixel."""
        if not mask.any():
            return concatenate([])
        parts = []
        for left, part in groups.bands():
            columns = slice(left, left + BLOCK * part.of_block.shape[1])
            own = mask[:, columns] & part.among(np.arange(part.count + 1) > 0, mask[:, columns].shape)
            if own.any():
                parts.append(self._outlines_of_band(codes[:, :, columns], own, part, left))
        return concatenate(parts)

    def _outlines_of_band(self, codes: Codes, mask: NDArray[np.bool_], groups: Groups, left: int) -> Outlines:
        threshold = self._thresholds.building
        building = np.where(mask | (codes[0] < threshold), codes[0], np.uint8(NOT_THERE))
        edges = edges_of(label_buildings(building, codes[1], self._thresholds))
        ground = Ground.of(building, threshold) if self._between_pixels else None
        polygons = trace(edges, ground, (left, self._bottom - len(mask)))
        group = groups.of_pixels(*edges.first_pixel()).astype(np.int64)
        return Outlines(polygons, edges.mean(building) / CODE_MAX, group)
