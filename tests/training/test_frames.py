"""Corners that a picture's frame makes are no corners of buildings, in truth and footprints alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from building_footprints_plugin.engine.vector import Layer, write_layers
from training.evaluate import row_of
from training.frames import frame_of, right_corners
from training.judging import judge
from training.scenes import Tile

CRS = "EPSG:32631"
LEFT = (500_000.0, 5_000_000.0, 500_040.0, 5_000_040.0)
RIGHT = (500_040.0, 5_000_000.0, 500_080.0, 5_000_040.0)


def write_polygons(path: Path, polygons: list[shapely.Polygon]) -> Path:
    write_layers(path, {"polygons": Layer(np.array(polygons, dtype=object), {}, CRS)})
    return path


def tile(box: tuple[float, float, float, float]) -> Tile:
    return Tile("here", box, CRS, lambda: pytest.fail("pixels are not needed"))


def at(*xy: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(LEFT[0] + x, LEFT[1] + y) for x, y in xy])


WHOLE = at((10, 10), (20, 10), (20, 20), (10, 20))
BENT = at((25, 10), (35, 10), (35, 20), (28, 20))  # two right corners of four
CUT = at((0.2, 10), (6, 10), (6, 20), (0.2, 16))  # one right corner and one oblique one off the frame at x = 0
ACROSS = at((36, 30), (44, 30), (44, 36), (40.2, 36), (36, 33))  # two corners less than a pixel from x = 40


@pytest.mark.parametrize(
    ("tiles", "right", "corners"),
    [
        pytest.param((), 4 + 2 + 2 + 3, 4 + 4 + 4 + 5, id="no picture: every corner counts"),
        pytest.param((LEFT, RIGHT), 4 + 2 + 1 + 3, 4 + 4 + 2 + 5, id="within a picture two tiles meet: no frame there"),
        pytest.param((LEFT,), 4 + 2 + 1 + 3, 4 + 4 + 2 + 4, id="the frame of one tile"),
    ],
)
def test_corners_at_the_frame_are_none(
    tiles: tuple[tuple[float, float, float, float], ...], right: int, corners: int
) -> None:
    buildings = np.array([WHOLE, BENT, CUT, ACROSS], dtype=object)
    frame = frame_of([tile(box) for box in tiles], CRS)
    assert right_corners(buildings, frame).tolist() == [right, corners]


def test_the_frame_is_where_the_footprints_are_whatever_its_crs() -> None:
    frame = frame_of([tile(LEFT)], "EPSG:4326")
    assert frame is not None
    assert np.allclose(frame.bounds, (3.0, 45.15330, 3.000509, 45.15366), atol=1e-5)


def test_both_sides_are_measured_alike(tmp_path: Path) -> None:
    found = write_polygons(tmp_path / "found.gpkg", [WHOLE, CUT])
    truth = write_polygons(tmp_path / "truth.gpkg", [CUT, BENT])
    row = row_of("here", [judge(found, truth, [tile(LEFT)]), judge(found, truth)])
    assert (row["right_angles"], row["right_angles_truth"]) == (pytest.approx(6 / 8), pytest.approx(4 / 8))
    assert row["right_off_frame"] == pytest.approx((4 + 1 + 4 + 2) / (4 + 2 + 4 + 4))
    assert row["right_off_frame_truth"] == pytest.approx((1 + 2 + 2 + 2) / (2 + 4 + 4 + 4))
