"""Straightening measured: `python -m tests.bench.bench_regularize [most buildings] [--library PYTHON]`.

How fast it is as buildings get more (by default up to 100,000), tracing included; what it makes of outlines that are
crisp, and of outlines that are rounded and ragged as a network's are. With `--library`, a Python that has
`buildingregulariser` straightens the same polygons beside it.
"""

from __future__ import annotations

import argparse
import subprocess  # nosec B404: runs the library it is compared with, in the library's own Python
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy import ndimage

from building_footprints_plugin.engine.polygonize import edges_of, trace
from building_footprints_plugin.engine.regularize import Demands, neighbourhoods, regularize

PIXEL = 0.3
TOLERANCE = 0.5
SPACING_M = 22.0
MIN_AREA_M2 = 10.0  # crumbs that noise breaks off
PLANS = (
    [(0, 0), (2, 0), (2, 1), (0, 1)],
    [(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)],
    [(0, 0), (3, 0), (3, 1), (2, 1), (2, 2), (1, 2), (1, 1), (0, 1)],
)
SAMPLE = 1000  # buildings that are compared with the truth
LIBRARY_S = 300  # the library is given up after so long
LIBRARY = """
import sys, time, shapely, geopandas
from buildingregulariser import regularize_geodataframe
outlines = geopandas.GeoDataFrame(geometry=list(shapely.from_wkb(open(sys.argv[1]).read().split())), crs="EPSG:32633")
started = time.process_time()
found = regularize_geodataframe(outlines, simplify_tolerance=0.5, num_cores=1)
seconds = time.process_time() - started
open(sys.argv[2], "w").write(chr(10).join([str(seconds), *shapely.to_wkb(found.geometry.to_numpy(), hex=True)]))
"""
Polygons = NDArray[np.object_]


@dataclass(frozen=True)
class Town:
    """Buildings as they are, and their outlines in pixels."""

    truth: Polygons
    outlines: Polygons
    seconds: float  # that tracing took


def town(count: int, sigma_px: float = 0.0, noise: float = 0.0, seed: int = 0) -> Town:
    """Return buildings in a grid, each turned its own way, every third one with a neighbour wall to wall."""
    rng = np.random.default_rng(seed)
    truth, outlines, seconds = [], [], 0.0
    for row, here in enumerate(np.array_split(np.arange(count), max(1, count // 500))):  # as strips of a raster come
        houses = _street(len(here), rng)
        pixels, place = _pixels(houses, sigma_px, noise, rng)
        started = time.process_time()
        edges = edges_of(pixels)
        found, numbers = trace(edges), pixels[edges.first_pixel()]
        found, numbers = (values[shapely.area(found) * PIXEL**2 > MIN_AREA_M2] for values in (found, numbers))
        seconds += time.process_time() - started
        shift = (place.c, place.f - row * 4 * SPACING_M)
        outlines.append(shapely.transform(found, lambda xy, shift=shift: xy * (PIXEL, -PIXEL) + shift))
        truth.append(shapely.transform(houses[numbers - 1], lambda xy, row=row: xy - (0, row * 4 * SPACING_M)))
    return Town(np.concatenate(truth), np.concatenate(outlines), seconds)


def _street(count: int, rng: np.random.Generator) -> Polygons:
    houses = []
    for k in range(count):
        shape = shapely.Polygon(np.array(PLANS[k % len(PLANS)]) * rng.uniform(3.5, 5.5, 2))
        parts = [shape, shapely.box(-6, 0, 0, shape.bounds[3])] if k % 3 == 0 else [shape]
        turn, cell = np.exp(1j * rng.uniform(0, np.pi)), np.array([k * SPACING_M, 0])
        for part in parts:
            point = (shapely.get_coordinates(part) @ (1, 1j)) * turn
            houses.append(shapely.Polygon(np.column_stack([point.real, point.imag]) + cell))
    return np.array(houses, dtype=object)


def _pixels(houses: Polygons, sigma_px: float, noise: float, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    left, bottom, right, top = shapely.total_bounds(houses)
    place = from_origin(left - 3, top + 3, PIXEL, PIXEL)
    size = int((top - bottom + 6) / PIXEL), int((right - left + 6) / PIXEL)
    labels = rasterize(zip(houses, range(1, len(houses) + 1), strict=True), size, transform=place, dtype="int32")
    if sigma_px == 0:
        return labels, place
    ragged = ndimage.gaussian_filter(rng.normal(size=size), 3)
    soft = ndimage.gaussian_filter((labels > 0).astype(float), sigma_px) + ragged * noise / ragged.std()
    nearest = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    return np.where(soft > 0.5, labels[tuple(nearest)], 0).astype(np.int32), place


def with_library(python: str, outlines: Polygons) -> tuple[Polygons, float]:
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "given.txt", Path(folder) / "found.txt"
        given.write_text("\n".join(shapely.to_wkb(outlines, hex=True)))
        command = [python, "-W", "ignore", "-c", LIBRARY, given, found]
        subprocess.run(command, check=True, timeout=LIBRARY_S)  # nosec B603: no shell
        seconds, *made = found.read_text().split()
    return np.array(shapely.from_wkb(made), dtype=object), float(seconds)


def right_angles(polygons: Polygons) -> float:
    """Return the share of corners within 2 degrees of a right angle."""
    angles = []
    for ring in shapely.get_rings(polygons):
        xy = shapely.get_coordinates(ring)[:-1]
        into, out = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
        angles.append(np.arctan2(into[:, 0] * out[:, 1] - into[:, 1] * out[:, 0], (into * out).sum(axis=1)))
    turn = np.degrees(np.abs(np.concatenate(angles)))
    return float((np.abs(turn[turn > 1] - 90) < 2).mean())


def line(name: str, made: Polygons, truth: Polygons, seconds: float) -> str:
    common = shapely.area(shapely.intersection(made, truth))
    iou = common / (shapely.area(made) + shapely.area(truth) - common)
    one, two = shapely.STRtree(made).query(made, predicate="intersects")
    both = shapely.area(shapely.intersection(made[one], made[two]))[one < two]
    vertices = (shapely.get_num_coordinates(made) - 1).sum() / (shapely.get_num_coordinates(truth) - 1).sum()
    return (
        f"{name:>20} {iou.mean():8.4f} {iou.min():8.3f} {right_angles(made):8.3f} {vertices:9.2f} "
        f"{int((both > 1e-6).sum()):9d} {int((~shapely.is_valid(made)).sum()):8d} {len(made) / seconds:9.0f}"
    )


def compare(name: str, scene: Town, library: str | None) -> None:
    print(f"\n{name}\n{'':>20} mean IoU  min IoU    right  vertices  overlaps  invalid  a second")
    print(line("outlines", scene.outlines, scene.truth, scene.seconds))
    group = neighbourhoods(scene.outlines, TOLERANCE)
    for method in ("simplify", "rectangular"):
        started = time.process_time()
        made = regularize(scene.outlines, group, Demands(method, TOLERANCE, PIXEL)).polygons
        print(line(method, made, scene.truth, time.process_time() - started))
    if library:
        try:
            made, seconds = with_library(library, scene.outlines)
        except subprocess.TimeoutExpired:
            print(f"{'buildingregulariser':>20} not done after {LIBRARY_S} s")
        else:
            print(line("buildingregulariser", made, scene.truth, seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("most", type=int, nargs="?", default=100_000)
    parser.add_argument("--library", metavar="PYTHON", help="a Python that has buildingregulariser")
    arguments = parser.parse_args()
    compare("crisp outlines", town(SAMPLE), arguments.library)
    compare("rounded and ragged outlines", town(SAMPLE, sigma_px=2.0, noise=0.1), arguments.library)
    print(f"\n{'buildings':>9} {'tracing':>9} {'simplify':>9} {'rectangular':>11}   seconds of one core")
    count = 1000
    while count <= arguments.most:
        scene = town(count)
        group, seconds = neighbourhoods(scene.outlines, TOLERANCE), []
        for method in ("simplify", "rectangular"):
            started = time.process_time()
            regularize(scene.outlines, group, Demands(method, TOLERANCE, PIXEL))
            seconds.append(time.process_time() - started)
        print(f"{len(scene.outlines):9d} {scene.seconds:9.2f} {seconds[0]:9.2f} {seconds[1]:11.2f}", flush=True)
        count *= 10


if __name__ == "__main__":
    main()
