"""How fast a score is: `python -m tests.bench.bench_score [most polygons]`, by default 1,000,000.

Three questions, each against something measured in the same run, as machines and their load differ:
matching against the bare STRtree query plus the areas of the same pairs' intersections; matching against two loops over
polygons, one as solaris does it; and the whole command on GeoPackages in seconds and memory.
"""

from __future__ import annotations

import json
import resource
import subprocess  # nosec B404: starts this repository's own command line
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from building_footprints_plugin.engine.score import PRESETS, Rule, Side, score_polygons, shape_figures
from building_footprints_plugin.engine.score.matching import match
from building_footprints_plugin.engine.score.overlap import measure_pairs
from building_footprints_plugin.engine.vector import FootprintWriter

ROOT = Path(__file__).resolve().parents[2]
OUTLINE = np.array([[-1, -1], [1, -1], [1, 0.2], [0.2, 0.2], [0.2, 1], [-1, 1], [-1, -1]])  # an L, as many houses are
SPACING_M = 20.0
CHUNK = 20_000
Polygons = NDArray[np.object_]
Sides = tuple[Polygons, Polygons]


class Cost(NamedTuple):
    """Seconds by the clock, and seconds of processor over all cores: the second hardly depends on other load."""

    clock: float
    cpu: float

    def over(self, other: Cost) -> str:
        return f"{self.clock / other.clock:5.2f} ({self.cpu / other.cpu:5.2f})"


def town(count: int, seed: int = 0) -> Sides:
    """Return `count` L-shaped buildings on a 20 m grid, each turned its own way, and as many imperfect footprints."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count)))
    place = np.column_stack(np.divmod(np.arange(count), side)) * SPACING_M
    size, angle = rng.uniform(3, 7, (count, 2)), rng.uniform(0, np.pi, count)
    truth = houses(place, size, angle)
    shift, stretch = rng.normal(0, 0.7, (count, 2)), rng.uniform(0.85, 1.15, (count, 2))
    return houses(place + shift, size * stretch, angle + rng.normal(0, 0.05, count)), truth


def houses(place: NDArray[np.float64], size: NDArray[np.float64], angle: NDArray[np.float64]) -> Polygons:
    x, y = (OUTLINE[:, axis] * size[:, axis : axis + 1] for axis in (0, 1))
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    ring = np.stack([x * cosine - y * sine, x * sine + y * cosine], axis=-1) + place[:, None, :]
    return np.asarray(shapely.polygons(ring + (500_000.0, 5_000_000.0)), dtype=object)


def fastest(work: Callable[[Polygons, Polygons], object], sides: Sides) -> Cost:
    """Return what the fastest of three runs took (one run of what is large)."""
    costs = []
    for _ in range(3 if len(sides[0]) <= 10**4 else 1):
        start, busy = time.perf_counter(), time.process_time()
        work(*sides)
        costs.append(Cost(time.perf_counter() - start, time.process_time() - busy))
    return min(costs)


def matching(proposals: Polygons, truth: Polygons) -> None:
    """The score in full: matching, average precision, sweep, sizes, splits, offset, pixel IoU."""
    confidence = np.random.default_rng(1).random(len(proposals))
    score_polygons(Side.of(proposals, confidence), Side.of(truth), Rule(PRESETS["spacenet"]))


def matching_alone(proposals: Polygons, truth: Polygons) -> int:
    """What the loops below do, and no more: which proposals are right, by solaris' rule in the order of the file."""
    sides, preset = (Side.of(proposals), Side.of(truth)), PRESETS["solaris"]
    pairs = measure_pairs(*sides, preset, (0.5,), lambda done: None)
    return int((match(pairs, np.arange(len(proposals)), 0.5, preset.strict_iou) >= 0).sum())


def shapes(proposals: Polygons, truth: Polygons) -> None:
    """The figures of `score --shapes`, every footprint matched with its building."""
    shape_figures(proposals, truth, np.repeat(np.arange(len(truth)), 2).reshape(-1, 2))


def bare(proposals: Polygons, truth: Polygons) -> None:
    p, t = shapely.STRtree(truth).query(proposals)
    for start in range(0, len(p), CHUNK):
        span = slice(start, start + CHUNK)
        shapely.area(shapely.intersection(proposals[p[span]], truth[t[span]]))


def like_solaris(proposals: Polygons, truth: Polygons) -> int:
    """The steps of solaris' Evaluator.eval_iou: every proposal is tested against the whole table of free buildings.

    Validity first, then the IoU of each building it meets by an intersection and a union, the best one above the limit
    leaves the table. Without the data frames that solaris makes and copies on the way, which cost it 15 times as much.
    """
    free = truth
    for proposal in proposals:
        if not proposal.is_valid:
            proposal = proposal.buffer(0.0)
        meets = np.flatnonzero(shapely.intersects(free, proposal))
        ious = [_iou(proposal, free[n]) if proposal.is_valid and free[n].is_valid else 0.0 for n in meets]
        if ious and max(ious) > 0.5:
            free = np.delete(free, meets[int(np.argmax(ious))])
    return len(truth) - len(free)


def indexed_loop(proposals: Polygons, truth: Polygons) -> int:
    """The least a loop over polygons does: one query of a spatial index each, then IoU by IoU of what is free."""
    tree, taken = shapely.STRtree(truth), set()
    for proposal in proposals:
        meets = [n for n in tree.query(proposal).tolist() if n not in taken]
        ious = [_iou(proposal, truth[n]) for n in meets]
        if ious and max(ious) > 0.5:
            taken.add(meets[int(np.argmax(ious))])
    return len(taken)


def _iou(one: shapely.Polygon, other: shapely.Polygon) -> float:
    return float(one.intersection(other).area / one.union(other).area)


def loops() -> None:
    """The same 10,000 polygons matched by us and one after another."""
    sides = town(10**4)
    ours, right = fastest(matching_alone, sides), matching_alone(*sides)
    print(f"matching alone of 10,000: {ours.clock * 100:.1f} ({ours.cpu * 100:.1f}) µs a polygon, {right:,} are right")
    for name, way in (("as solaris does it, without its data frames", like_solaris), ("with an index", indexed_loop)):
        if way(*sides) != right:
            raise SystemExit(f"The loop {name} finds another number right: the comparison means nothing.")
        slow = fastest(way, sides)
        print(f"loop {name}: {slow.clock * 100:.0f} ({slow.cpu * 100:.0f}) µs a polygon, {slow.over(ours)} times ours")


def measure_shapes() -> None:
    for size in (10**3, 10**4):
        cost = fastest(shapes, town(size))
        print(
            f"shapes of {size:,} matched pairs: {cost.clock / size * 1e6:.0f} ({cost.cpu / size * 1e6:.0f}) µs a pair"
        )


def command(proposals: Polygons, truth: Polygons) -> None:
    """The whole command on two GeoPackages, in a process of its own: seconds, and the most memory it held."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("proposals.gpkg", "truth.gpkg")]
        for path, side in zip(paths, (proposals, truth), strict=True):
            write(path, side)
        words = [sys.executable, "-m", "building_footprints_plugin.engine", "score", *paths, "--json"]
        start = time.perf_counter()
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)  # nosec B603: own command
        seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory, cpu = used.ru_maxrss / 1e6, used.ru_utime + used.ru_stime
    print(
        f"command, {len(truth):,} against {len(proposals):,} from GeoPackages: {seconds:.1f} s ({cpu:.1f}), "
        f"{memory:.2f} GB at most, F1 {json.loads(done.stdout)['f1']:.4f}   (goal at 1,000,000: 60 s, 4 GB)"
    )


def write(path: str, polygons: Polygons) -> None:
    fields = {
        "id": np.arange(len(polygons)) + 1,
        "confidence": np.random.default_rng(2).random(len(polygons)),
        "area_m2": shapely.area(polygons),
        "perimeter_m": shapely.length(polygons),
    }
    with FootprintWriter(path, "EPSG:32633") as writer:
        writer.write(polygons, fields)


def main(most: int) -> None:
    sizes = [size for size in (10**3, 10**4, 10**5, 10**6) if size <= most]
    print("in brackets: processor time. Goals: ratio 1.5 to the bare query and overlaps, 15 to the loop")
    print("polygons on each side      matching        µs a polygon        bare          ratio")
    for size in sizes:
        sides = town(size)
        ours, theirs = fastest(matching, sides), fastest(bare, sides)
        micro = 1e6 / size
        print(
            f"{size:21,} {ours.clock:9.2f} s {ours.clock * micro:11.1f} ({ours.cpu * micro:4.1f}) "
            f"{theirs.clock:11.2f} s   {ours.over(theirs)}"
        )
    loops()
    measure_shapes()
    command(*town(sizes[-1]))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10**6)
