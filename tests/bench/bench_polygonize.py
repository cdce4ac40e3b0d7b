"""From probability to straightened footprints: `python -m tests.bench.bench_polygonize [most footprints]`.

Real labelled tiles of a dense town, made soft as a network's answer is, are laid out side by side, again and again.
Shown are the footprints a second of one core for each step, as they get ten times more (by default up to 100,000), what
one of them takes compared with one of the fewest (1 is linear), the memory, and the whole command from a raster to a
GeoPackage. A million: `... bench_polygonize 1000000 --methods rectangular`; outlines only: `--methods` without any.

`--probabilities FILE` measures a raster that `segment` made instead: real contours have more corners, and are slower.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import resource
import subprocess  # nosec B404: starts this repository's own command line
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.transform import from_origin
from scipy import ndimage

from building_footprints_plugin.engine.footprints import BATCH, Settings
from building_footprints_plugin.engine.options import PolygonizeOptions
from building_footprints_plugin.engine.polygonize import CODE_MAX, Gathered, StripPolygonizer, Thresholds
from building_footprints_plugin.engine.raster import Grid, ProbabilityWriter, open_probability
from building_footprints_plugin.engine.regularize import Demands, reach_m, regularize

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "training" / "data" / "banepa"
PIXEL = 0.3
TOLERANCE = 0.5
METHODS = ("simplify", "rectangular")
ACROSS = 32  # tiles side by side
SIDE = 224  # pixels of a tile that are used
STRIP_ROWS = 256
SAMPLE_ROWS = 2 * SIDE  # shows how many footprints there are to a row
REPEATS = 5
NOT_LABELLED = 65535
BLUR_PX = 0.8
BORDER_PX = 2
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Ground:
    """What is known of strips of probability: thresholds, the size of a pixel, and how far groups reach."""

    thresholds: Thresholds
    pixel_m: float
    reach_px: int


MADE = Ground(Thresholds.of(0.5, 0.5, 0.9), PIXEL, 5)


def soft_tiles(place: Path) -> Codes:
    """Return codes (2, tiles * SIDE, SIDE) of building and interior, soft at the edges, none at the tiles' own edge."""
    shrink = json.loads((place / "place.json").read_text())["gsd_m"] / PIXEL
    parts = []
    for path in sorted((place / "instances").glob("*.png")):
        with rasterio.open(path) as tile:
            numbers = tile.read(1, out_shape=(round(tile.height * shrink), round(tile.width * shrink)))[:SIDE, :SIDE]
        if numbers.shape == (SIDE, SIDE):
            numbers[numbers == NOT_LABELLED] = 0
            parts.append(_soft(numbers))
    return np.concatenate(parts, axis=1)


def _soft(numbers: NDArray[np.uint16]) -> Codes:
    size = 2 * BORDER_PX + 1
    inner = ndimage.minimum_filter(numbers, size) == ndimage.maximum_filter(numbers, size)
    both = np.stack([numbers > 0, inner & (numbers > 0)]).astype(np.float32)
    both[:, [0, 1, -2, -1]] = both[:, :, [0, 1, -2, -1]] = 0
    soft: Codes = np.rint(ndimage.gaussian_filter(both, (0, BLUR_PX, BLUR_PX)) * CODE_MAX).astype(np.uint8)
    return soft


def strips(tiles: Codes, rows: int) -> Iterator[Codes]:
    """Yield `rows` rows of ground, in strips: tile columns that begin with different tiles, repeated downwards."""
    sheet = np.concatenate([np.roll(tiles, -k * SIDE, axis=1) for k in range(ACROSS)], axis=2)
    for row in range(0, rows, STRIP_ROWS):
        yield sheet.take(np.arange(row, min(rows, row + STRIP_ROWS)), axis=1, mode="wrap")


def steps(
    strips: Iterable[Codes], methods: tuple[str, ...] = METHODS, ground: Ground = MADE
) -> tuple[int, dict[str, float]]:
    """Return how many footprints the strips have, and the seconds of processor that each step took."""
    polygonizer, gathered = StripPolygonizer(ground.thresholds, ground.reach_px), Gathered(BATCH)
    count, pixel_m = 0, ground.pixel_m
    seconds = dict.fromkeys(("polygonize", *methods), 0.0)
    for codes in itertools.chain(strips, [None]):
        began = time.process_time()
        found = polygonizer.finish() if codes is None else polygonizer.push(codes)
        seconds["polygonize"] += time.process_time() - began
        count += len(found.polygons)
        for batch, method in itertools.product(gathered.parts(found, is_all=codes is None), methods):
            metres = np.asarray(shapely.transform(batch.polygons, lambda xy: xy * (pixel_m, -pixel_m)), dtype=object)
            began = time.process_time()
            regularize(metres, batch.group, Demands(method, TOLERANCE, pixel_m))
            seconds[method] += time.process_time() - began
    return count, seconds


def more_and_more(tiles: Codes, most: int, methods: tuple[str, ...]) -> None:
    """Print a line for 1,000 footprints, for ten times as many, and so on."""
    sample, _ = steps(strips(tiles, SAMPLE_ROWS), ())
    names = [
        "footprints",
        "polygonize",
        *methods,
        *(["with rectangular"] if "rectangular" in methods else []),
        "each, x first",
        "peak MB",
    ]
    print("footprints a second of one core\n" + " ".join(f"{name:>16}" for name in names), flush=True)
    first, size = 0.0, 1000
    while size <= most:
        count, seconds = steps(strips(tiles, round(SAMPLE_ROWS * size / sample)), methods)
        both = [seconds["polygonize"] + seconds["rectangular"]] if "rectangular" in methods else []
        each = sum(seconds.values()) / count
        first = first or each
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        rates = " ".join(f"{count / value:16,.0f}" for value in [*seconds.values(), *both])
        print(f"{count:16,d} {rates} {each / first:16.2f} {peak:16.0f}", flush=True)
        size *= 10


def of_raster(path: Path, methods: tuple[str, ...]) -> None:
    """Print a line for a probability raster: footprints a second, of each step the best of `REPEATS`."""
    with open_probability(path) as reader:
        grid, thresholds = reader.grid, Settings.of(PolygonizeOptions(), reader.thresholds).thresholds
        codes = reader.read(0, 0, grid.height, grid.width)
    pixel_m = grid.transform.a
    ground = Ground(thresholds, pixel_m, math.ceil(reach_m(TOLERANCE, pixel_m) / pixel_m))
    best: dict[str, float] = {}
    for _ in range(REPEATS):
        parts = (codes[:, row : row + STRIP_ROWS] for row in range(0, grid.height, STRIP_ROWS))
        count, seconds = steps(parts, methods, ground)
        best = {name: min(value, best.get(name, math.inf)) for name, value in seconds.items()}
    for name in methods:
        best[f"with {name}"] = best["polygonize"] + best[name]
    rates = ", ".join(f"{name} {count / value:,.0f}" for name, value in best.items())
    print(f"{count:,d} footprints on pixels of {pixel_m:g} m; a second of one core: {rates}", flush=True)


def command(tiles: Codes, rows: int, options: list[str]) -> None:
    """Measure the command on a raster of `rows` rows, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        raster, output = Path(folder) / "probability.tif", Path(folder) / "buildings.gpkg"
        width = ACROSS * SIDE
        grid = Grid(CRS.from_epsg(32633), from_origin(500_000, 5_000_000, PIXEL, PIXEL), width, rows)
        with ProbabilityWriter(raster, grid, (0, 0, rows, width)) as writer:
            for number, codes in enumerate(strips(tiles, rows)):
                writer.write(number * STRIP_ROWS, codes)
        words = [sys.executable, "-m", "building_footprints_plugin.engine", "polygonize", str(raster), str(output)]
        began = time.perf_counter()
        with subprocess.Popen([*words, "--json", *options], stdout=subprocess.PIPE, cwd=ROOT) as process:  # nosec B603
            report = json.loads(process.stdout.read()) if process.stdout else {}
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = 0
        cpu = used.ru_utime + used.ru_stime
        print(
            f"{' '.join(options):>24} {report['count']:10,d} {report['megapixels']:10.0f} "
            f"{time.perf_counter() - began:8.1f} {cpu:8.1f} {report['count'] / cpu:10.0f} {used.ru_maxrss / 1e3:8.0f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("most", type=int, nargs="?", default=100_000)
    parser.add_argument("--place", type=Path, default=PLACE, metavar="DIR", help="a place of the training data")
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=METHODS, help="how outlines are straightened")
    parser.add_argument("--probabilities", type=Path, metavar="FILE", help="a raster that segment made, instead")
    arguments = parser.parse_args()
    if arguments.probabilities is not None:
        of_raster(arguments.probabilities, tuple(arguments.methods))
        return
    tiles = soft_tiles(arguments.place)
    more_and_more(tiles, arguments.most, tuple(arguments.methods))
    rows = round(SAMPLE_ROWS * min(arguments.most, 20_000) / steps(strips(tiles, SAMPLE_ROWS), ())[0])
    print(f"{'the whole command':>24} footprints megapixels  seconds      cpu a cpu second peak MB")
    for method in ("none", *arguments.methods):
        command(tiles, rows, ["--regularize", method])


if __name__ == "__main__":
    main()
