"""Making polygons fit for area arithmetic out of whatever a layer holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..errors import BadInput
from .crs import FARTHEST
from .layer import Layer

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True)
class Polygons:
    """Valid Polygons and MultiPolygons with area, `rows[i]` being the layer's row that `geometry[i]` came from.

    `repaired` and `dropped` name (by `Layer.ids`) the features that were invalid, and those without any area.
    """

    geometry: NDArray[np.object_]
    rows: NDArray[np.intp]
    repaired: list[Any] = field(default_factory=list)
    dropped: list[Any] = field(default_factory=list)


def polygons_of(layer: Layer) -> Polygons:
    """Return the layer's polygons, repaired where they are invalid; a multipolygon stays one feature.

    Features with a coordinate that is no number, or nowhere near the Earth, are dropped.

    Repair follows the even-odd sense of the outline (GEOS MakeValid, "linework"): a bow-tie keeps both wings.
    Raises BadInput when the layer holds points or lines and no polygon.
    """
    geometry = layer.geometry
    kinds = shapely.get_type_id(geometry)
    filled = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry)) & is_on_earth(geometry)
    _refuse_other_shapes(layer, kinds[filled])
    invalid = filled & ~shapely.is_valid(geometry)
    fixed = geometry.copy()
    fixed[invalid] = shapely.make_valid(_without_flat_parts(geometry[invalid]))
    mixed = np.flatnonzero(filled & ~np.isin(shapely.get_type_id(fixed), (_POLYGON, _MULTIPOLYGON)))
    for row in mixed:
        fixed[row] = polygonal_part(fixed[row])
    kept = filled & (shapely.area(fixed) > 0)
    ids = layer.ids()
    return Polygons(fixed[kept], np.flatnonzero(kept), ids[invalid & kept].tolist(), ids[~kept].tolist())


def is_on_earth(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which geometries (n,) have no coordinate that is no number or beyond 1e9 units of its CRS."""
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    found = np.ones(len(geometry), dtype=bool)
    found[owner[~(np.abs(xy) <= FARTHEST).all(axis=1)]] = False
    return found


def _without_flat_parts(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries, multipolygons among them without parts that are a point or a line: GEOS gives up on these."""
    result = geometry.copy()
    for row in np.flatnonzero(shapely.get_type_id(geometry) == _MULTIPOLYGON):
        parts = shapely.get_parts(geometry[row])
        result[row] = shapely.multipolygons(parts[shapely.area(shapely.convex_hull(parts)) > 0])
    return result


def polygonal_part(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return the areas of a collection as one Polygon or MultiPolygon, empty when it has none."""
    parts = shapely.get_parts(geometry)
    while (shapely.get_type_id(parts) >= _MULTIPOLYGON).any():
        parts = shapely.get_parts(parts)
    return shapely.union_all(parts[shapely.get_type_id(parts) == _POLYGON])


def _refuse_other_shapes(layer: Layer, kinds: NDArray[np.integer[Any]]) -> None:
    areal = np.isin(kinds, (_POLYGON, _MULTIPOLYGON, _COLLECTION))
    if len(kinds) and not areal.any():
        point = np.isin(kinds, (0, 4))
        found = "points" if point.all() else "points and lines" if point.any() else "lines"
        raise BadInput(f"Layer {layer.name or 'given'} holds {found}; expected polygons.")
