"""Which polygons of the two sides meet, and by how much."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .presets import Preset
from .sides import Side

CHUNK = 20_000  # pairs whose intersections are in memory at once, per thread: about 10 MB
DOUBT = 1e-9  # IoUs this close to a limit are computed again, by the union the scorer itself computes
Progress = Callable[[float], None]


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


def candidates(first: Side, second: Side) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
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
    overlap, kind = measure_overlaps(proposals.geometry, truth.geometry, (p, t), progress)
    with np.errstate(invalid="ignore", divide="ignore"):
        iou = np.nan_to_num(overlap / (proposals.area[p] + truth.area[t] - overlap), posinf=0.0, neginf=0.0)
    if preset.union_by_overlay:
        doubtful = ~truth.valid[t]
        for limit in limits:
            doubtful |= np.abs(iou - limit) < DOUBT
        doubtful &= overlap > 0
        iou[doubtful] = _overlay_iou(proposals.geometry[p[doubtful]], truth.geometry[t[doubtful]], overlap[doubtful])
    mixed = np.zeros(len(iou), dtype=bool)
    if preset.mixed_overlap_is_zero:
        mixed = (overlap > 0) & (kind == 7)
    iou[mixed | ~(proposals.sound[p] & truth.sound[t])] = 0.0
    return Pairs(p, t, overlap, np.clip(iou, 0.0, 1.0), int(mixed.sum()))


def measure_overlaps(
    first: NDArray[np.object_],
    second: NDArray[np.object_],
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]],
    progress: Progress,
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return area and geometry type (m,) of the intersection of each pair, in chunks over all processors."""
    spans = [slice(start, start + CHUNK) for start in range(0, len(pairs[0]), CHUNK)]
    area, kind = np.zeros(len(pairs[0])), np.zeros(len(pairs[0]), dtype=np.int32)
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        results = pool.map(lambda span: _areas(first[pairs[0][span]], second[pairs[1][span]]), spans)
        for done, (span, result) in enumerate(zip(spans, results, strict=True), start=1):
            area[span], kind[span] = result
            progress(done / len(spans))
    finally:  # progress raises when the run is cancelled: what has not begun is then left
        pool.shutdown(cancel_futures=True)
    return area, kind


def _areas(a: NDArray[np.object_], b: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    shapes = _overlay(shapely.intersection, a, b)
    return np.nan_to_num(shapely.area(shapes)), shapely.get_type_id(shapes)


def _overlay_iou(a: NDArray[np.object_], b: NDArray[np.object_], overlap: NDArray[np.float64]) -> NDArray[np.float64]:
    union = shapely.area(_overlay(shapely.union, a, b))
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
