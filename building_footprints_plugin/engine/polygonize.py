"""Building probability to outlines, strip by strip: labelled buildings are traced once they are whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from scipy import ndimage

from .labelling import CODE_MAX, NOT_THERE, Codes, Thresholds, label_buildings

__all__ = ["CODE_MAX", "Outlines", "StripPolygonizer", "Thresholds", "concatenate", "label_buildings", "trace"]

CUT_ROWS = 2048  # 600 m at 0.3 m per pixel


@dataclass(frozen=True)
class Outlines:
    """Polygons in pixel coordinates (x = column, y = row), their mean building probability, and their group.

    Polygons of different groups are far enough apart never to touch, whatever is done to their outlines.
    """

    polygons: NDArray[np.object_]
    confidence: NDArray[np.float64]
    group: NDArray[np.int64]

    def moved(self, columns: int, rows: int) -> Outlines:
        """Return the outlines shifted by whole pixels."""
        polygons = shapely.transform(self.polygons, lambda xy: xy + (columns, rows))
        return Outlines(np.asarray(polygons, dtype=object), self.confidence, self.group)


def trace(labels: NDArray[np.int32]) -> tuple[NDArray[np.object_], NDArray[np.int32]]:
    """Return the outline along pixel edges, in pixel coordinates, and the label of every building in `labels`."""
    found = [(shape["coordinates"], int(value)) for shape, value in shapes(labels, mask=labels > 0, connectivity=4)]
    polygons = np.empty(len(found), object)
    polygons[:] = [shapely.Polygon(rings[0], rings[1:]) for rings, _ in found]
    return polygons, np.array([value for _, value in found], np.int32)


class StripPolygonizer:
    """Turns strips of probability, top to bottom, into outlines; buildings are given out once they are whole.

    Building pixels within `2 * reach_px` of one another form a group. A group is given out when no later row can add
    to it, always as a whole, so the outlines do not depend on how the raster was cut into strips. Memory: the rows
    from the top of the highest unfinished group on. Where a row of the raster is a multiple of `cut_rows`, groups
    that began more than `cut_rows` before it are cut there, so that a city without a gap does not fill the memory.
    """

    def __init__(self, thresholds: Thresholds, reach_px: int, cut_rows: int = CUT_ROWS) -> None:
        self._thresholds = thresholds
        self._reach = reach_px
        self._cut_rows = cut_rows
        self._waiting: Codes = np.zeros((2, 0, 0), np.uint8)  # building and interior, not given out yet
        self._bottom = 0  # row of the raster below the waiting ones

    def push(self, codes: Codes) -> Outlines:
        """Add `(2, rows, width)` codes of building and interior; return the buildings that are now whole."""
        found, begin = [], 0
        while begin < codes.shape[1]:
            end = min(codes.shape[1], begin + self._cut_rows - self._bottom % self._cut_rows)
            found.append(self._add(codes[:, begin:end]))
            begin = end
        return concatenate(found)

    def finish(self) -> Outlines:
        """Return the buildings that were waiting for more rows."""
        return self._give_out(lambda groups, whole: None)

    def _add(self, codes: Codes) -> Outlines:
        self._waiting = np.concatenate([self._waiting, codes], axis=1) if self._waiting.size else codes.copy()
        self._bottom += codes.shape[1]
        at_cut = self._bottom % self._cut_rows == 0

        def keep_unfinished(groups: NDArray[np.int32], whole: NDArray[np.bool_]) -> None:
            whole[np.unique(groups[-self._reach - 1 :])] = False  # a later row can still reach these
            if at_cut:
                whole[np.unique(groups[: max(0, len(groups) - self._cut_rows)])] = True

        return self._give_out(keep_unfinished)

    def _give_out(self, keep: Callable[[NDArray[np.int32], NDArray[np.bool_]], None]) -> Outlines:
        building, interior = self._waiting
        top = self._bottom - len(building)
        mask = (building >= self._thresholds.building) & (building != NOT_THERE)
        if not mask.any():
            self._waiting = self._waiting[:, :0]
            return concatenate([])
        groups, count = ndimage.label(ndimage.maximum_filter(mask, 2 * self._reach + 1, mode="constant"))
        whole = np.ones(count + 1, dtype=bool)
        keep(groups, whole)
        whole[0] = True
        busy = ~whole[groups]
        rows = np.flatnonzero(busy.any(axis=1))
        first = rows[0] if rows.size else len(building)
        waiting = np.stack([np.where(busy, building, 0), interior])[:, first:]
        outlines = self._outlines(np.where(busy, 0, building).astype(np.uint8), groups)
        self._waiting = waiting.astype(np.uint8)
        return outlines.moved(0, top)

    def _outlines(self, building: Codes, groups: NDArray[np.int32]) -> Outlines:
        labels = label_buildings(building, self._waiting[1], self._thresholds)
        polygons, numbers = trace(labels)
        if not len(polygons):
            return concatenate([])
        confidence = np.asarray(ndimage.mean(building, labels, numbers)) / CODE_MAX
        group = np.asarray(ndimage.maximum(groups, labels, numbers))
        return Outlines(polygons, confidence, group.astype(np.int64))


def concatenate(parts: list[Outlines]) -> Outlines:
    """Return all outlines in one, with the groups of different parts kept apart."""
    offset = 0
    groups = []
    for part in parts:
        groups.append(part.group + offset)
        offset += int(part.group.max(initial=0)) + 1
    return Outlines(
        np.concatenate([np.empty(0, object), *(part.polygons for part in parts)]),
        np.concatenate([np.empty(0), *(part.confidence for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *groups]),
    )
