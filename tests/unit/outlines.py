"""Buildings to straighten: shapes of known corners, and what a raster makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin

from building_footprints_plugin.engine.polygonize import edges_of, trace
from building_footprints_plugin.engine.regularize import Demands, Regularized, neighbourhoods, regularize

PIXEL = 0.3
METHODS = ("simplify", "rectangular")
TOLERANCE = 0.5
# Corners in units of a wing's depth: rectangle, L, T, U, Z.
PLANS = {
    "rectangle": [(0, 0), (2, 0), (2, 1), (0, 1)],
    "L": [(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)],
    "T": [(0, 0), (3, 0), (3, 1), (2, 1), (2, 2), (1, 2), (1, 1), (0, 1)],
    "U": [(0, 0), (3, 0), (3, 2), (2, 2), (2, 1), (1, 1), (1, 2), (0, 2)],
    "Z": [(0, 0), (2, 0), (2, 1), (3, 1), (3, 2), (1, 2), (1, 1), (0, 1)],
}


def turned(shape: shapely.Geometry, degrees: float, shift: tuple[float, float] = (0.0, 0.0)) -> shapely.Geometry:
    """Return a shape turned about the origin, counterclockwise, then shifted."""
    turn = np.exp(1j * np.radians(degrees))

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        point = (xy[:, 0] + 1j * xy[:, 1]) * turn
        return np.column_stack([point.real, point.imag]) + shift

    return shapely.transform(shape, move)


def plan(name: str, width_m: float, depth_m: float) -> shapely.Polygon:
    """Return one of `PLANS` with its units stretched to metres."""
    return shapely.Polygon([(x * width_m, y * depth_m) for x, y in PLANS[name]])


def traced(shapes: list[shapely.Geometry], pixel_m: float = PIXEL) -> NDArray[np.object_]:
    """Return the outlines, along pixel edges and in the order of `shapes`, of what covers the pixels' centres."""
    left, bottom, right, top = shapely.total_bounds(np.array(shapes, dtype=object))
    place = from_origin(np.floor(left) - 2, np.ceil(top) + 2, pixel_m, pixel_m)
    size = int((top - bottom + 6) / pixel_m), int((right - left + 6) / pixel_m)
    numbered = zip(shapes, range(1, len(shapes) + 1), strict=True)
    pixels = rasterize(numbered, size, transform=place, dtype="int32")
    edges = edges_of(pixels)
    outlines = trace(edges)[np.argsort(pixels[edges.first_pixel()], kind="stable")]
    return shapely.transform(outlines, lambda xy: xy * (pixel_m, -pixel_m) + (place.c, place.f))


def buildings() -> st.SearchStrategy[shapely.Polygon]:
    """Rectilinear buildings with wings of 3 to 9 m, turned by any angle, anywhere between pixels."""
    metres, place = st.floats(3, 9), st.floats(0, 10)
    angle, shift = st.floats(0, 360), st.tuples(place, place)
    return st.builds(turned, st.builds(plan, st.sampled_from(sorted(PLANS)), metres, metres), angle, shift)


def iou(one: shapely.Geometry, two: shapely.Geometry) -> float:
    """Return the overlap of two shapes: intersection over union."""
    return float(one.intersection(two).area / one.union(two).area)


def corner_angles(polygon: shapely.Polygon) -> NDArray[np.float64]:
    """Return the turn (degrees, 0 to 180) at every corner, of all rings."""
    angles = []
    for ring in shapely.get_rings(polygon):
        xy = shapely.get_coordinates(ring)[:-1]
        into, out = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
        turn = np.arctan2(into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0], (into * out).sum(axis=1))
        angles.append(np.degrees(np.abs(turn)))
    return np.concatenate(angles)


def straight(
    polygons: NDArray[np.object_] | list[Any], method: str = "rectangular", pixel_m: float = PIXEL, group: Any = None
) -> Regularized:
    """Return polygons straightened; `group` tells which are straightened together, by default those near each other."""
    outlines = np.array(polygons, dtype=object)
    groups = neighbourhoods(outlines, TOLERANCE) if group is None else np.asarray(group, dtype=np.int64)
    return regularize(outlines, groups, Demands(method, TOLERANCE, pixel_m))


def overlap(polygons: NDArray[np.object_]) -> float:
    """Return the area that polygons have more than once."""
    return float(shapely.area(polygons).sum() - shapely.union_all(polygons).area)
