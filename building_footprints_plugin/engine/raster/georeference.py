"""Where pixels lie on the ground: a raster's own georeference, and lengths measured on the ellipsoid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio._env import set_proj_data_search_path
from rasterio._err import CPLE_BaseError
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError
from rasterio.transform import GCPTransformer
from rasterio.warp import transform as warp_transform

from ..errors import BadInput

# A wheel brings its own PROJ database; PROJ_LIB, where set, names that of another PROJ (OSGeo4W, conda, QGIS).
OWN_PROJ_DATA = Path(rasterio.__file__).with_name("proj_data")
if OWN_PROJ_DATA.is_dir():
    set_proj_data_search_path(str(OWN_PROJ_DATA))

Points = tuple[NDArray[np.float64], NDArray[np.float64]]

FARTHEST = 1e9  # in units of any CRS; PROJ takes for ever to bring longitudes of 1e20 degrees back into a turn
LON_LAT = CRS.from_epsg(4326)
WGS84_RADIUS_M, WGS84_E2 = 6378137.0, 0.0066943799901413165


@dataclass(frozen=True)
class Georeference:
    """A raster's CRS with either an affine transform or ground control points (then `transform` is unused).

    `middle` is the first coordinate of the raster's centre: longitudes are counted within half a turn of it, so that
    a raster on 0..360 degrees, or across the date line, keeps its own.
    """

    crs: CRS
    transform: Affine
    gcps: tuple[GroundControlPoint, ...] = ()
    middle: float = 0.0

    def to_crs(self, cols: NDArray[Any], rows: NDArray[Any]) -> Points:
        """Return the coordinates of pixel positions; (0, 0) is the outer corner of the first pixel."""
        if not self.gcps:
            return apply_affine(self.transform, cols, rows)
        with _by_points(self.gcps) as points:
            xs, ys = points.xy(list(rows), list(cols), offset="ul")
        return np.asarray(xs, float), np.asarray(ys, float)

    def to_pixels(self, xs: NDArray[Any], ys: NDArray[Any]) -> Points:
        """Return the (cols, rows) positions of coordinates, not rounded."""
        if not self.gcps:
            return apply_affine(~self.transform, xs, ys)
        with _by_points(self.gcps) as points:
            rows, cols = points.rowcol(list(xs), list(ys), op=float)
        return np.asarray(cols, float), np.asarray(rows, float)

    def from_crs(self, crs: CRS, xs: NDArray[Any], ys: NDArray[Any]) -> Points:
        """Return points of `crs` in the raster's own CRS."""
        xs, ys = convert(crs, self.crs, xs, ys)
        if self.crs.is_geographic and crs != self.crs:
            turn = 2 * np.pi / self.crs.units_factor[1]
            xs = xs + turn * np.round((self.middle - xs) / turn)
        return xs, ys

    def gcps_from(self, row: int, col: int) -> list[GroundControlPoint]:
        """Return the control points counted from pixel (row, col)."""
        return [GroundControlPoint(p.row - row, p.col - col, p.x, p.y, p.z) for p in self.gcps]


def _by_points(gcps: Sequence[GroundControlPoint]) -> Any:
    try:
        return GCPTransformer(list(gcps))
    except (RasterioError, CPLE_BaseError) as error:
        raise BadInput(f"The raster's {len(gcps)} control points give no position ({error}); correct them.") from error


def georeference(dataset: Any, crs: str | CRS | None = None) -> Georeference:
    """Return the georeference of an open rasterio dataset; `crs` stands in for the dataset's own.

    Raises BadInput if there is no CRS, or neither a transform nor control points.
    """
    gcps, gcp_crs = dataset.gcps
    use_gcps = bool(gcps) and dataset.transform.is_identity
    own = gcp_crs if use_gcps else dataset.crs
    if crs is None and dataset.transform.is_identity and not use_gcps:
        raise BadInput(
            f"{dataset.name} is a picture without georeference; expected a raster that knows where it lies: "
            "give it a transform and a CRS first (gdal_translate -a_ullr -a_srs, or QGIS's Georeferencer)."
        )
    if crs is None and not own:
        raise BadInput(f"{dataset.name} has no CRS; give one with --crs (EPSG:n), or set the layer's CRS in QGIS.")
    if not use_gcps and not (abs(dataset.transform.determinant) > 0 and np.isfinite(dataset.transform[:6]).all()):
        raise BadInput(f"{dataset.name} has pixels of no size; expected a georeference: correct its transform.")
    place = Georeference(parse_crs(crs) if crs else own, dataset.transform, tuple(gcps) if use_gcps else ())
    width, height = dataset.width, dataset.height
    xs, ys = place.to_crs(np.array([width / 2, 0, width, 0, width]), np.array([height / 2, 0, 0, height, height]))
    if not (np.abs([xs, ys]) <= FARTHEST).all():  # also NaN
        raise BadInput(f"{dataset.name} lies nowhere on the Earth; correct its transform or control points.")
    return replace(place, middle=float(xs[0]))


def parse_crs(text: str | CRS) -> CRS:
    """Return the CRS that `text` (EPSG:n, WKT or PROJ) names; raises BadInput."""
    try:
        return CRS.from_user_input(text)
    except (CRSError, ValueError) as error:
        raise BadInput(f"{str(text)[:60]!r} is not a CRS; expected EPSG:n or WKT.") from error


def apply_affine(transform: Affine, xs: NDArray[Any], ys: NDArray[Any]) -> Points:
    """Return `transform` applied to arrays of points."""
    a, b, c, d, e, f = transform[:6]
    return a * xs + b * ys + c, d * xs + e * ys + f


def shifted(transform: Affine, row: int, col: int) -> Affine:
    """Return the transform of the part that starts at pixel (row, col)."""
    xs, ys = apply_affine(transform, np.array([col]), np.array([row]))
    a, b, _, d, e, _ = transform[:6]
    return Affine(a, b, float(xs[0]), d, e, float(ys[0]))


def convert(source: CRS, target: CRS, xs: NDArray[Any], ys: NDArray[Any]) -> Points:
    """Return points of CRS `source` in CRS `target`; what cannot be converted is infinite."""
    if source == target:
        return np.asarray(xs, float), np.asarray(ys, float)
    try:
        out = warp_transform(source, target, xs, ys)
    except (CRSError, CPLE_BaseError) as error:
        raise BadInput(f"{name(source)} coordinates have no place in {name(target)}; check the CRS.") from error
    return np.asarray(out[0], float), np.asarray(out[1], float)


def name(crs: CRS) -> str:
    """Return a short name of `crs` for messages."""
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else crs.to_wkt().split('"')[1]


def datum_wkt(crs: CRS) -> str | None:
    """Return the `DATUM[...]` part of the CRS's WKT 1, or None where it can only be written as WKT 2."""
    wkt = crs.to_wkt()  # rasterio falls back to WKT 2 by itself
    if "GEOGCS[" not in wkt:
        return None
    part: str = wkt[wkt.index('DATUM["') :]
    depths = np.cumsum([(letter == "[") - (letter == "]") for letter in part])
    ends = [end for end, depth in enumerate(depths) if depth == 0 and part[end] == "]"]
    return part[: ends[0] + 1]


def ground_m(crs: CRS, start: tuple[float, float], steps: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return the length in metres on the WGS 84 ellipsoid of each short step (in units of `crs`) from `start`.

    Chords between geocentric coordinates: exact to 1e-6 for steps below 10 km, also at the poles and the date line.
    """
    xs = np.array([start[0], *(start[0] + dx for dx, _ in steps)])
    ys = np.array([start[1], *(start[1] + dy for _, dy in steps)])
    lon, lat = (np.radians(values) for values in convert(crs, LON_LAT, xs, ys))
    normal = WGS84_RADIUS_M / np.sqrt(1 - WGS84_E2 * np.sin(lat) ** 2)
    flat = normal * np.cos(lat)
    xyz = np.stack([flat * np.cos(lon), flat * np.sin(lon), normal * (1 - WGS84_E2) * np.sin(lat)])
    lengths: NDArray[np.float64] = np.linalg.norm(xyz[:, 1:] - xyz[:, :1], axis=0)
    return lengths
