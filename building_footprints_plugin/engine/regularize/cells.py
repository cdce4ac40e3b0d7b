"""Polygons made of cells: rectangles between lines across two axes, taken where they are covered by half."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.features import shapes

from .rings import Bools, Floats, Ints, Polygons, owner_of, starts_of

LEAST_M2 = 1e-6  # cells that are not seen at all are none
GRID_M = 2.0**-40  # lengths are rounded to that, so that sums are exact, and the same in any company


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

    def before(self, at: Floats, row: Ints) -> Ints:
        """Return how many lines of its row each place is behind, less one."""
        lines = owner_of(self.start) + 1j * self.at  # complex numbers are ordered by their real part first
        return np.asarray(np.searchsorted(lines, row + 1j * at, side="right") - 1 - self.start[row], dtype=np.int64)


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
    """Return the area of every cell within outlines: building b's have the edges from `edge_start[b]` on.

    Edges are cut where they cross lines, so that each piece is in one cell; the (signed) area above a piece lies in
    that cell and in all that follow it in the column (Green's theorem).
    """
    columns, rows, owner = cells.columns, cells.rows, owner_of(edge_start)
    edge, owner = _cut(*_cut(edge, owner, columns, 0), rows, 1)
    x, y = (edge[:, :2] + edge[:, 2:]).T / 2
    width, height = columns.counts() - 1, rows.counts() - 1
    column, row = columns.before(x, owner), np.clip(rows.before(y, owner), 0, height[owner] - 1)
    run = np.where((column >= 0) & (column < width[owner]), edge[:, 2] - edge[:, 0], 0.0)
    run = np.rint(run / GRID_M) * GRID_M  # of all of an outline they are 0 in sum, so sums do not grow
    bottom, top = (rows.at[rows.start[owner] + row + step] for step in (0, 1))
    first = starts_of(width * height)
    cell = first[owner] + np.clip(column, 0, width[owner] - 1) * height[owner] + row  # column by column
    count = int(first[-1])
    own = np.bincount(cell, run * (top - np.clip(y, bottom, top)), count)
    total = np.cumsum(np.bincount(cell, run, count))
    place = first[cells.building] + cells.column * height[cells.building] + cells.row
    start = place - cells.row
    through = np.append(0.0, total)[place] - np.append(0.0, total)[start]
    return np.asarray(np.abs(own[place] + through * cells.extent()[1]), dtype=np.float64)


def _cut(edge: Floats, owner: Ints, lines: Lines, axis: int) -> tuple[Floats, Ints]:
    """Return the pieces of edges between the lines of their building, row `owner`, and the building of each."""
    start = starts_of(lines.counts()[owner])
    which = owner_of(start)
    at = lines.at[np.arange(start[-1]) + (lines.start[owner] - start[:-1])[which]]
    begin, run = edge[which, axis], (edge[:, axis + 2] - edge[:, axis])[which]
    share = (at - begin) / np.where(run == 0, np.inf, run)
    inside = np.flatnonzero((share > 0) & (share < 1))
    first = starts_of(np.bincount(which[inside], minlength=len(edge)) + 1)  # the beginning of each edge, then its cuts
    piece, cut = owner_of(first), which[inside]
    step = np.arange(len(inside)) + cut + 1  # of lines ascending, as edges do whose run is above 0
    step = np.where(run[inside] > 0, step, first[cut] + first[cut + 1] - step)
    shares = np.zeros(len(piece))
    shares[step] = share[inside]
    points = edge[:, :2].take(piece, axis=0) + shares[:, None] * (edge[:, 2:] - edge[:, :2]).take(piece, axis=0)
    to = np.roll(points, -1, axis=0)
    to[first[1:] - 1] = edge[:, 2:]
    return np.concatenate([points, to], axis=1), owner[piece]


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
