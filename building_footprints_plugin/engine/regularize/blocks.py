"""Blocks: buildings put together from the cells between their walls' lines, so that every corner is a right one.

An outline that a network rounded off, or a tree hides in part, is no chain of square walls, but it has some. Their
lines cut the ground along the building's axis into cells, of which those covered by half are building. Then every line
is moved to where as much of the outline lies beyond it as is missing within.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import shapely

from .cells import Cells, Lines, cells_between, covered_area, largest_patches
from .rings import Bools, Floats, Ints, Polygons, owner_of, starts_of
from .squaring import Squared
from .walls import SAME, Walls

OFF_AXIS = np.sin(np.radians(20))  # a wall further than this off both axes marks a line across either
SLANTED_WEIGHT = 0.2  # of a wall off the axes, against one along them
END_WEIGHT = 1e-3  # m, of where the picture ends: any wall counts more
MOST_LINES = 48  # across one axis
MOST_SHIFT = 1 / 2  # of the shortest wall: how far balancing may move a line


@dataclass(frozen=True)
class Frames:
    """Where buildings are put for a while: turned so that their axis is x, about their middle.

    `number` is the row of a polygon here, -1 for one that has none; `cosine` and `sine` of its axis, `middle` (n, 2).
    """

    number: Ints
    cosine: Floats
    sine: Floats
    middle: Floats

    @classmethod
    def of(cls, polygons: Polygons, which: Ints, axis: Floats) -> Frames:
        """Return the frames of `polygons[which]`; `axis` is that of all polygons."""
        number = np.full(len(polygons), -1)
        number[which] = np.arange(len(which))
        box = shapely.bounds(polygons[which]).reshape(-1, 4)
        return cls(number, np.cos(axis[which]), np.sin(axis[which]), (box[:, :2] + box[:, 2:]) / 2)

    def into(self, xy: Floats, row: Ints) -> tuple[Floats, Floats]:
        """Return points (k, 2) in the frames `row`."""
        x, y = (xy - self.middle.take(row, axis=0)).T
        return x * self.cosine[row] + y * self.sine[row], y * self.cosine[row] - x * self.sine[row]

    def back(self, xy: Floats, row: Ints) -> Floats:
        """Return points (k, 2) of the frames `row` where they belong."""
        x, y = xy.T
        turned = x * self.cosine[row] - y * self.sine[row], x * self.sine[row] + y * self.cosine[row]
        return np.column_stack(turned) + self.middle.take(row, axis=0)


def blocks(
    outlines: Polygons, which: Ints, squared: Squared, seen: Polygons, apart: float = 1.0
) -> tuple[Polygons, Bools]:
    """Return blocks along the axes of `outlines[which]`, and for which of them there are any.

    `seen` is the ground around each outline of which anything is known, None for all of it. Walls are as long as
    `squared`, the walls of all, asks for, but for what balancing takes from them. Lines through oblique walls are
    `apart` times as far from stronger ones: the farther, the fewer stairs.
    """
    result, found = np.empty(len(which), dtype=object), np.zeros(len(which), dtype=bool)
    frames = Frames.of(outlines, which, squared.axis)
    columns, rows = _lines_of(squared, frames, apart * squared.min_edge_m)
    enough = np.flatnonzero((columns.counts() >= 2) & (rows.counts() >= 2))
    if not len(enough):
        return result, found
    edge, edge_start, reach = _edges_of(outlines[which[enough]], frames, enough)
    columns, rows = (_between_ends(lines, enough, reach) for lines in (columns, rows))
    cells = cells_between(columns, rows, edge, edge_start)
    if not shapely.is_missing(seen[which[enough]]).all():
        cells = _as_seen(cells, seen[which[enough]], frames, enough, reach)
    cells = _balanced(cells, MOST_SHIFT * squared.min_edge_m)
    made, has = largest_patches(cells)
    xy, row = shapely.get_coordinates(made[has], return_index=True)
    result[enough[has]] = shapely.set_coordinates(made[has], frames.back(xy, enough[has][row]))
    found[enough] = has
    return result, found


def _as_seen(cells: Cells, seen: Polygons, frames: Frames, row: Ints, reach: Floats) -> Cells:
    """Return the cells with the size of what was seen of them."""
    middle, far = frames.middle[row], 4 * reach[:, None]  # beyond all cells, however turned
    everywhere = shapely.box(*(middle - far).T, *(middle + far).T)
    all_seen = shapely.is_missing(seen)
    edge, edge_start, _ = _edges_of(np.where(all_seen, everywhere, seen), frames, row)
    size = covered_area(cells, edge, edge_start)
    return replace(cells, size=np.where(all_seen[cells.building], cells.size, size))


@dataclass(frozen=True)
class _Marks:
    """What lines are laid through: the row of a building, points (n, 2), and how much they count.

    `across` (n, 2) says how much a point marks a line across x and across y, from 0 to 1, and `shared` whether a
    neighbour has the same wall there.
    """

    row: Ints
    at: Floats
    across: Floats
    weight: Floats
    shared: Bools


def _lines_of(squared: Squared, frames: Frames, oblique_m: float) -> tuple[Lines, Lines]:
    """Return the lines that walls lie on across the first axis, and across the second; `_apart` tells how close."""
    walls, polygon = squared.walls, squared.sides.take(squared.walls.arc, axis=0)
    wall, side = np.nonzero((polygon >= 0) & (frames.number[polygon] >= 0))
    row = frames.number[polygon[wall, side]]
    seen = ~walls.fixed[wall]
    marks = _marks_of_walls(walls, wall[seen], row[seen], frames)
    marks = replace(marks, shared=marks.shared & (polygon[wall[seen]] >= 0).all(axis=1))
    marks = _with_ends(marks, walls, wall[~seen], row[~seen], frames)
    columns, rows = (_apart(marks, axis, len(frames.cosine), (squared.min_edge_m, oblique_m)) for axis in (0, 1))
    return columns, rows


def _marks_of_walls(walls: Walls, wall: Ints, row: Ints, frames: Frames) -> _Marks:
    """Return the marks of walls; `shared` are those along an axis."""
    along, place, begin, end = (
        points.take(wall, axis=0) for points in (walls.along, walls.place, walls.begin, walls.end)
    )
    run = np.abs(along[:, 0] * frames.cosine[row] + along[:, 1] * frames.sine[row])
    rise = np.abs(along[:, 1] * frames.cosine[row] - along[:, 0] * frames.sine[row])
    square = np.minimum(run, rise) < SAME
    middle = np.where(square[:, None], place, (begin + end) / 2)
    length = np.hypot(*(end - begin).T)
    weight = length * np.where(square, 1.0, SLANTED_WEIGHT * np.maximum(run, rise))
    at = np.column_stack(frames.into(middle, row))
    return _Marks(row, at, np.column_stack([rise, run]), weight, square)


def _with_ends(marks: _Marks, walls: Walls, wall: Ints, row: Ints, frames: Frames) -> _Marks:
    """Return the marks, and one at both ends of what is no wall but the end of the picture: so far a building goes."""
    row = np.tile(row, 2)
    at = np.column_stack(frames.into(np.concatenate([walls.begin[wall], walls.end[wall]]), row))
    ends = _Marks(row, at, np.ones_like(at), np.full(len(row), END_WEIGHT), np.zeros(len(row), dtype=bool))
    both = (np.concatenate([getattr(part, field.name) for part in (marks, ends)]) for field in fields(_Marks))
    return _Marks(*both)


def _apart(marks: _Marks, axis: int, count: int, least_m: tuple[float, float]) -> Lines:
    """Return the lines across an axis of every row, of two that are too close the one with more weight.

    That is closer than the first of `least_m`, or the second where the one with less weight is through an oblique wall.
    """
    use = np.flatnonzero(marks.across[:, axis] > OFF_AXIS)
    row, at, weight, shared = marks.row[use], marks.at[use, axis], marks.weight[use], marks.shared[use]
    least = np.where(marks.across[use, axis] < 1 - SAME, least_m[1], least_m[0])
    order = np.lexsort((at, -weight.round(6), row))
    row, at, shared, least = row[order], at[order], shared[order], least[order]
    left, chosen = np.arange(len(row)), [np.empty(0, dtype=np.int64)]
    best = np.empty(count)
    for _ in range(MOST_LINES):
        first = left[np.flatnonzero(np.diff(row[left], prepend=-1))]
        chosen.append(first)
        best[row[first]] = at[first]
        left = left[np.abs(at[left] - best[row[left]]) >= least[left]]
        if not len(left):
            break
    pick = np.concatenate(chosen)
    pick = pick[np.lexsort((at[pick], row[pick]))]
    return Lines(at[pick], starts_of(np.bincount(row[pick], minlength=count)), shared[pick])


def _edges_of(outlines: Polygons, frames: Frames, row: Ints) -> tuple[Floats, Ints, Floats]:
    """Return the edges of outlines in their frames, where those of each begin, and a length that is beyond them.

    Outlines may have several parts, as ground has that a gap runs through.
    """
    _, xy, (ring_start, *first_parts) = shapely.to_ragged_array(shapely.normalize(outlines))
    start = np.asarray(ring_start, dtype=np.int64)
    for first in first_parts:  # the first ring of each polygon, and where there are any, the first one of each group
        start = start[np.asarray(first, dtype=np.int64)]
    building = owner_of(start)
    turned = np.column_stack(frames.into(xy, row[building]))
    inner = np.ones(len(xy), dtype=bool)
    inner[np.asarray(ring_start[1:], dtype=np.int64) - 1] = False
    here = np.flatnonzero(inner)
    reach = np.maximum.reduceat(np.abs(turned).max(axis=1), start[:-1]) + 1.0
    edge_start = starts_of(np.bincount(building[here], minlength=len(outlines)))
    return np.concatenate([turned.take(here, axis=0), turned.take(here + 1, axis=0)], axis=1), edge_start, reach


def _between_ends(lines: Lines, which: Ints, reach: Floats) -> Lines:
    """Return the lines of some rows, with one more at both ends, beyond all."""
    counts = lines.counts()[which]
    start = starts_of(counts + 2)
    at = np.repeat(2 * reach, counts + 2)  # so far out that no cell there is covered by half
    at[start[:-1]] *= -1
    owner = owner_of(start)
    place = np.arange(start[-1]) - start[owner]
    inner = (place > 0) & (place <= counts[owner])
    at[inner] = lines.at[(lines.start[which][owner] + place - 1)[inner]]
    shared = np.zeros(len(at), dtype=bool)
    shared[inner] = lines.shared[(lines.start[which][owner] + place - 1)[inner]]
    return Lines(at, start, shared)


def _balanced(cells: Cells, most_m: float) -> Cells:
    """Return the cells with lines moved, by `most_m` at most, so that they leave out as much as they add."""
    taken, along, across = cells.taken, *cells.extent()
    index, width = np.arange(len(taken)), cells.width()
    steps = np.stack([index - 1, index + 1, index - width, index + width])
    there = np.stack([cells.column > 0, cells.column < width - 1, cells.row > 0, cells.row < cells.height() - 1])
    border = there & (taken[np.where(there, steps, 0)] != taken)
    wrong = np.where(taken, cells.size - cells.covered, cells.covered)
    length = np.stack([across, across, along, along]) * border
    share = wrong / np.maximum(length.sum(axis=0), 1e-9)
    columns = _moved(cells.columns, cells.columns.start[cells.building] + cells.column, share, length[:2], most_m)
    rows = _moved(cells.rows, cells.rows.start[cells.building] + cells.row, share, length[2:], most_m)
    covered = np.where(taken, cells.size, 0.0)
    return replace(cells, columns=columns, rows=rows, covered=covered)


def _moved(lines: Lines, before: Ints, share: Floats, length: Floats, most_m: float) -> Lines:
    """Return the lines moved; `before` is the line before every cell, `share` what is wrong in it a metre of border."""
    line = np.concatenate([before, before + 1])
    towards = np.concatenate([share * length[0], -share * length[1]])
    move = np.bincount(line, towards, len(lines.at))
    total = np.bincount(line, length.ravel(), len(lines.at)) / 2  # both sides of a border were counted
    move = np.clip(move / np.maximum(total, 1e-9), -most_m, most_m)
    return replace(lines, at=lines.at + np.where(lines.shared, 0.0, move))
