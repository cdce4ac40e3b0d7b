"""Probability to outlines: separate, whole, and the same in any strips."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from building_footprints_plugin.engine.polygonize import (
    Outlines,
    StripPolygonizer,
    Thresholds,
    concatenate,
    label_buildings,
)

HALF = Thresholds.of(0.5, 0.5)


def codes(height: int, width: int) -> NDArray[np.uint8]:
    return np.zeros((2, height, width), np.uint8)


def add(array: NDArray[np.uint8], rows: slice, cols: slice, border: int = 2, value: int = 200) -> None:
    """Draw a building as a perfect network sees it: probability everywhere, interior without its border."""
    array[0, rows, cols] = value
    array[1, rows.start + border : rows.stop - border, cols.start + border : cols.stop - border] = value


def outlines(array: NDArray[np.uint8], cuts: Sequence[int] = (), reach: int = 2, cut_rows: int = 2048) -> Outlines:
    polygonizer = StripPolygonizer(HALF, reach, cut_rows)
    parts = [polygonizer.push(part) for part in np.split(array, list(cuts), axis=1) if part.shape[1]]
    return concatenate([*parts, polygonizer.finish()])


def as_set(found: Outlines) -> set[tuple[str, float]]:
    pairs = zip(found.polygons, found.confidence, strict=True)
    return {(shapely.normalize(polygon).wkt, round(value, 9)) for polygon, value in pairs}


def test_a_building_is_exactly_its_pixels() -> None:
    array = codes(20, 30)
    add(array, slice(5, 12), slice(8, 20))
    found = outlines(array)
    assert [polygon.equals(shapely.box(8, 5, 20, 12)) for polygon in found.polygons] == [True]
    assert found.confidence == pytest.approx([200 / 250])


def test_touching_houses_stay_apart_and_lose_nothing() -> None:
    array = codes(30, 60)
    add(array, slice(5, 20), slice(5, 25))
    add(array, slice(5, 20), slice(25, 45))
    found = outlines(array)
    assert sorted(shapely.area(found.polygons)) == [300, 300]
    assert shapely.area(shapely.intersection(*found.polygons)) == 0
    assert len(set(found.group)) == 1


def test_a_building_too_small_for_a_seed_is_kept() -> None:
    array = codes(20, 20)
    array[0, 5:8, 5:8] = 200
    assert shapely.area(outlines(array).polygons).tolist() == [9]


def test_a_courtyard_is_a_hole() -> None:
    array = codes(40, 40)
    add(array, slice(5, 35), slice(5, 35))
    array[:, 15:25, 15:25] = 0
    polygon = outlines(array).polygons[0]
    assert shapely.area(polygon) == 900 - 100
    assert shapely.get_num_interior_rings(polygon) == 1


def test_nothing_lies_on_ground_that_is_not_there() -> None:
    array = codes(20, 40)
    add(array, slice(5, 15), slice(5, 35))
    array[:, :, 18:22] = 255
    found = outlines(array)
    assert len(found.polygons) == 2
    assert shapely.total_bounds(found.polygons).tolist() == [5, 5, 35, 15]
    assert shapely.area(found.polygons).sum() == 10 * 26


@pytest.mark.parametrize(
    ("value", "found"),
    [pytest.param(124, 0, id="just below the threshold"), pytest.param(125, 1, id="at the threshold")],
)
def test_threshold(value: int, found: int) -> None:
    array = codes(20, 20)
    add(array, slice(5, 15), slice(5, 15), value=value)
    assert len(outlines(array).polygons) == found


def test_probability_zero_is_never_a_building() -> None:
    assert Thresholds.of(0.0, 0.0) == Thresholds(1, 1)


def test_empty_raster_gives_nothing() -> None:
    assert len(outlines(codes(50, 50)).polygons) == 0
    assert len(StripPolygonizer(HALF, 2).finish().polygons) == 0


def landscape(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """Return blobs of every size and kind, saturated and not, smooth and in steps, with a gap of nodata."""
    rng = np.random.default_rng(seed)
    waves = ndimage.gaussian_filter(rng.normal(size=(height, width)), rng.uniform(1, 5))
    waves = (waves - waves.min()) / np.ptp(waves)
    array = np.stack([np.clip(2 * waves - 0.5, 0, 1), np.clip(3 * waves - 1.2, 0, 1)])
    step = (1, 25, 125)[seed % 3]
    array = (np.rint(array * 250 / step) * step).astype(np.uint8)
    array[:, :, width // 3] = 255
    return array


@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=st.integers(0, 10_000), cut_rows=st.sampled_from([40, 2048]))
def test_outlines_do_not_depend_on_the_strips(data: st.DataObject, seed: int, cut_rows: int) -> None:
    array = landscape(seed, 150, 90)
    cuts = sorted(data.draw(st.lists(st.integers(0, 150), max_size=20)))
    whole, pieces = outlines(array, cut_rows=cut_rows), outlines(array, cuts, cut_rows=cut_rows)
    assert as_set(whole) == as_set(pieces)
    assert len(whole.polygons) == len(pieces.polygons)


OUTLINES = {0: "96ea080dca8d5d3e", 1: "346a2825640bdaf4", 2: "e812017f6a5c2033", 3: "e52e53b954be0094"}


@pytest.mark.parametrize("seed", sorted(OUTLINES))
def test_outlines_are_what_they_always_were(seed: int) -> None:
    """Digests of all polygons and confidences, in order, as they were before anything was made faster."""
    waves = np.random.default_rng(seed).integers(0, 251, (2, 90, 110))
    for axis in (1, 2) * (1 + seed):  # whole numbers only: the same on every machine
        waves = waves + 2 * np.roll(waves, 1, axis) + np.roll(waves, 2, axis)
    span = waves.max() - waves.min()
    array = (250 * (waves - waves.min()) // span).astype(np.uint8)
    array[:, 40:43, : 30 * (seed % 2)] = 255
    polygonizer = StripPolygonizer(Thresholds(120 + seed, 130, 0.9), 2)
    found = concatenate([polygonizer.push(array), polygonizer.finish()])
    digest = hashlib.sha256(b"".join(shapely.to_wkb(found.polygons, byte_order=1)))
    digest.update(np.round(found.confidence * 1e9).astype("<i8").tobytes())
    assert digest.hexdigest()[:16] == OUTLINES[seed]


@pytest.mark.parametrize("top", range(6, 10))
@pytest.mark.parametrize("cut", range(4, 20))
def test_a_slope_above_a_building_is_remembered(top: int, cut: int) -> None:
    """Two rows of background decide where the outline runs; they are kept with a building that waits."""
    array = codes(40, 30)
    array[:, top : top + 9, 5:20] = 200
    array[0, top - 1, 5:20] = 100
    assert as_set(outlines(array)) == as_set(outlines(array, [cut]))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), reach=st.integers(1, 4))  # extraction never reaches less than a pixel
def test_groups_keep_their_distance(seed: int, reach: int) -> None:
    found = outlines(landscape(seed, 80, 70), reach=reach)
    tree = shapely.STRtree(found.polygons)
    left, right = tree.query(found.polygons, predicate="dwithin", distance=2 * reach - 1e-9)
    assert (found.group[left] == found.group[right]).all()


def test_memory_follows_the_strip() -> None:
    """Rows are let go as soon as their buildings are whole."""
    polygonizer = StripPolygonizer(HALF, 2)
    for _ in range(20):
        strip = codes(100, 50)
        add(strip, slice(20, 40), slice(10, 30))
        polygonizer.push(strip)
        assert polygonizer._waiting.nbytes <= 2 * 100 * 50


def test_ground_that_is_building_all_over_is_cut_rather_than_kept_in_memory() -> None:
    polygonizer = StripPolygonizer(HALF, 2, cut_rows=100)
    held, found = [], []
    for _ in range(20):
        found.append(polygonizer.push(np.full((2, 50, 40), 200, np.uint8)))
        held.append(polygonizer._waiting.height)
    found.append(polygonizer.finish())
    assert max(held) <= 200
    polygons = concatenate(found).polygons
    assert shapely.area(polygons).sum() == 1000 * 40  # cut without a gap
    assert len(polygons) == 5


def test_a_city_without_a_gap_loses_no_building_to_the_cut() -> None:
    """Houses two pixels apart, all one group, across the rows where the group is parted: each is whole."""
    array = codes(1000, 40)
    for row in range(3, 990, 12):
        add(array, slice(row, row + 10), slice(4, 34))
    found, held = [], []
    polygonizer = StripPolygonizer(HALF, 2, cut_rows=100)
    for strip in np.split(array, 40, axis=1):
        found.append(polygonizer.push(strip))
        held.append(polygonizer._waiting.height)
    polygons = concatenate([*found, polygonizer.finish()]).polygons
    assert max(held) <= 225
    assert shapely.area(polygons).tolist() == [300.0] * 83


def test_seeds_of_one_patch_share_its_pixels() -> None:
    """A dumb-bell with two seeds is parted at its waist."""
    array = codes(21, 41)
    array[0, 5:16, 2:17], array[0, 5:16, 24:39], array[0, 9:12, 17:24] = 250, 250, 250
    array[1] = np.clip(ndimage.distance_transform_edt(array[0] > 0) * 50, 0, 250)
    labels = label_buildings(array[0], array[1], Thresholds(125, 200))
    assert len(set(labels[labels > 0])) == 2
    assert labels[10, 5] != labels[10, 35]
