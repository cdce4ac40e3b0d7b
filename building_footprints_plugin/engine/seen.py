"""The ground that strips of a raster show: an outline that ends where it does has no wall there."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from .labelling import NOT_THERE
from .packed import Packed
from .patches import patches_of
from .polygonize import edges_of, trace

Polygons = NDArray[np.object_]
BAND_PX = 1024  # columns that are looked at together: it takes much memory for each pixel
FAR_PX = 1e9  # nothing is known beyond a raster's sides


class Seen:
    """Ground in pixel coordinates, as far down as strips were added; what is not there is kept as polygons."""

    def __init__(self) -> None:
        self._bottom = 0
        self._blank: Polygons = np.array([shapely.box(-FAR_PX, -FAR_PX, FAR_PX, 0)], dtype=object)

    def add(self, strip: Packed) -> None:
        """Add a strip of codes."""
        height, width = strip.rows, strip.width
        top, self._bottom = self._bottom, self._bottom + height
        blank = [shapely.box(-FAR_PX, top, 0, self._bottom), shapely.box(width, top, FAR_PX, self._bottom)]
        parts = [self._blank, np.array(blank, dtype=object)]
        for left in range(0, width, BAND_PX):
            columns = slice(left, left + BAND_PX)
            if strip.highest(0, columns) < NOT_THERE:
                continue
            hidden = strip.where(0, NOT_THERE, columns)
            if hidden.any():
                parts.append(trace(edges_of(patches_of(hidden)[0]), origin=(left, top)))
        self._blank = np.concatenate(parts)

    @property
    def corners(self) -> int:
        """How many corners what is kept has."""
        return int(shapely.get_num_coordinates(self._blank).sum())

    def end(self) -> None:
        """Say that there is nothing below."""
        below = shapely.box(-FAR_PX, self._bottom, FAR_PX, self._bottom + FAR_PX)
        self._blank = np.append(self._blank, below)

    def forget(self, row: int) -> None:
        """Let go of what lies wholly above a row."""
        self._blank = self._blank[shapely.bounds(self._blank)[:, 3] >= row]

    def around(self, polygons: Polygons, margin_px: float) -> Polygons:
        """Return for each of `polygons` the ground up to `margin_px` beyond its bounds, None where it shows all that.

        What is not there counts if it is as near as that. The same ground gives the same polygon, however it came.
        """
        left, top, right, bottom = shapely.bounds(polygons).reshape(-1, 4).T
        box = shapely.box(left - margin_px, top - margin_px, right + margin_px, bottom + margin_px)
        row, blank = shapely.STRtree(self._blank).query(box, predicate="intersects")
        result = np.full(len(polygons), None, dtype=object)
        hidden = np.asarray(shapely.intersection(self._blank[blank], box[row]), dtype=object)
        real = shapely.area(hidden) > 0
        row, hidden = row[real], hidden[real]
        rows, start = np.unique(row, return_index=True)
        unions = [shapely.union_all(parts) for parts in np.split(hidden, start[1:])] if len(rows) else []
        shown = shapely.difference(box[rows], np.array(unions, dtype=object))
        corner_first = shapely.normalize(shown)  # as old GEOS (3.11) simplifies no first vertex away
        result[rows] = shapely.normalize(shapely.simplify(corner_first, 0))  # without the seams of strips
        return result
