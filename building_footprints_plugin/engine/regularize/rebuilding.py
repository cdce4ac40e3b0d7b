"""From walls back to arcs: vertices where walls meet, and nodes where arcs do."""

from __future__ import annotations

import numpy as np

from .coverage import Arcs, Coverage
from .lines import dot
from .rings import Bools, Floats, Ints, owner_of, starts_of
from .walls import Walls, joints_of


def arcs_along(walls: Walls, coverage: Coverage, reach_m: float) -> Arcs:
    """Return arcs through the joints of the walls, and through the nodes where arcs meet."""
    joints = joints_of(walls, reach_m)
    first, last = walls.ends_of_arcs()
    is_last = np.zeros(len(walls), dtype=bool)
    is_last[last] = True
    points = np.where(is_last | joints.apart, 2, 1)
    start = starts_of(points)
    xy = np.empty((start[-1], 2))
    xy[start[:-1]] = joints.begin
    xy[start[1:][points == 2] - 1] = joints.end[points == 2]
    ends = np.column_stack([start[first], start[last + 1] - 1])
    closed = coverage.closed
    ring = closed & joints.apart[last]
    place = _node_places(walls, first, last, coverage, reach_m)
    xy[ends[~closed]] = place[coverage.node[~closed]]
    arc_start = np.append(start[first], start[-1])
    return _with_closing(xy, arc_start, ring, ends)


def _with_closing(xy: Floats, start: Ints, ring: Bools, ends: Ints) -> Arcs:
    """Return the arcs with the first vertex once more at the end where a closed arc's last wall ends apart from it."""
    counts = np.diff(start) + ring
    new_start = starts_of(counts)
    arc = owner_of(new_start)
    step = np.arange(new_start[-1]) - new_start[arc]
    source = np.where(step < np.diff(start)[arc], start[arc] + step, ends[arc, 0])
    return Arcs(xy.take(source, axis=0), new_start)


def _node_places(walls: Walls, first: Ints, last: Ints, coverage: Coverage, reach_m: float) -> Floats:
    """Return where the nodes are, by number: nearest to all the lines that end there, long walls counting more."""
    open_arcs = ~coverage.closed
    node = coverage.node[open_arcs].T.ravel()
    wall = np.concatenate([first[open_arcs], last[open_arcs]])
    raw = np.concatenate([walls.begin[first[open_arcs]], walls.end[last[open_arcs]]])
    count = int(coverage.node.max(initial=-1)) + 1
    origin = np.zeros((count, 2))
    origin[node] = raw
    normal = np.column_stack([-walls.along[wall, 1], walls.along[wall, 0]])
    offset = dot(walls.place.take(wall, axis=0) - origin.take(node, axis=0), normal)
    weight = walls.fit.length[wall] ** 2

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(node, weights=weight * values, minlength=count), dtype=np.float64)

    stiff = 1e-6 * total(np.ones(len(node))) + 1e-12
    xx, yy, xy = total(normal[:, 0] ** 2) + stiff, total(normal[:, 1] ** 2) + stiff, total(normal[:, 0] * normal[:, 1])
    right_x, right_y = total(normal[:, 0] * offset), total(normal[:, 1] * offset)
    move = np.column_stack([yy * right_x - xy * right_y, xx * right_y - xy * right_x])
    move /= (xx * yy - xy**2)[:, None]
    far = np.hypot(*move.T) > reach_m
    weak = np.column_stack([right_x, right_y]) / (xx + yy)[:, None]  # lines too alike to meet: straight onto them
    return np.asarray(origin + np.where(far[:, None], weak, move), dtype=np.float64)
