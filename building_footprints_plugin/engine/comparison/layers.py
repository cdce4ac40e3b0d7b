"""Comparing two vector layers of any coordinate systems."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from ..errors import BadInput
from ..score import PRESETS, Rule, Side, filter_area, score_polygons
from ..vector import Layer, Polygons, bounds_of, crs_name, metric_crs, polygons_of, read_layer, reproject, same_crs
from .inputs import Comparison, Request, Source
from .notes import Notes, duplicates, listed

NEEDED = ["id", "confidence", "Confidence", "CONFIDENCE"]
WIDEST = 0.01  # share by which lengths may be off, at the far ends of the truth, without a word
EDGE_DIVISIONS = 32  # vertices per side of a rectangle that is moved to another CRS, so that it bends with it


def compare_layers(request: Request, notes: Notes) -> Comparison:
    """Score two layers in the truth's CRS if that is metric, else in the UTM zone at the middle of the truth.

    The presets' limits of area hold for pixels, so layers have none but `options.min_area_m2`, on both sides;
    proposals are matched by confidence where they have one.
    """
    columns = None if request.all_columns else NEEDED
    layers = [_read(source, columns) for source in (request.proposals, request.truth)]
    notes.reporter.progress(0.1)
    layers = _agree_on_crs(layers, request, notes)
    found = [_polygons(layer, source, notes) for layer, source in zip(layers, _sources(request), strict=True)]
    truth_crs = layers[1].crs
    extent = bounds_of(found[1].geometry) or bounds_of(found[0].geometry)
    crs = truth_crs if extent is None else metric_crs(truth_crs, _centre(extent))
    geometry = [_moved(found[i].geometry, layers[i].crs, crs) for i in (0, 1)]
    _warn_apart(geometry, request, crs, notes)
    if extent is not None and not same_crs(crs, truth_crs):
        _warn_wide(extent, truth_crs, crs, notes)
    notes.reporter.progress(0.2)
    aoi = _area_of_interest(request, crs, truth_crs, notes)
    confidence = _confidence(layers[0])
    sides = [
        _side(geometry[0], found[0], None if confidence is None else confidence[found[0].rows], aoi),
        _side(geometry[1], found[1], None, aoi),
    ]
    options = request.options
    if options.min_area_m2 is not None:
        sides = [filter_area(side, options.min_area_m2) for side in sides]
    preset = replace(PRESETS[options.preset], by_confidence=sides[0].confidence is not None)
    rule = Rule(preset, options.iou_threshold, aoi)
    score = score_polygons(sides[0], sides[1], rule, lambda done: notes.reporter.progress(0.2 + 0.75 * done))
    return Comparison(request, score, layers[0], layers[1], crs, "m", warnings=notes.warnings)


def _sources(request: Request) -> tuple[Source, Source]:
    return request.proposals, request.truth


def _read(source: Source, columns: list[str] | None) -> Layer:
    layer = read_layer(source.path, source.layer, columns)
    return replace(layer, name=source.name)


def _agree_on_crs(layers: list[Layer], request: Request, notes: Notes) -> list[Layer]:
    """Let a layer without a CRS have the other's; say so."""
    known = layers[1].crs or layers[0].crs
    for layer, source in zip(layers, _sources(request), strict=True):
        if layer.crs is None:
            taken = crs_name(known) if known else "plain metres"
            notes.warn(f"{source.name} has no coordinate reference system; its coordinates are taken as {taken}.")
    return [replace(layer, crs=layer.crs or known) for layer in layers]


def _polygons(layer: Layer, source: Source, notes: Notes) -> Polygons:
    found = polygons_of(layer)
    if found.repaired:
        notes.warn(f"{source.name} has invalid outlines, which were repaired: {listed(found.repaired)}.")
    if found.dropped:
        notes.warn(f"{source.name} has features without an area, which were left out: {listed(found.dropped)}.")
    if "id" in layer.fields and (repeated := duplicates(layer.fields["id"])):
        notes.warn(f"{source.name} has ids that occur more than once: {listed(repeated)}.")
    return found


def _confidence(layer: Layer) -> NDArray[np.float64] | None:
    for name, values in layer.fields.items():
        if name.lower() == "confidence" and np.issubdtype(values.dtype, np.number):
            return values.astype(np.float64)
    return None


def _moved(geometry: NDArray[np.object_], start: str | None, end: str | None) -> NDArray[np.object_]:
    if same_crs(start, end):
        return geometry
    moved = reproject(geometry, start, end)
    invalid = ~shapely.is_valid(moved)
    moved[invalid] = shapely.buffer(moved[invalid], 0.0)
    return moved


def _side(
    geometry: NDArray[np.object_],
    found: Polygons,
    confidence: NDArray[np.float64] | None,
    aoi: shapely.Geometry | None,
) -> Side:
    inside = None if aoi is None else mostly_inside(geometry, aoi)
    return replace(Side.of(geometry, confidence, inside=inside), row=found.rows)


def mostly_inside(geometry: NDArray[np.object_], aoi: shapely.Geometry) -> NDArray[np.bool_]:
    """Return which polygons (n,) have at least half of their area in `aoi`."""
    shapely.prepare(aoi)
    inside = np.asarray(shapely.contains_properly(aoi, geometry))
    crossing = np.flatnonzero(~inside & shapely.intersects(aoi, geometry))
    shares = shapely.area(shapely.intersection(geometry[crossing], aoi)) / shapely.area(geometry[crossing])
    inside[crossing] = shares >= 0.5
    return inside


def _area_of_interest(
    request: Request, crs: str | None, truth_crs: str | None, notes: Notes
) -> shapely.Geometry | None:
    areas = []
    if request.aoi is not None:
        layer = _read(request.aoi, [])
        if layer.crs is None and truth_crs is not None:
            notes.warn(f"{request.aoi.name} has no coordinate reference system; it is taken to have the truth's.")
        polygons = reproject(polygons_of(layer).geometry, layer.crs or truth_crs, crs)
        if not len(polygons):
            raise BadInput(f"{request.aoi.name} has no polygons; expected the area to be scored.")
        areas.append(shapely.union_all(polygons))
    if request.bounds is not None:
        areas.append(_rectangle(request.bounds, truth_crs, crs))
    if not areas:
        return None
    aoi = areas[0] if len(areas) == 1 else shapely.intersection(areas[0], areas[1])
    if aoi.area == 0:
        raise BadInput("The area to be scored is empty; expected the area of interest and the bounds to overlap.")
    return aoi


def _rectangle(bounds: tuple[float, ...], start: str | None, end: str | None) -> shapely.Geometry:
    if not (bounds[0] < bounds[2] and bounds[1] < bounds[3]):
        text = ",".join(f"{value:g}" for value in bounds)
        raise BadInput(f"--bounds is {text}; expected MINX,MINY,MAXX,MAXY with MINX < MAXX and MINY < MAXY.")
    box = shapely.box(*bounds)
    if same_crs(start, end):
        return box
    step = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / EDGE_DIVISIONS
    return reproject(np.array([shapely.segmentize(box, step)], dtype=object), start, end)[0]


def _centre(extent: tuple[float, float, float, float]) -> tuple[float, float]:
    return (extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2


def _warn_wide(extent: tuple[float, float, float, float], start: str | None, utm: str | None, notes: Notes) -> None:
    """Say so where lengths in the zone of UTM are off by more than 1 %, far from its meridian.

    The scale is 0.9996 / sqrt(1 - (cos(latitude) sin(longitude from the meridian))²) (Snyder 1987, section 8).
    """
    west, south, east, north = reproject(np.array([shapely.box(*extent)], dtype=object), start, "EPSG:4326")[0].bounds
    meridian = 6 * int(str(utm)[-2:]) - 183
    away = min(max(abs(west - meridian), abs(east - meridian)), 89.0)
    latitude = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
    off = 0.9996 / math.sqrt(1 - (math.cos(math.radians(latitude)) * math.sin(math.radians(away))) ** 2) - 1
    if off > WIDEST:
        notes.warn(
            f"The truth reaches {away:.0f} degrees from the meridian of {crs_name(utm)}, where lengths are up to "
            f"{off:.0%} too long; matches hold, but give the truth in a metric CRS of the whole area for sizes."
        )


def _warn_apart(geometry: list[NDArray[np.object_]], request: Request, crs: str | None, notes: Notes) -> None:
    boxes = [bounds_of(each) for each in geometry]
    if boxes[0] is None or boxes[1] is None or shapely.intersects(shapely.box(*boxes[0]), shapely.box(*boxes[1])):
        return
    extents = [", ".join(f"{value:.1f}" for value in box) for box in boxes if box is not None]
    notes.warn(
        f"{request.proposals.name} (extent {extents[0]}) and {request.truth.name} (extent {extents[1]}) do not overlap "
        f"in {crs_name(crs)}; check their coordinate reference systems."
    )
