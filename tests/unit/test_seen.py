"""What a raster shows around outlines, strip by strip."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from building_footprints_plugin.engine.packed import pack
from building_footprints_plugin.engine.seen import Seen

THERE, BLANK = 7, 255
MARGIN = 3


def shown(codes: np.ndarray, polygons: list[shapely.Polygon], rows: int | None = None) -> np.ndarray:
    seen = Seen()
    for top in range(0, len(codes), rows or len(codes)):
        seen.add(pack(codes[None, top : top + (rows or len(codes))].astype(np.uint8)))
    seen.end()
    return seen.around(np.array(polygons, dtype=object), MARGIN)


def test_the_ground_ends_at_the_sides_of_the_raster() -> None:
    codes = np.full((30, 40), THERE)
    middle, corner, below = shapely.box(10, 10, 20, 20), shapely.box(0, 0, 5, 6), shapely.box(12, 22, 20, 29)
    found = shown(codes, [middle, corner, below])
    assert found[0] is None
    assert shapely.equals(found[1], shapely.box(0, 0, 8, 9))
    assert shapely.equals(found[2], shapely.box(9, 19, 23, 30))


def test_what_is_not_there_is_left_out_wherever_it_is() -> None:
    codes = np.full((30, 40), THERE)
    codes[:, 25:] = BLANK
    codes[12:14, 8:10] = BLANK
    beside, around, far = shapely.box(20, 10, 25, 14), shapely.box(7, 11, 11, 15), shapely.box(14, 20, 18, 24)
    found = shown(codes, [beside, around, far])
    assert shapely.equals(found[0], shapely.box(17, 7, 25, 17))
    assert shapely.equals(found[1], shapely.box(4, 8, 14, 18) - shapely.box(8, 12, 10, 14))
    assert found[2] is None


@pytest.mark.parametrize("rows", [1, 4, 7])
def test_strips_do_not_show(rows: int) -> None:
    """To the last bit: stairs of what is not there, as along the side of a turned image."""
    codes = np.where(np.add.outer(np.arange(30) * 2, np.arange(40)) % 97 > 70, BLANK, THERE)
    polygons = [shapely.box(x, y, x + 4, y + 5) for x in range(0, 36, 4) for y in range(0, 25, 5)]
    whole, strips = shown(codes, polygons), shown(codes, polygons, rows)
    assert not shapely.is_missing(whole).all()
    assert shapely.to_wkb(whole).tolist() == shapely.to_wkb(strips).tolist()


def test_what_is_above_can_be_forgotten() -> None:
    codes = np.full((30, 40), BLANK, dtype=np.uint8)
    seen = Seen()
    for top in range(0, 30, 10):
        seen.add(pack(codes[None, top : top + 10]))
        seen.forget(top)
    house = np.array([shapely.box(4, 22, 9, 27)], dtype=object)
    assert shapely.is_empty(seen.around(house, 0)).all()
    assert seen.around(np.array([shapely.box(4, 2, 9, 7)], dtype=object), 0)[0] is None
    assert len(seen.around(np.empty(0, dtype=object), MARGIN)) == 0
