"""From a raster to footprints, with a network that knows the answer: bright is building, very bright is inside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.warp import transform as move
from rasters import EAST, NORTH, UTM, north_up, write_raster
from towns import PIXEL, WHOLE, Bright, hashes, house, knows_the_answer, run, town

from building_footprints_plugin.engine import extract as module
from building_footprints_plugin.engine.errors import BadInput, Cancelled
from building_footprints_plugin.engine.extract import Model, Source, Target, extract, polygonize
from building_footprints_plugin.engine.footprints import Settings
from building_footprints_plugin.engine.options import PolygonizeOptions, SegmentOptions
from building_footprints_plugin.engine.polygonize import Thresholds
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.vector import Layer, read_layer, write_layers


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    knows_the_answer(monkeypatch)


def test_every_house_is_found_where_it_stands(tmp_path: Path) -> None:
    figures, layer = run(write_raster(tmp_path / "town.tif", town()), tmp_path / "out.gpkg")
    assert figures["count"] == len(layer.geometry) == 24
    assert figures["total_area_m2"] == pytest.approx(24 * 12 * 9)
    first = shapely.box(EAST + 10 * PIXEL, NORTH - 40 * PIXEL, EAST + 50 * PIXEL, NORTH - 10 * PIXEL)
    assert any(shapely.area(shapely.symmetric_difference(polygon, first)) < 1e-6 for polygon in layer.geometry)
    np.testing.assert_allclose(layer.fields["area_m2"], 108, atol=0.01)
    np.testing.assert_allclose(layer.fields["perimeter_m"], 42, atol=0.01)
    np.testing.assert_allclose(layer.fields["confidence"], 230 / 255, atol=0.003)
    assert sorted(layer.fields["id"]) == list(range(1, 25))
    assert layer.crs is not None
    assert rasterio.crs.CRS.from_user_input(layer.crs) == rasterio.crs.CRS.from_user_input(UTM)


@pytest.mark.parametrize("regularize", ["none", "simplify", "rectangular"])
@pytest.mark.parametrize(("tile", "overlap", "batch"), [(64, 16, 1), (200, 40, 3), (1024, 64, 8)])
def test_tile_and_batch_do_not_matter(tmp_path: Path, regularize: str, tile: int, overlap: int, batch: int) -> None:
    """With a network that sees one pixel the result is the very same; a real one differs by its edge effect."""
    raster = write_raster(tmp_path / "town.tif", town())
    options = PolygonizeOptions(regularize=regularize)
    _, expected = run(raster, tmp_path / "a.gpkg", options)
    segment = SegmentOptions(tile_px=tile, overlap_px=overlap, batch_size=batch)
    _, found = run(raster, tmp_path / "b.gpkg", options, segment)
    assert hashes(found) == hashes(expected)


def test_min_area_is_in_square_metres(tmp_path: Path) -> None:
    pixels = town()
    house(pixels, 280, 5, 10, 10)  # 3 x 3 m
    raster = write_raster(tmp_path / "town.tif", pixels)
    counts = [
        run(raster, tmp_path / "out.gpkg", PolygonizeOptions(regularize="none", min_area_m2=area))[0]["count"]
        for area in (8.9, 9.1, 107, 109)
    ]
    assert counts == [25, 24, 24, 0]


def test_holes_smaller_than_a_courtyard_are_filled(tmp_path: Path) -> None:
    pixels = np.zeros((3, 120, 120), np.uint8)
    house(pixels, 10, 10, 100, 100)
    pixels[:, 30:50, 30:50] = 0  # 36 m2
    pixels[:, 70:75, 70:75] = 0  # 2.25 m2
    _, layer = run(write_raster(tmp_path / "yard.tif", pixels), tmp_path / "out.gpkg")
    assert shapely.get_num_interior_rings(layer.geometry).tolist() == [1]
    assert layer.fields["area_m2"].tolist() == [pytest.approx(900 - 36)]


def test_a_hole_with_a_hut_in_it_stays_a_hole(tmp_path: Path) -> None:
    pixels = np.zeros((3, 60, 60), np.uint8)
    house(pixels, 10, 10, 40, 40)
    pixels[:, 24:36, 24:36] = 0  # 13 m2, below a courtyard
    house(pixels, 27, 27, 6, 6)
    for method in ("none", "simplify"):
        options = PolygonizeOptions(regularize=method, min_area_m2=1.0)
        _, layer = run(write_raster(tmp_path / "yard.tif", pixels), tmp_path / "out.gpkg", options)
        assert len(layer.geometry) == 2
        assert shapely.area(shapely.intersection(*layer.geometry)) < 1e-6


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_layers_that_do_not_measure_metres(tmp_path: Path, crs: str) -> None:
    """A house of 12 x 9 m at 60 degrees north is 108 m2, and its polygon comes back in the layer's CRS."""
    lon, lat = 15.0, 60.0
    (left,), (top,) = move("EPSG:4326", crs, [lon], [lat])
    if crs == "EPSG:4326":
        step_x, step_y = PIXEL / 111_412 / 0.5, PIXEL / 111_412  # metres per degree of latitude 60: 111 412
    else:
        step_x = step_y = PIXEL / np.cos(np.radians(lat))
    place = Affine(step_x, 0, left, 0, -step_y, top)
    _, layer = run(write_raster(tmp_path / "north.tif", town(), crs=crs, transform=place), tmp_path / "out.gpkg")
    assert len(layer.geometry) == 24
    np.testing.assert_allclose(layer.fields["area_m2"], 108, rtol=0.08)  # resampling rounds to whole pixels
    corner = np.array([place.c + 10 * place.a, place.f + 10 * place.e])
    nearest = min(abs(np.array(shapely.bounds(layer.geometry))[:, [0, 3]] - corner).sum(axis=1))
    assert nearest < 2 * (step_x + step_y)


def test_an_extent_shares_out_houses_by_their_centre(tmp_path: Path) -> None:
    """Two extents side by side, the border through a column of houses: each house once, whole."""
    raster = write_raster(tmp_path / "town.tif", town())
    _, whole = run(raster, tmp_path / "whole.gpkg")
    middle = EAST + 140 * PIXEL  # inside the second column, x 105..145 px, whose centre (125) lies left of it
    low, high = NORTH - 300 * PIXEL, NORTH
    _, left = run(raster, tmp_path / "left.gpkg", bounds=(EAST, low, middle, high))
    _, right = run(raster, tmp_path / "right.gpkg", bounds=(middle, low, EAST + 400 * PIXEL, high))
    assert len(left.geometry) == 12
    assert hashes(left) | hashes(right) == hashes(whole)
    assert not hashes(left) & hashes(right)


def test_polygons_as_area_in_another_crs(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "town.tif", town())
    xs, ys = EAST + np.array([0, 60, 60, 0]) * PIXEL, NORTH - np.array([0, 0, 300, 300]) * PIXEL
    triangle = shapely.Polygon(np.column_stack(move(UTM, "EPSG:4326", xs, ys)))
    write_layers(tmp_path / "aoi.gpkg", {"aoi": Layer(np.array([triangle], dtype=object), {}, "EPSG:4326")})
    figures, _ = run(raster, tmp_path / "out.gpkg", aoi=tmp_path / "aoi.gpkg")
    assert figures["count"] == 6


def test_probability_is_what_polygonize_takes(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "town.tif", town())
    target = Target(tmp_path / "a.gpkg", probability=tmp_path / "p.tif")
    extract(Source(raster), target, Model(Path("unused"), SegmentOptions()), WHOLE, Reporter())
    figures = polygonize(Source(str(tmp_path / "p.tif")), Target(tmp_path / "b.gpkg"), WHOLE, Reporter())
    assert figures["count"] == 24
    first, second = read_layer(tmp_path / "a.gpkg"), read_layer(tmp_path / "b.gpkg")
    assert hashes(first) == hashes(second)
    np.testing.assert_array_equal(first.fields["confidence"], second.fields["confidence"])


def test_a_probability_raster_carries_the_thresholds_of_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing said, segment then polygonize gives what extract gives, whatever the weights' thresholds are."""
    _, manifest = module._load(None)  # type: ignore[arg-type]
    strict = replace(manifest, thresholds={"threshold": 0.95, "seed_threshold": 0.5, "min_area_m2": 1.0})
    monkeypatch.setattr(module, "_load", lambda model: (Bright(), strict))
    raster = write_raster(tmp_path / "town.tif", town())
    target = Target(tmp_path / "a.gpkg", probability=tmp_path / "p.tif")
    model = Model(Path("unused"), SegmentOptions())
    for threshold, count in ((None, 0), (0.5, 24)):
        options = PolygonizeOptions(threshold=threshold)
        assert extract(Source(raster), target, model, options, Reporter())["count"] == count
        found = polygonize(Source(str(tmp_path / "p.tif")), Target(tmp_path / "b.gpkg"), options, Reporter())
        assert found["count"] == count


def test_probability_of_an_area_ends_at_its_border(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "town.tif", town())
    bounds = (EAST + 30 * PIXEL, NORTH - 200 * PIXEL, EAST + 150 * PIXEL, NORTH - 100 * PIXEL)
    target = Target(probability=tmp_path / "p.tif")
    extract(Source(raster, bounds), target, Model(Path("unused"), SegmentOptions()), WHOLE, Reporter())
    with rasterio.open(tmp_path / "p.tif") as dataset:
        assert dataset.shape == (100, 120)
        assert dataset.bounds == pytest.approx(bounds)
        np.testing.assert_array_equal(dataset.read(1), np.rint(town()[0, 100:200, 30:150] / 255 * 250))


@pytest.mark.parametrize("kind", ["mask of 0 and 1", "mask of 0 and 255", "float probability"])
def test_anyones_mask_becomes_footprints(tmp_path: Path, kind: str) -> None:
    mask = town()[:1] > 0
    pixels = {
        "mask of 0 and 1": mask.astype(np.uint8),
        "mask of 0 and 255": mask.astype(np.uint8) * 255,
        "float probability": mask.astype(np.float32) * 0.9,
    }[kind]
    raster = write_raster(tmp_path / "mask.tif", pixels, transform=north_up(0.5))
    figures = polygonize(Source(raster), Target(tmp_path / "out.gpkg"), WHOLE, Reporter())
    assert figures["count"] == 24
    assert figures["total_area_m2"] == pytest.approx(24 * 20 * 15)


def test_nodata_makes_no_walls(tmp_path: Path) -> None:
    """Ground that is not there cuts a house, but no footprint runs along it where there is no house."""
    pixels = np.maximum(town(), 1)
    pixels[:, :, 120:130] = 0
    _, layer = run(write_raster(tmp_path / "town.tif", pixels, nodata=0), tmp_path / "out.gpkg")
    assert len(layer.geometry) == 30  # six houses of the second column are cut in two
    gap = shapely.box(EAST + 120 * PIXEL, NORTH - 300 * PIXEL, EAST + 130 * PIXEL, NORTH)
    assert not shapely.intersects(shapely.buffer(gap, -0.01), layer.geometry).any()


@pytest.mark.parametrize("shape", [(5, 7), (40, 700), (700, 40)])
def test_odd_sizes(tmp_path: Path, shape: tuple[int, int]) -> None:
    """Smaller than a tile, wider than high, higher than wide: a house that fills the raster is the raster."""
    pixels = np.full((3, *shape), 230, np.uint8)
    figures, layer = run(write_raster(tmp_path / "odd.tif", pixels), tmp_path / "out.gpkg")
    assert figures["count"] == 1
    assert layer.fields["area_m2"][0] == pytest.approx(shape[0] * shape[1] * PIXEL**2, abs=0.01)


def test_no_building_is_an_empty_layer_not_an_error(tmp_path: Path) -> None:
    figures, layer = run(write_raster(tmp_path / "sea.tif", np.ones((3, 50, 60), np.uint8)), tmp_path / "out.gpkg")
    assert (figures["count"], figures["total_area_m2"]) == (0, 0)
    assert set(layer.fields) == {"id", "confidence", "area_m2", "perimeter_m"}


@pytest.mark.parametrize("name", ["out.gpkg", "out.geojson", "out.fgb", "out.parquet", "out.shp"])
def test_every_format_holds_the_same_houses(tmp_path: Path, name: str) -> None:
    _, layer = run(write_raster(tmp_path / "town.tif", town()), tmp_path / name)
    assert len(layer.geometry) == 24


def test_spacenet_tables_are_in_the_images_own_pixels(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "RGB-PanSharpen_AOI_2_Vegas_img1.tif", town())
    extract(Source(raster), Target(tmp_path / "out.csv"), Model(Path("unused"), SegmentOptions()), WHOLE, Reporter())
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "ImageId,BuildingId,PolygonWKT_Pix,Confidence"
    assert len(lines) == 25
    assert lines[1].startswith("AOI_2_Vegas_img1,1,")


class StopsAt(Reporter):
    """Cancels once a share of the run is done."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def _show(self, fraction: float) -> None:
        if fraction >= self.share:
            self.cancel()


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_cancelling_leaves_nothing(tmp_path: Path, share: float) -> None:
    raster = write_raster(tmp_path / "town.tif", town())
    output = tmp_path / "output"
    output.mkdir()
    target = Target(output / "out.gpkg", probability=output / "p.tif")
    segment = SegmentOptions(tile_px=64, overlap_px=16, batch_size=1)
    with pytest.raises(Cancelled):
        extract(Source(raster), target, Model(Path("unused"), segment), WHOLE, StopsAt(share))
    assert list(output.iterdir()) == []


def test_input_is_not_overwritten(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "town.tif", town())
    with pytest.raises(BadInput, match="both input and output"):
        extract(Source(raster), Target(probability=Path(raster)), Model(Path("x"), SegmentOptions()), WHOLE, Reporter())


def test_footprints_do_not_overlap(tmp_path: Path) -> None:
    """Terraced houses, at an angle to the grid, straightened: no ground belongs to two."""
    pixels = np.zeros((3, 200, 200), np.uint8)
    rows, cols = np.mgrid[:200, :200]
    along, across = (cols + 0.3 * rows) / 1.044, (rows - 0.3 * cols) / 1.044
    number = np.where((across > 20) & (across < 60) & (along > 20) & (along < 180), (along - 20) // 27 + 1, 0)
    for index in range(1, 7):
        inside = number == index
        pixels[0][inside] = 230
        pixels[1][inside & ((along - 20) % 27 > 2) & ((along - 20) % 27 < 25) & (across > 22) & (across < 58)] = 230
    raster = write_raster(tmp_path / "terrace.tif", pixels)
    for method in ("none", "simplify", "rectangular"):
        _, layer = run(raster, tmp_path / f"{method}.gpkg", PolygonizeOptions(regularize=method))
        assert len(layer.geometry) == 6
        shared = shapely.area(shapely.intersection(layer.geometry[:, None], layer.geometry[None, :]))
        assert shared[~np.eye(6, dtype=bool)].max() < 1e-6


def test_what_is_left_open_is_taken_from_the_weights() -> None:
    found = {"threshold": 0.3, "seed_threshold": 0.7, "merge_threshold": 0.8, "min_area_m2": 15.0}
    ours = Settings.of(PolygonizeOptions(), found)
    assert (ours.thresholds, ours.min_area_m2) == (Thresholds.of(0.3, 0.7, 0.8), 15.0)
    users = Settings.of(PolygonizeOptions(threshold=0.0, min_area_m2=0.0), found)
    assert (users.thresholds, users.min_area_m2) == (Thresholds.of(0.0, 0.7, 0.8), 0.0)
    assert Settings.of(PolygonizeOptions(), {}).min_area_m2 == 10.0
