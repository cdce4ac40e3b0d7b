"""Rasters of small towns, and a network that knows the answer: bright is building, very bright is inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from building_footprints_plugin.engine import extract as module
from building_footprints_plugin.engine.beside import Workers
from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.manifest import Manifest
from building_footprints_plugin.engine.options import PolygonizeOptions, SegmentOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.vector import Layer, read_layer

WHOLE = PolygonizeOptions(regularize="none", min_area_m2=1.0)
PIXEL = 0.3
MANIFEST = Manifest(
    architecture="unet_baseline",
    bands=("red", "green", "blue"),
    gsd_m=PIXEL,
    mean=(0.0,) * 3,
    std=(1.0,) * 3,
    classes=("background", "interior", "border"),
    building_classes=("interior", "border"),
    seed_class="interior",
    thresholds={"threshold": 0.5, "seed_threshold": 0.5},
)


class Bright:
    """Stands in for the network: the first band is the probability of building, the second of its interior."""

    name = "cpu (test)"
    why = "a test"

    def workers(self, tiles: int, tile_px: int) -> Workers:
        return Workers()

    def probabilities(self, tiles: NDArray[np.uint8], *, tta: bool = False) -> NDArray[np.float32]:
        return tiles[:, :2].astype(np.float32) / 255


class Listener(Reporter):
    """Keeps the warnings."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)


def knows_the_answer(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let `extract` run the stand-in, whatever weights are named; `changes` are of what they say of themselves."""
    monkeypatch.setattr(module, "_load", lambda model: (Bright(), replace(MANIFEST, **changes)))


def town(height: int = 300, width: int = 400) -> NDArray[np.uint8]:
    """Return bands of 24 houses of 12 x 9 m, each 40 x 30 px, with a street between, and a lone hut."""
    pixels = np.zeros((3, height, width), np.uint8)
    for row in range(10, height - 40, 45):
        for col in range(10, width - 50, 95):
            house(pixels, row, col, 30, 40)
    return pixels


def house(pixels: NDArray[np.uint8], row: int, col: int, height: int, width: int) -> None:
    pixels[0, row : row + height, col : col + width] = 230
    pixels[1, row + 2 : row + height - 2, col + 2 : col + width - 2] = 230


def run(
    raster: str, output: Path, options: PolygonizeOptions = WHOLE, segment: SegmentOptions | None = None, **source: Any
) -> tuple[dict[str, Any], Layer]:
    model = Model(Path("unused"), segment or SegmentOptions(tile_px=128, overlap_px=32))
    figures = extract(Source(raster, **source), Target(output), model, options, Reporter())
    return figures, read_layer(output)


def hashes(layer: Layer) -> set[str]:
    """Return what is the same for the same outlines."""
    return {shapely.to_wkb(shapely.normalize(polygon), hex=True) for polygon in layer.geometry}
