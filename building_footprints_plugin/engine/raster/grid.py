"""Choose the metric, north-up grid a raster is read on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from ..errors import BadInput
from .georeference import LON_LAT, Georeference, Points, convert, datum_wkt, georeference, ground_m, name

RESOLUTION_TOLERANCE = 0.05
SCALE_TOLERANCE, LOOSE_TOLERANCE = 0.01, 0.03
SCALE_POINTS = 5  # per side; odd, so that the centre is one
STEP_M = 50.0
UTM_LIMIT_DEG = 84.0
BORDER_POINTS = 65


@dataclass(frozen=True)
class Grid:
    """A north-up grid of square pixels in a CRS whose unit is the metre, true to scale at the grid's centre."""

    crs: CRS
    transform: Affine
    width: int
    height: int

    @property
    def pixel_m(self) -> float:
        """Side of a pixel in metres on the ground."""
        return float(self.transform.a)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width

    def is_of(self, place: Georeference, shape: tuple[int, int]) -> bool:
        """Return whether these are the very pixels of a raster of `shape` at `place`."""
        return not place.gcps and (self.crs, self.transform, self.shape) == (place.crs, place.transform, shape)


def metric_grid(dataset: Any, gsd_m: float, crs: str | CRS | None = None) -> Grid:
    """Return the grid on which an open rasterio dataset is read at `gsd_m` metres per pixel.

    It is the dataset's own grid where that is north-up, square, true to scale and within 5 % of `gsd_m`; else one
    that covers the whole raster in the same CRS, or in the UTM zone of the raster's centre where that CRS does not
    measure metres. It depends on the whole raster only, never on an extent. `crs` stands in for the dataset's own.
    Raises BadInput without a usable georeference and beyond 84 degrees of latitude.
    """
    return grid_for(georeference(dataset, crs), dataset.height, dataset.width, gsd_m)


def grid_for(place: Georeference, height: int, width: int, gsd_m: float) -> Grid:
    """Return the metric grid of a raster of `height` x `width` pixels that lies at `place`; see `metric_grid`."""
    target = place.crs
    if not is_metric(target, place, height, width):
        target = utm_at(place.crs, *centre(place, height, width))
        if not is_metric(target, place, height, width):
            raise BadInput("The raster spans too much of the Earth for one metric grid; clip it, or check its CRS.")
    near = abs(place.transform.a / gsd_m - 1) <= RESOLUTION_TOLERANCE
    if near and target == place.crs and is_square_north_up(place, height, width):
        return Grid(target, place.transform, width, height)
    xs, ys = border(place, height, width, target)
    left, top = float(xs.min()), float(ys.max())
    columns = max(1, math.ceil((xs.max() - left) / gsd_m - 1e-6))
    rows = max(1, math.ceil((top - ys.min()) / gsd_m - 1e-6))
    return Grid(target, Affine(gsd_m, 0, left, 0, -gsd_m, top), columns, rows)


def utm_at(crs: CRS, x: float, y: float) -> CRS:
    """Return the UTM zone, on the datum of `crs`, of the point (x, y) in `crs`; raises BadInput at the poles."""
    lon, lat = (float(values[0]) for values in convert(crs, LON_LAT, np.array([x]), np.array([y])))
    if not (math.isfinite(lon) and abs(lat) <= 90):
        raise BadInput(f"The raster's centre ({x:g}, {y:g}) lies nowhere in {name(crs)}; check the raster's CRS.")
    if abs(lat) > UTM_LIMIT_DEG:
        raise BadInput(f"The raster lies at latitude {lat:.2f}; expected -84 to 84: there is no UTM zone beyond.")
    return utm(datum_wkt(crs), int((lon + 180) % 360 // 6) + 1, north=lat >= 0)


def utm(datum: str | None, zone: int, *, north: bool) -> CRS:
    """Return UTM zone 1..60 on the datum of that WKT; EPSG's own CRS if it is WGS 84 or None.

    Pixels and footprints then never pass a datum shift, for which PROJ may choose one operation for a whole raster
    and another for single points: tried on ED50, that moves footprints by 1.6 m.
    """
    if datum is None or datum.startswith('DATUM["WGS_1984"'):
        return CRS.from_epsg((32600 if north else 32700) + zone)
    return CRS.from_wkt(
        f'PROJCS["UTM zone {zone}{"N" if north else "S"} on the layer\'s datum",'
        f'GEOGCS["the layer\'s datum",{datum},PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
        'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],'
        f'PARAMETER["central_meridian",{6 * zone - 183}],PARAMETER["scale_factor",0.9996],'
        f'PARAMETER["false_easting",500000],PARAMETER["false_northing",{0 if north else 10000000}],UNIT["metre",1]]'
    )


def is_metric(crs: CRS, place: Georeference, height: int, width: int) -> bool:
    """Return whether `crs` measures metres where the raster lies: within 1 % at its centre, 3 % elsewhere."""
    along = np.linspace(0, 1, SCALE_POINTS)
    cols, rows = (axis.ravel() for axis in np.meshgrid(along * width, along * height))
    xs, ys = convert(place.crs, crs, *place.to_crs(cols, rows))
    allowed = np.full(xs.size, LOOSE_TOLERANCE)
    allowed[xs.size // 2] = SCALE_TOLERANCE
    return all(is_true_to_scale(crs, float(x), float(y), limit) for x, y, limit in zip(xs, ys, allowed, strict=True))


def is_true_to_scale(crs: CRS, x: float, y: float, tolerance: float = SCALE_TOLERANCE) -> bool:
    """Return whether 50 units of `crs` in each of four directions from (x, y) are 50 m on the ground."""
    if not crs.is_projected or not math.isfinite(x + y):
        return False
    diagonal = STEP_M / math.sqrt(2)
    steps = ((STEP_M, 0.0), (0.0, STEP_M), (diagonal, diagonal), (diagonal, -diagonal))
    errors = np.abs(ground_m(crs, (x, y), steps) / STEP_M - 1)
    return bool(np.all(errors <= tolerance))


def is_square_north_up(place: Georeference, height: int, width: int) -> bool:
    """Return whether the raster's rows run east and its columns south, with square pixels (0.1 %)."""
    a, b, _, d, e, _ = place.transform[:6]
    drift = max(abs(b) * height, abs(d) * width)
    return not place.gcps and a > 0 and abs(a + e) <= 1e-3 * a and drift <= 0.01 * a


def centre(place: Georeference, height: int, width: int) -> tuple[float, float]:
    """Return the coordinates of the raster's centre in its own CRS."""
    xs, ys = place.to_crs(np.array([width / 2]), np.array([height / 2]))
    return float(xs[0]), float(ys[0])


def pixel_size_m(place: Georeference, height: int, width: int) -> tuple[float, float]:
    """Return the metres on the ground of one step along a row and of one along a column, at the raster's centre."""
    col, row = width / 2, height / 2
    xs, ys = place.to_crs(np.array([col, col + 1, col]), np.array([row, row, row + 1]))
    steps = [(xs[1] - xs[0], ys[1] - ys[0]), (xs[2] - xs[0], ys[2] - ys[0])]
    along_row, along_column = ground_m(place.crs, (float(xs[0]), float(ys[0])), steps)
    return float(along_row), float(along_column)


def unit_border() -> Points:
    """Return points along the border of the square from (0, 0) to (1, 1)."""
    along = np.linspace(0, 1, BORDER_POINTS)
    start, end = np.zeros_like(along), np.ones_like(along)
    return np.concatenate([along, along, start, end]), np.concatenate([start, end, along, along])


def border(place: Georeference, height: int, width: int, target: CRS) -> Points:
    """Return points along the raster's outer border in CRS `target`; raises BadInput if one cannot be converted."""
    across, down = unit_border()
    xs, ys = convert(place.crs, target, *place.to_crs(across * width, down * height))
    if not np.all(np.isfinite(xs) & np.isfinite(ys)):
        raise BadInput(f"The raster reaches beyond what {name(target)} can show; clip it, or check its CRS.")
    return xs, ys
