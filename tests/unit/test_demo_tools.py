"""The demo's picture and figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from matplotlib.image import imread

from building_footprints_plugin.engine.vector import Layer, write_layers
from tools.demo_report import report
from tools.preview import FALSE, FOOTER_PX, FOUND, GSD_M, MISSED, SCALE, Kind, main

SIDE_PX = 60
LEFT, TOP = 660000.0, 4000000.0


def box(left_px: float, top_px: float, size_px: float = 12) -> shapely.Polygon:
    x, y = LEFT + left_px * GSD_M, TOP - top_px * GSD_M
    return shapely.box(x, y - size_px * GSD_M, x + size_px * GSD_M, y)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    place = {"crs": "EPSG:32611", "transform": Affine(GSD_M, 0, LEFT, 0, -GSD_M, TOP)}
    shape = {"width": SIDE_PX, "height": SIDE_PX, "count": 3, "dtype": "uint8"}
    with rasterio.open(tmp_path / "image.tif", "w", driver="GTiff", **shape, **place) as made:
        made.write(np.full((3, SIDE_PX, SIDE_PX), 90, np.uint8))
    proposals = np.array([box(4, 4), box(40, 4)], dtype=object)
    status = {"status": np.array(["matched", "false"], dtype=object)}
    layers = {
        "proposals": Layer(proposals, status, "EPSG:32611"),
        "missed": Layer(np.array([box(4, 30)], dtype=object), {}, "EPSG:32611"),
    }
    write_layers(tmp_path / "scored.gpkg", layers)
    assert main([str(tmp_path / name) for name in ("image.tif", "scored.gpkg", "preview.png")]) == 0
    return tmp_path / "preview.png"


def has_colour(pixels: np.ndarray, kind: Kind) -> bool:
    wanted = [int(kind.colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    return bool((np.abs(pixels[..., :3] - wanted).max(axis=-1) < 0.15).any())


@pytest.mark.parametrize(
    ("kind", "row", "col"),
    [(FOUND, 4, 4), (FALSE, 4, 40), (MISSED, 30, 4)],
    ids=lambda value: getattr(value, "label", ""),
)
def test_each_kind_is_drawn_in_its_colour_and_place(picture: Path, kind: Kind, row: int, col: int) -> None:
    pixels = imread(picture)
    assert pixels.shape[:2] == (SIDE_PX * SCALE + FOOTER_PX, SIDE_PX * SCALE)
    around = pixels[(row - 2) * SCALE : (row + 14) * SCALE, (col - 2) * SCALE : (col + 14) * SCALE]
    others = [other for other in (FOUND, FALSE, MISSED) if other is not kind]
    assert has_colour(around, kind)
    assert not any(has_colour(around, other) for other in others)


def test_missing_image_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / name) for name in ("none.tif", "none.gpkg", "out.png")]) == 2
    assert capsys.readouterr().err.startswith("Error: ")
    assert not (tmp_path / "out.png").exists()


def test_report_says_what_was_found() -> None:
    run = {"COUNT": 3, "TOTAL_AREA": 1234.5, "DEVICE_USED": "cpu"}
    score = {"tp": 2, "fp": 1, "fn": 2, "precision": 2 / 3, "recall": 0.5, "f1": 4 / 7, "mean_iou": 0.8}
    text = report(Path("demo"), run, score)
    for part in ("3 on cpu, 1,234 m²", "2 / 1 / 2", "0.667, 0.500, 0.571", "0.800", "demo/preview.png"):
        assert part in text
