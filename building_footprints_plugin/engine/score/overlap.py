"""Which polygons of the two sides meet, and by how much."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from .presets import Preset
from .sides import Side
from .trapezoids import MOST_EDGE_PAIRS, overlap_areas, widths_of

CHUNK = 2_000  # pairs whose intersections are in memory at once, per thread: few, so that all threads have some
DOUBT = 1e-7  # IoUs this close to a limit are computed again, by the overlays the scorer itself computes
EQUAL = 1e-12  # IoUs this close to 1 are those of equal polygons
SLIVER = 1e-9  # overlap, as a share of the smaller polygon, below which it is the rounding of a touch
COLLECTION = 7  # GEOS's number for an overlap of mixed type
Progress = Callable[[float], None]
Numbers = tuple[NDArray[np.intp], NDArray[np.intp]]
Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs, arrays (m,): numbers into the two sides, area of overlap, IoU by the preset's rule.

    `mixed` counts pairs whose IoU the preset sets to 0 because their overlap holds a line or point besides areas.
    """

    proposal: NDArray[np.intp]
    truth: NDArray[np.intp]
    overlap: NDArray[np.float64]
    iou: NDArray[np.float64]
    mixed: int = 0


def candidates(first: Side, second: Side) -> Numbers:
    """Return numbers (m,), (m,) of the pairs in the same image whose bounding boxes meet."""
    if len(first) == 0 or len(second) == 0:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    found = [
        (mine[pairs[0]], theirs[pairs[1]])
        for mine, theirs in _by_image(first, second)
        for pairs in [shapely.STRtree(second.geometry[theirs]).query(first.geometry[mine])]
    ]
    if not found:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    return np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])


def _by_image(first: Side, second: Side) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the polygons of each image that both sides have."""
    orders = [np.argsort(side.image, kind="stable") for side in (first, second)]
    images = first.image[orders[0]], second.image[orders[1]]
    common = np.intersect1d(images[0], images[1])
    spans = [zip(*(np.searchsorted(each, common + step) for step in (0, 1)), strict=True) for each in images]
    for mine, theirs in zip(*spans, strict=True):
        yield orders[0][slice(*mine)], orders[1][slice(*theirs)]


def measure_pairs(proposals: Side, truth: Side, preset: Preset, limits: tuple[float, ...], progress: Progress) -> Pairs:
    """Return the overlap and IoU of all candidate pairs; `limits` are the IoUs that decisions hang on."""
    p, t = candidates(proposals, truth)
    overlap, mixed = _measure(proposals, truth, (p, t), preset.mixed_overlap_is_zero, progress)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = np.nan_to_num(overlap / (proposals.area[p] + truth.area[t] - overlap), posinf=0.0, neginf=0.0)
    iou[iou > 1.0 - EQUAL] = 1.0
    if preset.union_by_overlay:
        doubtful = ~truth.valid[t]
        for limit in limits:
            doubtful |= np.abs(iou - limit) < DOUBT
        doubtful &= overlap > 0
        iou[doubtful] = _overlay_iou(proposals.geometry[p[doubtful]], truth.geometry[t[doubtful]])
    iou[mixed | ~(proposals.sound[p] & truth.sound[t])] = 0.0
    return Pairs(p, t, overlap, np.clip(iou, 0.0, 1.0), int(mixed.sum()))


def _measure(
    proposals: Side, truth: Side, pairs: Numbers, find_mixed: bool, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the area of overlap (m,), and which overlaps hold more than areas (all False unless asked for).

    Small valid polygons go through `trapezoids`; GEOS does the others, and those whose overlap may be of mixed type.
    """
    p, t = pairs
    widths = widths_of(proposals.geometry)[p], widths_of(truth.geometry)[t]
    small = proposals.valid[p] & truth.valid[t] & (widths[0] * widths[1] <= MOST_EDGE_PAIRS)
    small &= (widths[0] > 0) & (widths[1] > 0)
    overlap, touch = np.zeros(len(p)), np.zeros(len(p), dtype=bool)

    def work(chunk: _Chunk) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        sides = proposals.geometry[p[chunk.numbers]], truth.geometry[t[chunk.numbers]]
        return overlap_areas(*sides, chunk.widths, find_mixed)

    for chunk, result in in_parallel(work, _chunks(np.flatnonzero(small), widths), progress):
        overlap[chunk.numbers], touch[chunk.numbers] = result
    overlap[overlap < SLIVER * np.minimum(proposals.area[p], truth.area[t])] = 0.0
    rest = np.flatnonzero(~small | (touch & (overlap > 0)))
    exact, kind = measure_overlaps(proposals.geometry, truth.geometry, (p[rest], t[rest]), progress)
    overlap[rest] = exact
    mixed = np.zeros(len(p), dtype=bool)
    mixed[rest] = find_mixed & (exact > 0) & (kind == COLLECTION)
    return overlap, mixed


@dataclass(frozen=True)
class _Chunk:
    """Pairs, by number, whose polygons have at most `widths` edges on either side."""

    numbers: NDArray[np.intp]
    widths: tuple[int, int]


def _chunks(numbers: NDArray[np.intp], widths: tuple[NDArray[np.intp], NDArray[np.intp]]) -> list[_Chunk]:
    key = widths[0][numbers] * 1000 + widths[1][numbers]
    numbers = numbers[np.argsort(key, kind="stable")]
    found: list[_Chunk] = []
    for size, begin in zip(*np.unique(np.sort(key), return_index=True), strict=True):
        group = numbers[begin : begin + int((key == size).sum())]
        found += [_Chunk(group[k : k + CHUNK], divmod(int(size), 1000)) for k in range(0, len(group), CHUNK)]
    return found


def measure_overlaps(
    first: NDArray[np.object_], second: NDArray[np.object_], pairs: Numbers, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return area and geometry type (m,) of the intersection of each pair by GEOS, in chunks."""
    spans = [slice(start, start + CHUNK) for start in range(0, len(pairs[0]), CHUNK)]
    area, kind = np.zeros(len(pairs[0])), np.zeros(len(pairs[0]), dtype=np.int32)

    def work(span: slice) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        return _areas(first[pairs[0][span]], second[pairs[1][span]])

    for span, result in in_parallel(work, spans, progress):
        area[span], kind[span] = result
    return area, kind


def in_parallel(work: Callable[[Task], Result], tasks: list[Task], progress: Progress) -> Iterator[tuple[Task, Result]]:
    """Yield each task with its result, in order, from as many threads as there are processors for this process.

    `progress` raises when the run is cancelled; what has not begun is then left.
    """
    pool = ThreadPoolExecutor(processors())
    try:
        for done, result in enumerate(pool.map(work, tasks), start=1):
            yield tasks[done - 1], result
            progress(done / len(tasks))
    finally:
        pool.shutdown(cancel_futures=True)


def processors() -> int:
    """Return how many processors this process may use: more threads than that hinder one another."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _areas(a: NDArray[np.object_], b: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    shapes = _overlay(shapely.intersection, a, b)
    return np.nan_to_num(shapely.area(shapes)), shapely.get_type_id(shapes)


def _overlay_iou(a: NDArray[np.object_], b: NDArray[np.object_]) -> NDArray[np.float64]:
    overlap, union = (
        np.nan_to_num(shapely.area(_overlay(each, a, b))) for each in (shapely.intersection, shapely.union)
    )
    iou = np.zeros(len(union))
    np.divide(overlap, union, out=iou, where=union > 0)
    return iou


def _overlay(
    operation: Callable[..., NDArray[np.object_]], a: NDArray[np.object_], b: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Apply a GEOS overlay to arrays; a pair it cannot do (an invalid outline) gives None."""
    try:
        return np.asarray(operation(a, b), dtype=object)
    except shapely.GEOSException:
        return np.array([_overlay_one(operation, one, other) for one, other in zip(a, b, strict=True)], dtype=object)


def _overlay_one(operation: Callable[..., object], one: object, other: object) -> object:
    try:
        return operation(one, other)
    except shapely.GEOSException:
        return None
