"""Which polygons are near enough to one another that they must be straightened together."""

from __future__ import annotations

import numpy as np
import scipy
import shapely

from .rings import Ints, Polygons

TOLERANCES = 3  # what a corner that was rounded off may regain


def reach_m(tolerance_m: float, pixel_m: float = 0.0) -> float:
    """Return how far straightening may carry an outline out of the given one; twice that apart, none can touch."""
    return TOLERANCES * tolerance_m + pixel_m


def neighbourhoods(polygons: Polygons, tolerance_m: float) -> Ints:
    """Return a group number (n,) for every polygon in metres, the same for those that could come to touch."""
    one, two = shapely.STRtree(polygons).query(polygons, "dwithin", 2 * reach_m(tolerance_m))
    links = scipy.sparse.coo_array((np.ones(len(one), dtype=bool), (one, two)), shape=(len(polygons),) * 2)
    return np.asarray(scipy.sparse.csgraph.connected_components(links, directed=False)[1], dtype=np.int64)


def side_by_side(polygons: Polygons, groups: Ints, within_m: float, touching: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Return the pairs of different polygons of a group that are so close, either way round, as `touching` ones are."""
    left, bottom, right, top = shapely.bounds(polygons).T
    boxes = shapely.box(left - within_m, bottom - within_m, right + within_m, top + within_m)
    one, two = shapely.STRtree(polygons).query(boxes)
    pair = (one < two) & (groups[one] == groups[two])
    one, two = one[pair], two[pair]
    pair = np.isin(one * len(polygons) + two, touching[0] * len(polygons) + touching[1])
    pair[~pair] = shapely.dwithin(polygons[one[~pair]], polygons[two[~pair]], within_m)
    return np.concatenate([one[pair], two[pair]]), np.concatenate([two[pair], one[pair]])
