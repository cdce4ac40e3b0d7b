"""Outlines without stairs: straight lines where the outline is straight, corners where the lines meet."""

from __future__ import annotations

import numpy as np

from .coverage import Arcs
from .lines import dot
from .rings import Floats, owner_of, starts_of
from .sections import Sections

STIFFNESS = 1e-3  # pull of the outline on a corner, against 1 for each line: decides only between parallel lines


def simplified_arcs(sections: Sections, reach_m: float) -> Arcs:
    """Return arcs through the corners of `sections`; a corner moves by `reach_m` from the outline at most."""
    return arcs_through(sections, corners_where_lines_meet(sections, reach_m))


def corners_where_lines_meet(sections: Sections, reach_m: float) -> Floats:
    """Return the points (corners, 2) nearest to all lines that end there, by least squares.

    Where lines are nearly parallel, the point on them that is nearest to the outline's corner.
    """
    corner = sections.corner.ravel()
    direction = sections.fit.direction()
    normal = np.repeat(np.column_stack([-direction[:, 1], direction[:, 0]]), 2, axis=0)
    offset = dot(np.repeat(sections.fit.middle, 2, axis=0) - sections.corner_xy.take(corner, axis=0), normal)

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(corner, weights=values, minlength=len(sections.corner_xy)), dtype=np.float64)

    xx, yy = total(normal[:, 0] ** 2) + STIFFNESS, total(normal[:, 1] ** 2) + STIFFNESS
    xy = total(normal[:, 0] * normal[:, 1])
    right = np.column_stack([total(normal[:, 0] * offset), total(normal[:, 1] * offset)])
    determinant = xx * yy - xy**2
    move = np.column_stack([yy * right[:, 0] - xy * right[:, 1], xx * right[:, 1] - xy * right[:, 0]])
    move /= determinant[:, None]
    far = np.hypot(*move.T)[:, None]
    return np.asarray(sections.corner_xy + move * np.minimum(1, reach_m / np.maximum(far, 1e-12)), dtype=np.float64)


def arcs_through(sections: Sections, corner_xy: Floats) -> Arcs:
    """Return arcs with one vertex at every corner of `sections`, but for those inside an arc that stay on one line."""
    counts = np.diff(sections.start) + 1
    start = starts_of(counts)
    arc = owner_of(start)
    is_last = np.zeros(start[-1], dtype=bool)
    is_last[start[1:] - 1] = True
    corner, line = np.empty(len(arc), dtype=np.int64), np.empty(len(arc), dtype=np.int64)
    corner[~is_last], line[~is_last] = sections.corner[:, 0], sections.line
    corner[is_last], line[is_last] = sections.corner[sections.start[1:] - 1, 1], -1
    kept = np.append(True, (line[1:] != line[:-1]) | (arc[1:] != arc[:-1]))
    return Arcs(corner_xy.take(corner[kept], axis=0), np.append(0, np.cumsum(kept))[start])
