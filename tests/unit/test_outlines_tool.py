"""The pictures of outlines in docs/: the right polygons over the right image, and whose image it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from PIL import Image

from building_footprints_plugin.engine.vector import Layer, write_layer
from tools import outlines
from tools.outlines import ANYWHERE, HEAD_PX, PANEL_PX, Scene

SIDE_PX, GSD_M = 60, 0.2


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    Image.new("RGB", (SIDE_PX, SIDE_PX), (90, 90, 90)).save(tmp_path / "tile.jpg")
    return Scene("test", tmp_path / "tile.jpg", GSD_M, (10, 10, 40), "Imagery by somebody, CC BY")


def polygon(*corners_px: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(ANYWHERE[1] + x * GSD_M, ANYWHERE[2] - y * GSD_M) for x, y in corners_px])


def test_a_tile_without_a_place_keeps_its_size_on_the_ground(scene: Scene, tmp_path: Path) -> None:
    with rasterio.open(outlines.placed(scene, tmp_path)) as made:
        assert (made.width, made.height, made.count) == (SIDE_PX, SIDE_PX, 3)
        assert made.res == (GSD_M, GSD_M)
        assert made.crs.linear_units == "metre"


def test_each_method_has_its_panel(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    square = polygon((20, 20), (40, 20), (40, 40), (20, 40))
    ring = polygon((20, 20), (30, 15), (40, 20), (40, 30), (40, 40), (20, 40))
    outside = polygon((1, 1), (5, 1), (5, 5))
    files = {}
    for method, shape in (("none", ring), ("simplify", square), ("rectangular", square)):
        files[method] = tmp_path / f"{method}.gpkg"
        write_layer(files[method], Layer(np.array([shape, outside], dtype=object), {}, ANYWHERE[0]))
    monkeypatch.setattr(outlines, "extracted", lambda image, folder: files)
    figure = outlines.draw(scene, tmp_path)
    counts = [axes.get_title().split(": ")[1] for axes in figure.axes]
    assert counts == ["6 corners a building", "4 corners a building", "4 corners a building"]
    assert scene.credit in [text.get_text() for text in figure.texts]
    figure.savefig(tmp_path / "picture.png", dpi=outlines.DPI)
    with Image.open(tmp_path / "picture.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    corner = HEAD_PX + round((20 - 10) / 40 * PANEL_PX)  # the square's upper side, a quarter down each panel
    wall = pixels[corner - 2 : corner + 3, 2 * (PANEL_PX + outlines.GAP_PX) + PANEL_PX // 2]
    wanted = [int(outlines.COLOUR[index : index + 2], 16) for index in (1, 3, 5)]
    assert np.abs(wall - wanted).max(axis=-1).min() < 40
