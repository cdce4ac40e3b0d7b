"""Memory does not follow the raster: no array of its size ever appears, however it is used."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from rasters import write_raster
from towns import WHOLE, knows_the_answer, town

from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.options import SegmentOptions
from building_footprints_plugin.engine.progress import Reporter


@pytest.mark.slow
def test_no_array_is_as_large_as_the_raster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte for each of 5.6 million pixels would be too much. numpy tells tracemalloc of all its arrays."""
    height, width = 8000, 700
    knows_the_answer(monkeypatch)
    raster = write_raster(tmp_path / "town.tif", town(height, width), tiled=True, blockxsize=256, blockysize=256)
    target = Target(tmp_path / "out.gpkg", probability=tmp_path / "p.tif")
    model = Model(Path("unused"), SegmentOptions(tile_px=64, overlap_px=16))
    tracemalloc.start()
    try:
        figures = extract(Source(raster), target, model, WHOLE, Reporter())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert figures["count"] > 1000
    assert peak < height * width, f"{peak / 1e6:.1f} MB for {height * width / 1e6:.1f} megapixels"
