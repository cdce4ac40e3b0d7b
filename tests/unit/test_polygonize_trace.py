"""Labels to outlines: along pixel edges, or between pixels where probability crosses the threshold."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.features import rasterize, shapes
from rasterio.transform import from_origin
from scipy import ndimage

from building_footprints_plugin.engine.labelling import NOT_THERE, Thresholds, label_buildings
from building_footprints_plugin.engine.polygonize import Ground, edges_of, trace

HALF = 125
LEVEL = HALF - 0.5  # codes are whole: halfway between the last that is not building and the first that is


def traced(labels: NDArray[np.int32], codes: NDArray[np.uint8] | None = None) -> tuple[NDArray, NDArray[np.int32]]:
    """Return outlines and the label of each; with codes, they run where probability crosses `HALF`."""
    edges = edges_of(labels)
    return trace(edges, None if codes is None else Ground.of(codes, HALF)), labels[edges.first_pixel()]


def contour(building: list[list[int]] | NDArray[np.uint8], labels: list[list[int]] | None = None) -> shapely.Polygon:
    codes = np.array(building, np.uint8)
    numbers = np.array(labels) if labels else ndimage.label((codes >= HALF) & (codes != NOT_THERE))[0]
    polygons, _ = traced(numbers.astype(np.int32), codes)
    assert len(polygons) == 1
    return polygons[0]


def test_each_label_has_its_outline() -> None:
    labels = np.zeros((4, 5), np.int32)
    labels[1:3, 1:3], labels[1:3, 3:5] = 7, 3
    polygons, numbers = traced(labels)
    assert dict(zip(numbers.tolist(), shapely.bounds(polygons).tolist(), strict=True)) == {
        7: [1, 1, 3, 3],
        3: [3, 1, 5, 3],
    }


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 10**6), labels=st.integers(1, 3))
def test_pixel_edges_are_those_of_gdal(seed: int, labels: int) -> None:
    """Also where pixels touch at corners, where a label comes in several patches, and around every hole."""
    numbers = np.random.default_rng(seed).integers(0, labels + 1, (11, 12)).astype(np.int32)
    gdal = [
        (shapely.Polygon(shape["coordinates"][0], shape["coordinates"][1:]), value) for shape, value in shapes(numbers)
    ]
    expected = sorted((polygon.normalize().wkt, int(value)) for polygon, value in gdal if value > 0)
    polygons, found = traced(numbers)
    tidy = shapely.normalize(shapely.simplify(polygons, 0))  # ours have vertices where a third label begins, too
    exact = np.array([shapely.from_wkt(text) for text, _ in expected], dtype=object)
    assert shapely.is_valid(polygons).all()
    assert sorted(found.tolist()) == sorted(value for _, value in expected)
    assert shapely.area(polygons).sum() == (numbers > 0).sum()
    assert sorted(shapely.area(tidy)) == sorted(shapely.area(exact))
    assert sorted(shapely.length(tidy)) == pytest.approx(sorted(shapely.length(exact)))
    assert sorted(shapely.get_num_interior_rings(tidy)) == sorted(shapely.get_num_interior_rings(exact))


@pytest.mark.parametrize(
    ("inside", "outside", "crossing"),
    [
        pytest.param(200, 49, 0.5, id="as far above as below: halfway, on the pixel edge"),
        pytest.param(250, 100, (250 - LEVEL) / 150, id="surely building beside almost building: further out"),
        pytest.param(130, 10, (130 - LEVEL) / 120, id="barely building: close to its own centre"),
    ],
)
def test_a_wall_lies_where_probability_crosses_the_threshold(inside: int, outside: int, crossing: float) -> None:
    """By hand: columns 2 to 4 are building; the level is crossed between the centres of columns 1 and 2."""
    row = [0, outside, inside, 250, inside, outside, 0]
    polygon = contour([row] * 9)
    left, _, right, _ = polygon.bounds
    assert left == pytest.approx(2.5 - crossing, abs=2e-4)
    assert right == pytest.approx(4.5 + crossing, abs=2e-4)


def test_masks_keep_the_edges_of_their_pixels() -> None:
    """A mask knows nothing between pixels: its outline is the same either way, whatever its two values are."""
    for value in (250, 200, 125):
        numbers = ndimage.label(np.random.default_rng(value).random((20, 20)) < 0.5)[0].astype(np.int32)
        along, _ = traced(numbers)
        between, _ = traced(numbers, np.where(numbers, value, 0).astype(np.uint8))
        assert shapely.equals(along, between).all()


def test_the_raster_edge_and_what_is_not_there_are_no_slopes() -> None:
    """The outline runs into them at right angles and along them exactly."""
    codes = np.full((6, 8), NOT_THERE, np.uint8)
    codes[:, :5] = [[180], [190], [200], [150], [70], [20]]
    crossing = (150 - LEVEL) / 80
    assert contour(codes).equals_exact(shapely.box(0, 0, 5, 3.5 + crossing).normalize(), 2e-4, normalize=True)


def test_a_lone_pixel_does_not_vanish() -> None:
    codes = np.zeros((5, 5), np.uint8)
    codes[1:4, 1:4] = 100
    codes[2, 2] = HALF
    polygon = contour(codes)
    assert polygon.is_valid
    assert 0 < polygon.area < 1
    assert polygon.contains(shapely.Point(2.5, 2.5))


def test_pixels_that_touch_at_a_corner_are_apart() -> None:
    codes = np.array([[0, 0, 0, 0], [0, 240, 60, 0], [0, 60, 240, 0], [0, 0, 0, 0]], np.uint8)
    numbers = ndimage.label(codes >= HALF)[0].astype(np.int32)
    polygons, _ = traced(numbers, codes)
    assert len(polygons) == 2
    assert shapely.distance(*polygons) > 0


def noisy(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return codes of every kind, smooth, rough and in few steps, with gaps of nodata, and labels that touch."""
    chance = np.random.default_rng(seed)
    rough = chance.integers(0, 251, (14, 15))
    steps = chance.choice([0, 120, 124, 125, 126, 250], (14, 15))
    field = ndimage.gaussian_filter(chance.normal(size=(28, 30)), chance.uniform(0.8, 2))
    smooth = np.clip(125 + 60 * field / field.std(), 0, 250)
    building = [rough, steps, smooth][seed % 3].astype(np.uint8)
    building[chance.random(building.shape) < (seed % 2) * 0.15] = NOT_THERE
    interior = np.minimum(building, chance.integers(0, 251, building.shape)).astype(np.uint8)
    return building, label_buildings(building, interior, Thresholds(HALF, int(chance.integers(HALF, 250))))


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_contours_are_valid_share_their_walls_and_hold_their_own_pixels(seed: int) -> None:
    building, labels = noisy(seed)
    polygons, numbers = traced(labels, building)
    assert shapely.is_valid(polygons).all()
    assert (shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON).all()
    assert shapely.coverage_is_valid(polygons)  # no overlap, and the same vertices along shared walls
    x, y = np.meshgrid(np.arange(labels.shape[1]) + 0.5, np.arange(labels.shape[0]) + 0.5)
    inside = np.zeros_like(labels)
    for polygon, number in zip(polygons, numbers, strict=True):
        inside[shapely.contains_xy(polygon, x, y)] += number
    np.testing.assert_array_equal(inside, labels)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_mean_over_a_polygon_is_that_of_its_pixels(seed: int) -> None:
    """Also around holes, at the raster's sides and with neighbours."""
    building, labels = noisy(seed)
    edges = edges_of(labels)
    numbers = labels[edges.first_pixel()]
    means = edges.mean(np.pad(building, 1).ravel())
    assert means.tolist() == pytest.approx([building[labels == number].mean() for number in numbers])


def test_outlines_begin_at_their_origin() -> None:
    labels = np.array([[0, 0, 0], [0, 5, 5]], np.int32)
    assert shapely.bounds(trace(edges_of(labels), origin=(100, 2000))).tolist() == [[101, 2001, 103, 2002]]


@settings(max_examples=50, deadline=None)
@given(angle=st.floats(0, 90), shift=st.floats(0, 1), blur=st.floats(0, 1.2))
def test_contours_find_the_walls_better_than_pixels_do(angle: float, shift: float, blur: float) -> None:
    """A house seen by a soft sensor: straight walls come back within a few hundredths of a pixel on average."""
    house = shapely.affinity.rotate(shapely.box(10, 12, 40, 33), angle, origin=(25, 22))
    house = shapely.affinity.translate(house, shift, shift / 2)
    fine = rasterize([house], (45 * 8, 50 * 8), transform=from_origin(0, 0, 1 / 8, -1 / 8))
    soft = ndimage.gaussian_filter(fine.reshape(45, 8, 50, 8).mean(axis=(1, 3)), blur)
    codes = np.rint(soft * 250).astype(np.uint8)
    labels = (codes >= HALF).astype(np.int32)
    walls = shapely.points(
        [
            (a + (b - a) * share)
            for a, b in zip(*(np.array(house.exterior.coords)[k : k + 4] for k in (0, 1)), strict=True)
            for share in np.linspace(0.2, 0.8, 50)  # away from the corners, which no sensor sees sharp
        ]
    )
    along, between = (
        shapely.distance(walls, polygon.exterior).mean()
        for polygon in (traced(labels)[0][0], traced(labels, codes)[0][0])
    )
    assert between < 0.13  # 1/8 at worst, for walls along the axes seen without blur; others are within hundredths
    assert between < along / 2 or along < 0.1  # along the axes, pixel edges may happen to be right
