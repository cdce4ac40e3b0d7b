"""The outlines of a whole layer straightened, in metres wherever on Earth it lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from .options import RegularizeOptions
from .progress import Reporter
from .regularize import Demands, batches, mended, neighbourhoods, regularize
from .vector import Layer, metric_crs, parse_crs, polygons_of, reproject

ZONE_DEGREES = 6.0  # of longitude, the width of a UTM zone
FIELD = "regularized"
DEGREE_M = 111_320.0  # of latitude
MOST_DIGITS = 9  # that coordinates are rounded to
COARSEST_M = 0.02  # what was rounded more has lost its right angles
SAMPLE = 10_000  # coordinates that are looked at


@dataclass(frozen=True)
class Straightened:
    """A layer of polygons with field `regularized`, and the features left out because they have no area."""

    layer: Layer
    repaired: list[Any]
    dropped: list[Any]


def straighten(layer: Layer, options: RegularizeOptions, reporter: Reporter) -> Straightened:
    """Return the polygons of `layer` straightened, in its own CRS and order, with all their fields.

    Every part of a multipolygon is straightened as a polygon of its own; `regularized` is 1 where all parts follow
    the method and 0 where a guard kept a simpler outline. Coordinates without a CRS are taken for metres. What is
    thinner than the digits of a layer in degrees is left out, as it would cross itself there.
    """
    found = polygons_of(layer)
    parts, feature = shapely.get_parts(found.geometry, return_index=True)
    done = parts.copy()
    demands = Demands(
        options.method,
        options.tolerance_m,
        min_edge_m=options.min_edge_m,
        min_iou=options.min_iou,
        diagonals=not options.right_angles_only,
        grain_m=_grain_m(parts, layer.crs),
    )
    regularized, count = np.zeros(len(parts), dtype=bool), 0
    for rows, metric in _zones(parts, layer.crs):
        metres = reproject(parts[rows], layer.crs, metric)
        sound = shapely.is_valid(metres)  # what is as wide as the world has no shape in metres, and stays as it was
        rows, metres = rows[sound], metres[sound]
        group = neighbourhoods(metres, options.tolerance_m)
        for batch in batches(group):
            straight = regularize(metres[batch], group[batch], demands)
            back = mended(reproject(straight.polygons, metric, layer.crs))
            valid = shapely.is_valid(back)  # what is smaller than the layer's digits stays as it was
            done[rows[batch]] = np.where(valid, back, parts[rows[batch]])
            regularized[rows[batch]] = straight.regularized & valid
            count += len(batch)
            reporter.progress(count / len(parts))
    start = np.searchsorted(feature, np.arange(len(found.rows) + 1))
    whole = np.minimum.reduceat(regularized.astype(np.int32), start[:-1]) if len(parts) else np.empty(0, np.int32)
    fields = {name: values[found.rows] for name, values in layer.fields.items() if name.lower() != FIELD}
    straight_layer = Layer(_assembled(done, start), {**fields, FIELD: whole}, layer.crs, layer.name)
    return Straightened(straight_layer, found.repaired, found.dropped)


def _grain_m(parts: NDArray[np.object_], crs: str | None) -> float:
    """Return the steps that most coordinates were rounded to when they were written, 0 for none or coarse ones.

    Most, not all: what was straightened before, beside what was left alone, is not rounded.
    """
    xy = shapely.get_coordinates(parts)
    xy = xy[:: len(xy) // SAMPLE + 1]
    unit_m = DEGREE_M if crs is not None and parse_crs(crs).is_geographic else 1.0
    for digits in range(MOST_DIGITS + 1):
        if np.count_nonzero(np.round(xy, digits) == xy) > xy.size / 2:
            step = 10.0**-digits * unit_m
            return step if step <= COARSEST_M else 0.0
    return 0.0


def _zones(parts: NDArray[np.object_], crs: str | None) -> Iterator[tuple[NDArray[np.intp], str | None]]:
    """Yield the rows that are straightened in one metric CRS, and that CRS: the layer's own where its unit fits."""
    if not len(parts):
        return
    box = shapely.bounds(parts)
    centres = (box[:, :2] + box[:, 2:]) / 2
    if metric_crs(crs, (centres[0, 0], centres[0, 1])) == crs:
        yield np.arange(len(parts)), crs
        return
    degrees = reproject(np.asarray(shapely.points(centres), dtype=object), crs, "EPSG:4326")
    zone = np.floor(shapely.get_x(degrees) / ZONE_DEGREES)
    zone = np.full_like(zone, np.median(zone)) if np.ptp(zone) <= 1 else zone  # two zones side by side are one
    for number in np.unique(zone):
        rows = np.flatnonzero(zone == number)
        middle = centres[rows].mean(axis=0)
        yield rows, metric_crs(crs, (middle[0], middle[1]))


def _assembled(parts: NDArray[np.object_], start: NDArray[np.intp]) -> NDArray[np.object_]:
    """Return one geometry for the parts `start[k]` to `start[k + 1] - 1`, a multipolygon where they are several."""
    result = np.empty(len(start) - 1, dtype=object)
    result[:] = parts[start[:-1]]
    for row in np.flatnonzero(np.diff(start) > 1):
        result[row] = shapely.multipolygons(parts[start[row] : start[row + 1]])
    return result
