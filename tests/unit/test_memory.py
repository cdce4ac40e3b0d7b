"""Memory does not follow the raster: no array of its size ever appears, however it is used."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
import scipy.ndimage
import scipy.sparse.csgraph  # noqa: F401 - else both are loaded during the extraction, and their code is counted
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
    peak = peak_bytes(tmp_path, height, width, tmp_path / "p.tif")
    assert peak < height * width, f"{peak / 1e6:.1f} MB for {height * width / 1e6:.1f} megapixels"


@pytest.mark.slow
def test_a_wide_raster_takes_a_few_bytes_a_pixel_of_a_row_of_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strips of 48 rows wait until houses of 30 rows are whole: about a hundred rows, of two bytes, and what is made of
    them. All that takes more for each pixel is done in pieces."""
    knows_the_answer(monkeypatch)
    narrow, wide = (peak_bytes(tmp_path, 200, width) for width in (4000, 16_000))
    assert wide - narrow < 8 * 100 * (16_000 - 4000), f"{wide / 1e6:.1f} against {narrow / 1e6:.1f} MB"


def peak_bytes(folder: Path, height: int, width: int, probability: Path | None = None) -> int:
    """Return the most that Python and numpy hold during an extraction, in one process."""
    raster = write_raster(folder / "town.tif", town(height, width), tiled=True, blockxsize=256, blockysize=256)
    target = Target(folder / "out.gpkg", probability=probability)
    model = Model(Path("unused"), SegmentOptions(tile_px=64, overlap_px=16))
    tracemalloc.start()
    try:
        figures = extract(Source(raster), target, model, WHOLE, Reporter())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert figures["count"] > height * width / 6000
    return peak
