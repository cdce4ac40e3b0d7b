"""Coordinate reference systems of vector data: comparing them, and moving geometries from one to another."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import warp
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError

from ..errors import BadInput

WEB_MERCATOR = 3857
FARTHEST = 1e9  # in units of any CRS


def parse_crs(text: str) -> CRS:
    """Return the CRS an authority code, WKT or PROJ text means; raise BadInput when it means none."""
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise BadInput(
            f"{text[:60]!r} is no coordinate reference system; expected a code such as EPSG:32633."
        ) from error


def same_crs(first: str | None, second: str | None) -> bool:
    """Return whether coordinates need no change from one to the other; an unknown CRS (None) equals any."""
    if first is None or second is None or first == second:
        return True
    return bool(parse_crs(first) == parse_crs(second))


def crs_name(text: str | None) -> str:
    """Return a CRS as a person reads it: its code with its name."""
    if text is None:
        return "unknown"
    crs = parse_crs(text)
    name = crs.wkt.partition('"')[2].partition('"')[0]
    authority = crs.to_authority()
    return f"{':'.join(authority)} ({name})" if authority else name


def metric_crs(text: str | None, centre: tuple[float, float]) -> str | None:
    """Return `text` itself where its unit is the metre, else the UTM zone (WGS 84) at `centre` (x, y in `text`).

    Web Mercator counts as not metric: its metres are longer than the ground's by 1 / cos(latitude).
    """
    if text is None:
        return None
    crs = parse_crs(text)
    if crs.is_projected and crs.linear_units_factor[1] == 1.0 and crs.to_epsg() != WEB_MERCATOR:
        return text
    longitude, latitude = move(np.array([centre]), crs, CRS.from_epsg(4326))[0]
    zone = int(np.clip((longitude + 180) // 6 + 1, 1, 60))
    return f"EPSG:{(32600 if latitude >= 0 else 32700) + zone}"


def reproject(geometry: NDArray[np.object_], source: str | None, target: str | None) -> NDArray[np.object_]:
    """Return 2-D `geometry` with vertices moved from CRS `source` to `target`; unchanged where either is unknown.

    Raises BadInput when there are coordinates outside of where the two are defined.
    """
    if same_crs(source, target) or len(geometry) == 0 or source is None or target is None:
        return geometry
    start, end = parse_crs(source), parse_crs(target)
    return np.asarray(shapely.transform(geometry, lambda xy: move(xy, start, end)), dtype=object)


def move(xy: NDArray[np.float64], start: CRS, end: CRS) -> NDArray[np.float64]:
    """Return coordinates (n, 2), x before y, in another CRS; raises BadInput where it is not defined."""
    moved = np.full_like(xy, np.inf)
    if (np.abs(xy) <= FARTHEST).all():  # PROJ takes for ever to bring 1e20 degrees back into a turn
        with suppress(CPLE_BaseError):
            moved = np.column_stack(warp.transform(start, end, xy[:, 0], xy[:, 1])[:2])
    if not np.isfinite(moved).all():
        box = ", ".join(f"{value:g}" for value in (*xy.min(axis=0), *xy.max(axis=0)))
        raise BadInput(f"There are coordinates outside {crs_name(start.to_wkt())} (extent {box}); correct the CRS.")
    return moved
