"""The pixel size at which an image is read: the weights', or the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import rasterio
from rasters import north_up, write_raster
from towns import PIXEL, WHOLE, Listener, knows_the_answer, town

from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.options import SegmentOptions
from building_footprints_plugin.engine.progress import Reporter


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    knows_the_answer(monkeypatch)


@pytest.mark.parametrize(
    ("gsd_m", "read_at", "warned"),
    [
        pytest.param(None, PIXEL, False, id="left to the weights"),
        pytest.param(0.4, 0.4, False, id="near the weights' own"),
        pytest.param(0.6, 0.6, True, id="buildings half as large to the network"),
        pytest.param(0.15, 0.15, True, id="buildings twice as large to the network"),
    ],
)
def test_the_image_is_read_at_it(tmp_path: Path, gsd_m: float | None, read_at: float, warned: bool) -> None:
    listener, target = Listener(), Target(tmp_path / "out.gpkg", probability=tmp_path / "p.tif")
    source = Source(write_raster(tmp_path / "town.tif", town()))
    figures = extract(source, target, Model(Path("unused"), SegmentOptions(gsd_m=gsd_m)), WHOLE, listener)
    assert figures["gsd_m"] == pytest.approx(read_at)
    with rasterio.open(tmp_path / "p.tif") as probability:
        assert probability.res == pytest.approx((read_at, read_at))
    assert figures["count"] == 24
    assert figures["total_area_m2"] == pytest.approx(24 * 12 * 9, rel=0.03), "metres stay metres"
    assert any("the weights were trained at 0.3 m" in text for text in listener.warnings) == warned


def test_the_figures_say_what_was_left_open(tmp_path: Path) -> None:
    source, target = Source(write_raster(tmp_path / "town.tif", town())), Target(tmp_path / "out.gpkg")
    figures = extract(source, target, Model(Path("unused"), SegmentOptions()), WHOLE, Reporter())
    used = {name: figures[name] for name in ("threshold", "seed_threshold", "merge_threshold", "min_area_m2")}
    assert used == {"threshold": 0.5, "seed_threshold": 0.5, "merge_threshold": 0.9, "min_area_m2": 1.0}


@pytest.mark.parametrize(
    ("pixel_m", "read_at", "own_grid"),
    [
        pytest.param(0.28, 0.28, True, id="within the range: as it is"),
        pytest.param(0.2, 0.24, False, id="finer than its fine end: at that"),
        pytest.param(0.5, 0.375, False, id="coarser than its coarse end: at that"),
    ],
)
def test_weights_that_know_a_range_show_the_network_pixels_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pixel_m: float, read_at: float, own_grid: bool
) -> None:
    """Weights for 0.3 m and up to 1.25 times as large or small: 0.24 to 0.375 m."""
    knows_the_answer(monkeypatch, gsd_tolerance=1.25)
    image = write_raster(tmp_path / "town.tif", town(), transform=north_up(pixel_m))
    target = Target(tmp_path / "out.gpkg", probability=tmp_path / "p.tif")
    figures = extract(Source(image), target, Model(Path("unused"), SegmentOptions()), WHOLE, Reporter())
    assert figures["gsd_m"] == pytest.approx(read_at)
    with rasterio.open(tmp_path / "p.tif") as probability, rasterio.open(image) as dataset:
        assert (probability.transform == dataset.transform) is own_grid
    chosen = Model(Path("unused"), SegmentOptions(gsd_m=0.3))
    assert extract(Source(image), target, chosen, WHOLE, Reporter())["gsd_m"] == pytest.approx(0.3), "the user's own"
