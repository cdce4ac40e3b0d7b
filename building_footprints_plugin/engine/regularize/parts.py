"""The polygons that shapes made by cutting have as parts."""

from __future__ import annotations

import numpy as np
import shapely

from .rings import Ints, Polygons


def largest_parts(shapes: Polygons) -> tuple[Polygons, Ints]:
    """Return the largest polygon in every shape that has one, and the rows of those."""
    members, row = shapely.get_parts(shapes, return_index=True)
    parts, member = shapely.get_parts(members, return_index=True)  # multipolygons within collections
    owner = row[member]
    flat = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    parts, owner = parts[flat], owner[flat]
    order = np.lexsort((shapely.area(parts), owner))
    last = order[np.flatnonzero(np.diff(owner[order], append=-1))]
    return parts[last], owner[last]
