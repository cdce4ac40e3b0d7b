"""Bands of columns, in which a wide raster is polygonized to save memory, do not show."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy import ndimage

from building_footprints_plugin.engine import packed
from building_footprints_plugin.engine.polygonize import Outlines, StripPolygonizer, Thresholds, groups, rows
from building_footprints_plugin.engine.polygonize.outlines import in_order


def outlines(codes: np.ndarray, *, is_packed: bool = False) -> dict[bytes, float]:
    polygonizer = StripPolygonizer(Thresholds.of(0.55, 0.6, 0.9), reach_px=1, cut_rows=60)
    parts = []
    for row in range(0, codes.shape[1], 37):
        strip = codes[:, row : row + 37]
        parts += polygonizer.pieces(packed.pack(strip)) if is_packed else [polygonizer.push(strip)]
    parts.append(polygonizer.finish())
    return {
        shapely.to_wkb(shapely.normalize(polygon)): confidence
        for part in parts
        for polygon, confidence in zip(part.polygons, part.confidence, strict=True)
    }


def landscape() -> np.ndarray:
    noise = np.random.default_rng(3).random((2, 150, 200))
    smooth = ndimage.gaussian_filter(noise, (0, 3, 3))
    return np.clip(125 + 1800 * (smooth - 0.5), 0, 250).astype(np.uint8)


@pytest.mark.parametrize(("band", "low"), [(1, 0), (7, 0), (40, 0), (7, 30), (7, 100)])
def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch, band: int, low: int) -> None:
    """Nor do rows in which strips are cut, the columns in which they are packed, or bands looked at together."""
    codes = landscape()
    expected = outlines(codes)
    monkeypatch.setattr(packed, "BAND_PX", 16)
    monkeypatch.setattr(groups, "BAND", band)
    monkeypatch.setattr(groups, "LOW", low)
    assert len(expected) > 30
    assert outlines(codes) == expected


@pytest.mark.parametrize("open_bytes", [0, 2 * 37 * 200, 3 * 37 * 200])
@pytest.mark.parametrize("is_packed", [True, False])
def test_which_strips_are_packed_does_not_show(
    monkeypatch: pytest.MonkeyPatch, open_bytes: int, is_packed: bool
) -> None:
    """Room for none of them, for one, and for one and a half: waiting ones are packed when others come."""
    codes = landscape()
    expected = outlines(codes)
    monkeypatch.setattr(rows, "OPEN_BYTES", open_bytes)
    assert outlines(codes, is_packed=is_packed) == expected


def test_parts_are_put_into_one_order() -> None:
    """By band, row and column, whichever part came first."""
    parts = [
        (of([3, 1]), np.array([[0, 0], [7, 2], [1, 9]])),
        (of([4, 2]), np.array([[1, 0], [0, 2], [0, 10]])),
    ]
    ordered = in_order(parts)
    assert ordered.group.tolist() == [1, 2, 3, 4]
    assert [polygon.bounds[0] for polygon in ordered.polygons] == ordered.confidence.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert in_order([]).group.tolist() == []


def of(numbers: list[int]) -> Outlines:
    polygons = np.array([shapely.box(number, 0, 9, 9) for number in numbers], dtype=object)
    return Outlines(polygons, np.array(numbers, dtype=float), np.array(numbers))
