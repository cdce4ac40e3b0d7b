"""Polygons as layers have them that nobody looked at: none ends a run; results are valid and overlap no more."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from outlines import METHODS, TOLERANCE, turned

from building_footprints_plugin.engine.options import RegularizeOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.regularize import Demands, neighbourhoods, regularize
from building_footprints_plugin.engine.straighten import straighten
from building_footprints_plugin.engine.vector import Layer


def parcels(gap_m: float) -> list[shapely.Polygon]:
    """Parcels of any shape, wall to wall but for a gap."""
    corners = shapely.MultiPoint(np.random.default_rng(3).uniform(0, 30, (12, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(corners))
    return [
        turned(cell, 0, (gap_m * k, 0)) for k, cell in enumerate(shapely.intersection(cells, shapely.box(0, 0, 30, 30)))
    ]


def mended(*xy: tuple[float, float]) -> list[shapely.Polygon]:
    return list(shapely.get_parts(shapely.make_valid(shapely.Polygon(xy))))


HOUSE = shapely.box(0, 0, 9, 7)
NASTY = {
    "sliver": [turned(shapely.box(0, 0, 15, 1e-9), 20)],
    "speck": [shapely.box(0, 0, 1e-7, 1e-7), HOUSE],
    "one that is simplified to a point": [shapely.box(3.25, 0, 3.3052734375, 0.2)],
    "spike": [HOUSE | shapely.Polygon([(9, 3), (40, 3.1), (9, 3 + 1e-7)])],
    "joined by a hair": [HOUSE | shapely.box(9 - 1e-8, 7 - 1e-8, 16, 12)],
    "hole that touches the shell": [HOUSE - shapely.Polygon([(0, 3), (4, 1), (4, 5)])],
    "holes side by side": [HOUSE - shapely.box(1, 1, 4, 4) - shapely.box(4 + 1e-9, 1, 7, 4)],
    "bow tie": mended((0, 0), (12, 9), (12, 0), (0, 9)),
    "star that crosses itself": mended((0, 3), (9, 3.2), (1.5, 9), (4.5, 0), (8, 9)),
    "thin blob": [shapely.LineString([(0, 0), (5, 4), (6, 3.9)]).buffer(0.2)],
    "drawn twice": [HOUSE, HOUSE, shapely.box(3, 3, 12, 12)],
    "parcels": parcels(0.0),
    "parcels with gaps of a nanometre": parcels(1e-9),
    "parcels with gaps of centimetres": parcels(0.02),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("pixel_m", [0.0, 0.3])
@pytest.mark.parametrize("away_m", [0.0, 1e7])
@pytest.mark.parametrize("name", sorted(NASTY))
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_nasty_polygons_do_no_harm(name: str, away_m: float, pixel_m: float, method: str) -> None:
    outlines = np.array([turned(shape, 0, (away_m, away_m)) for shape in NASTY[name]], dtype=object)
    outlines = outlines[shapely.is_valid(outlines) & (shapely.area(outlines) > 0)]  # what readers leave
    found = regularize(outlines, neighbourhoods(outlines, TOLERANCE), Demands(method, TOLERANCE, pixel_m)).polygons
    assert (shapely.get_type_id(found) == shapely.GeometryType.POLYGON).all()
    assert shapely.is_valid(found).all()
    assert (shapely.area(found) > 0).all()
    one, two = shapely.STRtree(found).query(found)
    more = [shapely.area(shapely.intersection(layer[one], layer[two])) for layer in (found, outlines)]
    assert (more[0] - more[1])[one != two].max(initial=0) < 1e-5


def test_what_is_smaller_than_the_digits_of_a_layer_stays_valid() -> None:
    """A box of two steps of a 64-bit number, which has no area left once it was put into metres and back."""
    speck = shapely.box(103.00012189110993, 69.0002698342845, 103.00012189110996, 69.00026983428451)
    layer = Layer(np.array([speck], dtype=object), {}, "EPSG:4326", "specks")
    found = straighten(layer, RegularizeOptions(method="simplify"), Reporter()).layer
    assert shapely.is_valid(found.geometry).all()
    assert found.fields["regularized"].tolist() == [0]


@pytest.mark.parametrize("method", METHODS)
def test_a_frame_around_the_world_stays_as_it_is(method: str) -> None:
    """In the metres of a zone it has no width: both its sides are the same meridian."""
    world = shapely.box(-180, -90, 180, 90)
    found = straighten(Layer(np.array([world]), {}, "EPSG:4326", "frame"), RegularizeOptions(method=method), Reporter())
    assert found.layer.geometry[0].equals(world)
    assert found.layer.fields["regularized"].tolist() == [0]
