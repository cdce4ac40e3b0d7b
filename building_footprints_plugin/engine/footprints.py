"""From strips of probability to the features that are written: outlines in metres, straightened, sifted, measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .area import Area
from .confidence import Calibration
from .options import PolygonizeOptions
from .packed import Packed
from .polygonize import Gathered, Outlines, StripPolygonizer, Thresholds
from .raster import GriddedReader, apply_affine, shifted
from .regularize import Demands, mended, reach_m, regularize
from .seen import Seen
from .vector import FootprintWriter

Polygons = NDArray[np.object_]
Bools = NDArray[np.bool_]
Found = tuple[Polygons, NDArray[np.float64]]

BATCH = 500  # buildings that are straightened at once: fewer take longer, more take memory
MOST_CORNERS = 20_000  # of missing ground that is kept for buildings which wait for others
OVERLAP_M2 = 1e-6  # what straightening itself takes for none
DEFAULTS = {"threshold": 0.5, "seed_threshold": 0.5, "merge_threshold": 0.9, "min_area_m2": 10.0, "min_confidence": 0.0}


@dataclass(frozen=True)
class Settings:
    """What decides about outlines, with nothing left open: the user's word, else the weights', else the default."""

    thresholds: Thresholds
    min_area_m2: float
    min_confidence: float
    calibration: Calibration
    options: PolygonizeOptions
    used: Mapping[str, float]  # the values behind the fields above, by their names among the options

    @classmethod
    def of(cls, options: PolygonizeOptions, found: Mapping[str, float]) -> Settings:
        """Return the settings of `options`, filled in from what was found best for the weights."""

        def value(name: str) -> float:
            given = getattr(options, name)
            return float(found.get(name, DEFAULTS[name]) if given is None else given)

        used = {name: value(name) for name in DEFAULTS}
        thresholds = Thresholds.of(used["threshold"], used["seed_threshold"], used["merge_threshold"])
        line = Calibration.of(found)
        return cls(thresholds, used["min_area_m2"], used["min_confidence"], line, options, used)


def find_footprints(strips: Iterable[Packed], settings: Settings, area: Area) -> Iterator[Found]:
    """Yield the buildings in `strips` of the area's larger window, top to bottom, as soon as they are whole.

    As polygons (n,) in the grid's CRS with their confidence (n,); only how many come at once depends on strips.
    """
    pixel_m = area.transform.a
    reach_px = math.ceil(reach_m(settings.options.tolerance_m, pixel_m) / pixel_m)
    between_pixels = settings.options.outline == "contour"
    polygonizer = StripPolygonizer(settings.thresholds, reach_px, between_pixels=between_pixels)
    before = np.empty(0, dtype=object)
    for outlines, ground in _whole_buildings(strips, polygonizer, 2 * reach_px):
        polygons, confidence = _finished(outlines, ground, settings, area)
        if polygonizer.has_parted:
            polygons = clear_of(polygons, before)
            bottom = area.transform.f - (area.look[0] + polygonizer.waits_from - reach_px) * pixel_m
            before = np.concatenate([before, polygons])
            before = before[shapely.bounds(before)[:, 1] < bottom]
        if len(polygons):
            yield polygons, confidence


def write_footprints(found: Iterable[Found], writer: FootprintWriter, reader: GriddedReader) -> dict[str, float]:
    """Write what `find_footprints` yields, in the layer's CRS; return the number of buildings and their area.

    What is thinner than the digits of a layer in degrees would cross itself there: such a spike is left out.
    """
    count, total = 0, 0.0
    for polygons, confidence in found:
        square_metres = shapely.area(polygons)
        fields = {
            "id": np.arange(count + 1, count + len(polygons) + 1),
            "confidence": np.round(confidence, 4),
            "area_m2": np.round(square_metres, 2),
            "perimeter_m": np.round(shapely.length(polygons), 2),
        }
        writer.write(mended(reader.footprint_to_layer(polygons)), fields)
        count, total = count + len(polygons), total + float(square_metres.sum())
    return {"count": count, "total_area_m2": round(total, 2)}


def _whole_buildings(
    strips: Iterable[Packed], polygonizer: StripPolygonizer, margin_px: int
) -> Iterator[tuple[Outlines, Polygons]]:
    """Yield outlines, and the ground up to `margin_px` around each, None where all of it is there.

    Those of parts of one group, which may overlap, do not come together. None waits for others where much ground is
    missing, as that is kept as long.
    """
    seen, gathered = Seen(), Gathered(BATCH)
    for strip in strips:
        seen.add(strip)
        is_much = seen.corners > MOST_CORNERS
        for outlines in polygonizer.pieces(strip):
            for batch in gathered.parts(outlines, is_all=is_much or polygonizer.has_parted):
                yield batch, seen.around(batch.polygons, margin_px)
        top = shapely.bounds(gathered.held.polygons)[:, 1].min(initial=polygonizer.waits_from)
        seen.forget(top - margin_px)
        del strip  # what waits is the polygonizer's; else the strip would be held until the next one is there
    seen.end()
    for batch in gathered.parts(polygonizer.finish(), is_all=True):
        yield batch, seen.around(batch.polygons, margin_px)


def _finished(outlines: Outlines, ground: Polygons, settings: Settings, area: Area) -> Found:
    options = settings.options
    row, col = area.look[:2]
    place = shifted(area.transform, row, col)
    traced, seen = (
        np.asarray(shapely.transform(shapes, lambda xy: np.column_stack(apply_affine(place, *xy.T))), dtype=object)
        for shapes in (outlines.polygons, ground)
    )
    anyone = np.ones(len(traced), dtype=bool)
    filled = fill_holes(traced, options.min_hole_m2, anyone)
    demands = Demands(options.regularize, options.tolerance_m, area.transform.a)
    straight = regularize(filled, outlines.group, demands, seen)
    polygons, large = sifted(straight.polygons, settings.min_area_m2, options.min_hole_m2)
    confidence = settings.calibration(outlines.confidence)
    chosen = area.keep(polygons) & large & (confidence >= settings.min_confidence)
    return polygons[chosen], confidence[chosen]


def clear_of(polygons: Polygons, others: Polygons) -> Polygons:
    """Return `polygons` without the ground of `others`: where a group was parted, straightening did not see both."""
    result = polygons.copy()
    for one, other in zip(*shapely.STRtree(others).query(polygons, predicate="intersects"), strict=True):
        if shapely.area(shapely.intersection(result[one], others[other])) > OVERLAP_M2:
            parts = shapely.get_parts(shapely.difference(result[one], others[other]))
            result[one] = parts[np.argmax(shapely.area(parts))] if len(parts) else result[one]
    return result


def sifted(polygons: Polygons, min_area_m2: float, min_hole_m2: float) -> tuple[Polygons, Bools]:
    """Return `polygons` (n,), in metres, without holes that are too small, and which are then large enough.

    A small hole stays if a polygon that is large enough stands in it; what is dropped leaves no hole behind.
    """
    large = shapely.area(polygons) >= min_area_m2
    while True:  # once for every polygon that stands in a hole of one that stands in a hole, and so on
        filled = fill_holes(polygons, min_hole_m2, large)
        before, large = large, shapely.area(filled) >= min_area_m2
        if (large == before).all():
            return filled, large


def fill_holes(polygons: Polygons, min_hole_m2: float, standing: Bools) -> Polygons:
    """Return `polygons`, in metres, without holes smaller than `min_hole_m2` in which none that is `standing` is."""
    holed = np.flatnonzero(shapely.get_num_interior_rings(polygons) > 0)
    rings, owner = shapely.get_rings(polygons[holed], return_index=True)
    is_hole = np.append(False, owner[1:] == owner[:-1])[: len(rings)]
    kept, small = np.ones(len(rings), dtype=bool), np.flatnonzero(is_hole)
    small = small[shapely.area(shapely.polygons(rings[small])) < min_hole_m2]
    kept[small] = _holds_any(np.asarray(shapely.polygons(rings[small]), dtype=object), polygons[standing])
    result = polygons.copy()
    changed = np.unique(owner[~kept])
    rings, owner = rings[kept], owner[kept]
    for index, begin, end in zip(changed, *np.searchsorted(owner, [changed, changed + 1]), strict=True):
        result[holed[index]] = shapely.Polygon(rings[begin], rings[begin + 1 : end])
    return result


def _holds_any(holes: Polygons, polygons: Polygons) -> Bools:
    """Tell in which of `holes` one of `polygons` stands."""
    hole, polygon = shapely.STRtree(polygons).query(holes)
    inside = shapely.contains(holes[hole], shapely.point_on_surface(polygons[polygon]))
    return np.isin(np.arange(len(holes)), hole[inside])
