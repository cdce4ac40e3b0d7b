"""Footprints are the same however codes are cut into strips, and however many outlines are straightened together."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin
from scipy import ndimage

from building_footprints_plugin.engine import footprints
from building_footprints_plugin.engine.area import Area
from building_footprints_plugin.engine.footprints import Settings, find_footprints
from building_footprints_plugin.engine.options import PolygonizeOptions
from building_footprints_plugin.engine.packed import pack
from building_footprints_plugin.engine.polygonize import Gathered, Outlines

Codes = NDArray[np.uint8]
SETTINGS = Settings.of(PolygonizeOptions(tolerance_m=0.5), {"min_area_m2": 2.0})


def town(height: int, width: int) -> Codes:
    """Ragged houses, in rows with a field between them, some of which end where nothing is known."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(8).random((2, height, width)), (0, 4, 4))
    codes = np.clip(110 + 2600 * (smooth - 0.5), 0, 250).astype(np.uint8)
    codes[:, np.arange(height) % 50 < 18] = 0
    slope = np.add.outer(np.arange(height) // 3, np.arange(width))
    codes[:, slope % 90 < 8] = 255
    return codes


def found(codes: Codes, rows: int) -> dict[bytes, float]:
    """Return what `find_footprints` finds in strips of so many rows, in any order, with its confidence."""
    whole = (0, 0, *codes.shape[1:])
    area = Area(whole, whole, from_origin(500_000, 4_000_000, 0.3, 0.3), None)
    strips = (pack(codes[:, top : top + rows]) for top in range(0, codes.shape[1], rows))
    parts = list(find_footprints(strips, SETTINGS, area))
    return {shapely.to_wkb(shape): value for part in parts for shape, value in zip(*part, strict=True)}


@pytest.mark.parametrize(("rows", "batch"), [(500, 1), (40, 1), (40, 7), (23, 30), (40, 500)])
def test_neither_strips_nor_batches_show(monkeypatch: pytest.MonkeyPatch, rows: int, batch: int) -> None:
    codes = town(500, 200)
    expected = found(codes, 500)
    monkeypatch.setattr(footprints, "BATCH", batch)
    assert len(expected) > 40
    assert found(codes, rows) == expected


@pytest.mark.parametrize(("most", "expected"), [(10_000, 12), (1_600, 4)])
def test_none_waits_for_others_where_much_ground_is_missing(
    monkeypatch: pytest.MonkeyPatch, most: int, expected: int
) -> None:
    """A house; in each of twelve strips there are a hundred places of five coordinates missing, and two beside it."""
    monkeypatch.setattr(footprints, "MOST_CORNERS", most)
    codes = np.zeros((2, 20, 200), np.uint8)
    codes[:, 12:14, ::2] = 255
    with_house = codes.copy()
    with_house[:, 2:10, 50:80] = 250
    whole = (0, 0, 12 * 20, 200)
    area = Area(whole, whole, from_origin(500_000, 4_000_000, 0.3, 0.3), None)
    asked = [with_house, *[codes] * 11]
    strips = (pack(asked.pop(0)) for _ in range(12))
    shapes, _ = next(find_footprints(strips, SETTINGS, area))
    assert (len(shapes), 12 - len(asked)) == (1, expected)


def test_outlines_are_gathered_in_whole_groups() -> None:
    """What is left over is held for what comes next, and nothing in the end."""
    gathered = Gathered(3)
    assert numbers(gathered.parts(of([0, 1]), is_all=False)) == []
    assert numbers(gathered.parts(of([1, 1, 3]), is_all=False)) == [[0, 1, 1, 1]]  # groups of their own
    assert numbers([gathered.held]) == [[3]]
    assert numbers(gathered.parts(of([4, 5, 6]), is_all=True)) == [[3, 4, 5], [6]]
    assert numbers(gathered.parts(of([]), is_all=True)) == []


def of(values: list[int]) -> Outlines:
    """Return outlines whose confidence and group are these numbers, and whose polygons do not matter."""
    polygons = np.array([shapely.box(value, 0, value + 1, 1) for value in values], dtype=object)
    return Outlines(polygons, np.array(values, dtype=float), np.array(values, dtype=np.int64))


def numbers(parts: list[Outlines]) -> list[list[float]]:
    return [part.confidence.tolist() for part in parts]
