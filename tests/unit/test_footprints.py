"""Which holes and polygons are kept, by size and by what stands in them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from building_footprints_plugin.engine.footprints import clear_of, fill_holes, sifted, write_footprints


def block(half_side: float, *holes: shapely.Polygon) -> shapely.Polygon:
    """Return a square around (0, 0) without `holes`."""
    square = shapely.box(-half_side, -half_side, half_side, half_side)
    return shapely.Polygon(square.exterior, [hole.exterior for hole in holes])


YARD, HUT = block(2.0), block(1.0)  # 16 m2, 4 m2
HOUSE = block(10.0, YARD)  # 400 - 16 m2


@pytest.mark.parametrize(
    ("polygons", "min_area", "min_hole", "areas"),
    [
        pytest.param([HOUSE], 10, 16, [384], id="a hole of the least size stays"),
        pytest.param([HOUSE], 10, 16.1, [400], id="a smaller one is filled"),
        pytest.param([HOUSE, HUT], 4, 20, [384, 4], id="unless a hut stands in it"),
        pytest.param([HOUSE, HUT], 4.1, 20, [400], id="which is large enough to stay itself"),
        pytest.param([block(2.5, YARD), HUT], 25, 20, [25], id="what is filled counts as area: 25 m2, not 9"),
        pytest.param([block(2.5, YARD), HUT], 4, 20, [9, 4], id="but not where the hut stays"),
        pytest.param([block(20, block(10.5)), HOUSE, HUT], 384.1, 500, [1600 - 441, 400], id="hut gone: house larger"),
        pytest.param([block(20, block(10.5)), HOUSE, HUT], 3, 500, [1600 - 441, 384, 4], id="all three stay"),
        pytest.param([], 10, 20, [], id="no polygons"),
    ],
)
def test_sifting(polygons: list[shapely.Polygon], min_area: float, min_hole: float, areas: list[float]) -> None:
    found, large = sifted(np.array(polygons, dtype=object), min_area, min_hole)
    assert shapely.area(found[large]).tolist() == areas
    one, two = shapely.STRtree(found[large]).query(found[large], predicate="overlaps")
    assert len(one) == len(two) == 0


def test_only_small_holes_are_filled() -> None:
    yards = [shapely.box(k, 0, k + width, 4) for k, width in ((-8, 1.0), (-4, 5.0), (4, 2.0))]
    house = block(10, *yards)
    filled = fill_holes(np.array([house, HUT], dtype=object), 10, np.array([True, False]))
    assert shapely.get_num_interior_rings(filled).tolist() == [1, 0]
    assert filled[0].area == 400 - 20


def test_later_polygons_give_way_to_those_before() -> None:
    """What is written already stays; a later outline loses what overlaps, and of two parts the smaller one."""
    before = np.array([shapely.box(0, 0, 10, 10), shapely.box(24, -1, 25, 11)], dtype=object)
    later = [shapely.box(9, 0, 20, 10), shapely.box(10, 10, 20, 20), shapely.box(20, 0, 30, 10)]
    found = clear_of(np.array(later, dtype=object), before)
    assert shapely.equals(found, [shapely.box(10, 0, 20, 10), later[1], shapely.box(25, 0, 30, 10)]).all()
    assert len(clear_of(np.empty(0, dtype=object), before)) == 0


class Degrees:
    """Stands in for reader and writer: a layer whose coordinates have few digits."""

    written: np.ndarray

    def footprint_to_layer(self, polygons: np.ndarray) -> np.ndarray:
        return np.asarray(shapely.transform(polygons, np.round))

    def write(self, polygons: np.ndarray, fields: dict[str, np.ndarray]) -> None:
        self.written = polygons


def test_a_spike_thinner_than_the_digits_of_the_layer_is_left_out() -> None:
    spiked = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5.1, 10), (5, 14), (4.9, 10), (0, 10)])
    layer = Degrees()
    figures = write_footprints([(np.array([spiked, HOUSE], dtype=object), np.array([0.9, 0.8]))], layer, layer)
    assert not shapely.is_valid(layer.footprint_to_layer(np.array([spiked])))[0]
    assert shapely.equals(layer.written, [shapely.box(0, 0, 10, 10), HOUSE]).all()
    assert figures["count"] == 2
