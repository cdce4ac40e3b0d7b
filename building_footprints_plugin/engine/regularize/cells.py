"""Polygons made of cells: rectangles between lines across two axes, taken where they are covered by half."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.features import shapes

from .rings import Bools, Floats, Ints, Polygons, owner_of, starts_of

LEAST_M2 = 1e-6  # cells that are not seen at all are none
PAIRS = 1_000_000  # of an edge with a corner of a cell, looked at in one go


@dataclass(frozen=True)
class Lines:
    """Lines across one axis of each building: row r has the places `at[start[r]:start[r + 1]]`, ascending.

    Those `shared` with a neighbour stay where they are.
    """

    at: Floats
    start: Ints
    shared: Bools

    def counts(self) -> Ints:
        """Return how many lines each row has."""
        return np.diff(self.start)

    def rows(self, first: int, last: int) -> Lines:
        """Return the rows `first` to `last - 1`."""
        part = slice(self.start[first], self.start[last])
        return Lines(self.at[part], self.start[first : last + 1] - self.start[first], self.shared[part])


@dataclass(frozen=True)
class Cells:
    """The cells between `columns` and `rows`, those of one building after another, row by row.

    `building` and `column`, `row` say of every cell whose and where it is; `size` is the area that is seen of it, and
    `covered` what of that is building.
    """

    columns: Lines
    rows: Lines
    building: Ints
    column: Ints
    row: Ints
    size: Floats
    covered: Floats

    @property
    def taken(self) -> Bools:
        """Whether a cell is covered by half."""
        return (self.covered >= self.size / 2) & (self.covered > LEAST_M2)

    def width(self) -> Ints:
        """Return how many cells there are in the row of each cell."""
        return (self.columns.counts() - 1)[self.building]

    def height(self) -> Ints:
        """Return how many cells there are in the column of each cell."""
        return (self.rows.counts() - 1)[self.building]

    def extent(self) -> tuple[Floats, Floats]:
        """Return the sides of the cells, along the rows and along the columns."""
        column, row = self.columns.start[self.building] + self.column, self.rows.start[self.building] + self.row
        return self.columns.at[column + 1] - self.columns.at[column], self.rows.at[row + 1] - self.rows.at[row]


def cells_between(columns: Lines, rows: Lines, edge: Floats, edge_start: Ints) -> Cells:
    """Return the cells of buildings whose outlines have the edges `edge` (x, y, to x, to y), hole or not.

    Building b has the edges `edge_start[b]` to `edge_start[b + 1] - 1`. Every building has two lines each way at least.
    """
    count = (columns.counts() - 1) * (rows.counts() - 1)
    start = starts_of(count)
    building = owner_of(start)
    place = np.arange(start[-1]) - start[building]
    width = (columns.counts() - 1)[building]
    empty = np.zeros(len(building))
    cells = Cells(columns, rows, building, place % width, place // width, empty, empty)
    along, across = cells.extent()
    covered = covered_area(cells, edge, edge_start)
    return Cells(columns, rows, building, cells.column, cells.row, along * across, covered)


def covered_area(cells: Cells, edge: Floats, edge_start: Ints) -> Floats:
    """Return the area of every cell within outlines: building b's have the edges from `edge_start[b]` on."""
    columns, rows = cells.columns, cells.rows
    corners = columns.counts() * rows.counts()
    work = np.cumsum(corners * np.diff(edge_start))
    before, first = np.empty(int(corners.sum())), 0
    start = starts_of(corners)
    while first < len(corners):
        done = work[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(work, done + PAIRS, side="right")))
        part = edge[edge_start[first] : edge_start[last]], edge_start[first : last + 1] - edge_start[first]
        before[start[first] : start[last]] = _area_before(columns.rows(first, last), rows.rows(first, last), *part)
        first = last
    width = columns.counts()[cells.building]
    corner = start[cells.building] + cells.row * width + cells.column
    covered = before[corner + width + 1] - before[corner + width] - before[corner + 1] + before[corner]
    return np.asarray(np.abs(covered), dtype=np.float64)


def _area_before(columns: Lines, rows: Lines, edge: Floats, edge_start: Ints) -> Floats:
    """Return for every corner of cells the (signed) area of the outline left of it and below, by Green's theorem."""
    start = starts_of(columns.counts() * rows.counts())
    building = owner_of(start)
    place = np.arange(start[-1]) - start[building]
    width = columns.counts()[building]
    pair_start = starts_of(np.diff(edge_start)[building])
    corner = owner_of(pair_start)
    which = np.arange(pair_start[-1]) + (edge_start[building] - pair_start[:-1])[corner]
    x = columns.at[columns.start[building] + place % width][corner]
    y = rows.at[rows.start[building] + place // width][corner]
    slope = _slopes(edge)[which]
    from_x, from_y, to_x = edge[which, 0], edge[which, 1], edge[which, 2]
    begin, end = np.minimum(from_x, x), np.minimum(to_x, x)
    above, above_end = y - from_y - slope * (begin - from_x), y - from_y - slope * (end - from_x)
    fall = above - above_end
    flat = np.abs(fall) < 1e-9
    under = (np.maximum(above, 0) ** 2 - np.maximum(above_end, 0) ** 2) / (2 * np.where(flat, 1.0, fall))
    mean = np.where(flat, np.maximum(above, 0), under)
    return np.asarray(np.add.reduceat(mean * (end - begin), pair_start[:-1]), dtype=np.float64)


def _slopes(edge: Floats) -> Floats:
    run = edge[:, 2] - edge[:, 0]
    return np.asarray((edge[:, 3] - edge[:, 1]) / np.where(run == 0, np.inf, run), dtype=np.float64)


def largest_patches(cells: Cells) -> tuple[Polygons, Bools]:
    """Return the outline of every building's largest patch of taken cells, and which buildings have one."""
    count = len(cells.columns.counts())
    result = np.empty(count, dtype=object)
    left = starts_of(cells.columns.counts())  # one column stays free between buildings
    picture = np.zeros((int(cells.rows.counts().max(initial=1)), int(left[-1]) + 1), dtype=np.int32)
    picture[cells.row, left[cells.building] + cells.column] = np.where(cells.taken, cells.building + 1, 0)
    found = [(shape["coordinates"], value) for shape, value in shapes(picture, mask=picture > 0, connectivity=4)]
    if found:
        owner = np.array([value for _, value in found], dtype=np.int64) - 1
        rings = [ring for patch, _ in found for ring in patch]
        xy = np.array([point for ring in rings for point in ring])
        start = starts_of(np.array([len(ring) for ring in rings]))
        first_ring = starts_of(np.array([len(patch) for patch, _ in found]))
        column, row = np.rint(xy).astype(np.int64).T
        building = owner[owner_of(start[first_ring])]
        x = cells.columns.at[cells.columns.start[building] + column - left[building]]
        y = cells.rows.at[cells.rows.start[building] + row]
        place = np.column_stack([x, y])
        patch = np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, place, (start, first_ring)))
        order = np.argsort(shapely.area(patch), kind="stable")
        result[owner[order]] = patch[order]
    return result, np.array([shape is not None for shape in result], dtype=bool)
