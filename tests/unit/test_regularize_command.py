"""`regularize` on files: any layer, any coordinate system, nothing of a feature lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from outlines import corner_angles, plan, turned
from rasterio import warp

from building_footprints_plugin.engine import straighten
from building_footprints_plugin.engine.__main__ import main
from building_footprints_plugin.engine.options import RegularizeOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.regularize import Regularized
from building_footprints_plugin.engine.vector import Layer, read_layer, reproject, write_layer

EAST, NORTH = 500_000.0, 6_650_000.0  # in UTM zone 33, at 60 degrees north


def ragged(shape: shapely.Polygon, seed: int = 0) -> shapely.Polygon:
    """Return a building as somebody in a hurry drew it: corners up to 15 cm off."""
    chance = np.random.default_rng(seed)

    def move(xy: Any) -> Any:
        moved = xy + chance.uniform(-0.15, 0.15, xy.shape)
        return np.concatenate([moved[:-1], moved[:1]]) + (EAST, NORTH)

    return shapely.transform(shape, move)


def village(count: int = 6) -> Layer:
    houses = [ragged(turned(plan("L", 6, 5), 15 * k, (30 * k, 0)), k) for k in range(count)]
    fields = {"name": np.array([f"house {k}" for k in range(count)], dtype=object), "storeys": np.arange(count)}
    return Layer(np.array(houses, dtype=object), fields, "EPSG:32633")


def run(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main(["regularize", *map(str, words), "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:4326", "EPSG:3857", "EPSG:2263"])
@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".shp"])
def test_metres_are_metres_in_any_coordinate_system(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], crs: str, suffix: str
) -> None:
    layer = village()
    if crs == "EPSG:2263":  # feet, which only fit New York
        shift = np.array(warp.transform("EPSG:32618", crs, [585_000.0], [4_510_000.0])[:2]).ravel()
        feet = shapely.transform(layer.geometry, lambda xy: (xy - (EAST, NORTH)) / 0.3048006096 + shift)
        layer = Layer(feet, layer.fields, crs)
    else:
        layer = Layer(reproject(layer.geometry, "EPSG:32633", crs), layer.fields, crs)
    source, target = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    write_layer(source, layer)
    figures = run(capsys, source, target)
    assert figures["count"] == figures["regularized"] == 6
    found = read_layer(target)
    rows = zip(found.fields["name"], found.fields["storeys"], strict=True)
    assert sorted(rows) == [(f"house {k}", k) for k in range(6)]  # FlatGeobuf has an order of its own
    metric = "EPSG:32618" if crs == "EPSG:2263" else "EPSG:32633"
    for polygon in reproject(found.geometry, crs, metric):
        np.testing.assert_allclose(corner_angles(polygon), 90, atol=0.01)
        assert polygon.area == pytest.approx(90, rel=0.05)


NOTCHED = shapely.box(0, 0, 12, 9) - shapely.box(0, 0, 0.3, 0.3)
WINGED = shapely.box(0, 0, 9, 8) | turned(shapely.box(0, 0, 12, 5), 45, (5, 2))


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:4326"])
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet"])
def test_twice_changes_nothing_through_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], crs: str, suffix: str
) -> None:
    """A GeoJSON has degrees of eight digits, which are a millimetre, whatever is written to it."""
    squared = [turned(shape, 20 * k, (EAST + 40 * k, NORTH)) for k, shape in enumerate([NOTCHED, WINGED] * 3)]
    drawn = shapely.affinity.translate(ragged(plan("T", 4, 5)), 300)
    layer = Layer(reproject(np.array([*squared, drawn], dtype=object), "EPSG:32633", crs), crs=crs)
    files = [tmp_path / f"{name}{suffix}" for name in ("drawn", "once", "twice")]
    write_layer(files[0], layer)
    run(capsys, files[0], files[1])
    run(capsys, files[1], files[2])
    given, once, twice = (
        reproject(found.geometry, found.crs, "EPSG:32633") for found in (read_layer(file) for file in files)
    )
    assert shapely.hausdorff_distance(once, twice).max() < 1e-3
    assert shapely.hausdorff_distance(given[:-1], once[:-1]).max() < 1e-3
    assert shapely.hausdorff_distance(given[-1], once[-1]) > 0.05


def test_squared_houses_in_centimetres_stay_beside_others_that_were_straightened() -> None:
    """What is straightened has coordinates that are not rounded; the next run knows those of the others still."""
    squared = [turned(plan("L", 9, 7), 7 * k, (EAST + 40 * k, NORTH)) for k in range(20)]
    drawn = shapely.affinity.translate(ragged(plan("T", 4, 5)), 900)
    outlines = [shapely.transform(np.array([*squared, drawn], dtype=object), lambda xy: np.round(xy, 2))]
    for _ in range(2):
        layer = Layer(outlines[-1], crs="EPSG:32633")
        outlines.append(straighten.straighten(layer, RegularizeOptions(), Reporter()).layer.geometry)
    assert shapely.hausdorff_distance(outlines[0], outlines[1])[-1] > 0.05
    assert shapely.hausdorff_distance(outlines[0], outlines[1])[:-1].max() == 0
    assert shapely.hausdorff_distance(outlines[1], outlines[2]).max() < 1e-6


@pytest.mark.parametrize("step_m", [1.0, 0.1])
def test_coarse_coordinates_say_nothing_of_right_angles(step_m: float) -> None:
    """Whole metres are also whole centimetres; but no chamfer is to be turned for being near enough to 45 degrees."""
    corners = [(6, 0), (0, 7), (0, 20), (9, 20), (9, 10), (16, 10), (16, 0)]
    chamfered = shapely.Polygon(np.array(corners) + step_m)
    found = straighten.straighten(Layer(np.array([chamfered], dtype=object)), RegularizeOptions(), Reporter())
    assert found.layer.geometry[0].equals(chamfered)


@pytest.mark.parametrize("digits", [7, 8])
def test_what_was_drawn_is_squared_however_its_coordinates_were_rounded(digits: int) -> None:
    """Among corners in steps of a centimetre, one or the other is a right one by chance."""
    drawn = village(24)
    degrees = shapely.transform(reproject(drawn.geometry, drawn.crs, "EPSG:4326"), lambda xy: np.round(xy, digits))
    done = straighten.straighten(Layer(degrees, crs="EPSG:4326"), RegularizeOptions(), Reporter()).layer
    for polygon in reproject(done.geometry, "EPSG:4326", "EPSG:32633"):
        np.testing.assert_allclose(corner_angles(polygon), 90, atol=0.3)


def test_parts_stay_together_and_bad_features_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    houses = village(3).geometry
    twin = shapely.multipolygons([houses[0], houses[1]])
    bow_tie = shapely.transform(shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]), lambda xy: xy + (EAST, NORTH + 100))
    geometry = np.array([twin, houses[2], None, bow_tie], dtype=object)
    ids = np.array([7, 8, 9, 10])
    write_layer(tmp_path / "in.gpkg", Layer(geometry, {"id": ids}, "EPSG:32633"))
    assert main(["regularize", str(tmp_path / "in.gpkg"), str(tmp_path / "out.gpkg"), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["dropped"] == 1
    assert "1 features have no area and were left out: 9" in said.err
    assert "1 features crossed themselves and were repaired: 10" in said.err
    found = read_layer(tmp_path / "out.gpkg")
    assert found.fields["id"].tolist() == [7, 8, 10]
    assert [shapely.get_num_geometries(shape) for shape in found.geometry] == [2, 1, 2]
    assert shapely.is_valid(found.geometry).all()


def test_nulls_survive_and_an_old_verdict_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layer = village(3)
    storeys = np.ma.MaskedArray([1, 2, 3], mask=[False, True, False])
    fields = {"storeys": storeys, "regularized": np.array([5, 5, 5], dtype=np.int32)}
    write_layer(tmp_path / "in.gpkg", Layer(layer.geometry, fields, layer.crs))
    run(capsys, tmp_path / "in.gpkg", tmp_path / "out.gpkg")
    found = read_layer(tmp_path / "out.gpkg")
    assert found.fields["regularized"].tolist() == [1, 1, 1]
    storeys = np.ma.filled(found.fields["storeys"].astype(float), np.nan)
    np.testing.assert_array_equal(storeys, [1, np.nan, 3])


def test_layers_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "town.gpkg"
    write_layer(file, village(2), "old")
    write_layer(file, village(3), "new")
    assert run(capsys, file, file, "--input-layer", "new", "--layer", "straight")["count"] == 3
    assert len(read_layer(file, "straight")) == 3
    assert len(read_layer(file, "old")) == 2


def test_a_layer_around_the_world_is_straightened_zone_by_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = village(1).geometry
    zones = [reproject(home, f"EPSG:{code}", "EPSG:4326")[0] for code in (32601, 32633, 32733, 32655)]
    write_layer(tmp_path / "in.gpkg", Layer(np.array(zones, dtype=object), {}, "EPSG:4326"))
    assert run(capsys, tmp_path / "in.gpkg", tmp_path / "out.gpkg")["regularized"] == 4
    found = read_layer(tmp_path / "out.gpkg").geometry
    for polygon, code in zip(found, (32601, 32633, 32733, 32655), strict=True):
        angles = corner_angles(reproject(np.array([polygon]), "EPSG:4326", f"EPSG:{code}")[0])
        np.testing.assert_allclose(angles, 90, atol=0.01)


def test_no_features_make_an_empty_layer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_layer(tmp_path / "in.gpkg", Layer(np.empty(0, dtype=object), {"name": np.empty(0, object)}, "EPSG:32633"))
    assert run(capsys, tmp_path / "in.gpkg", tmp_path / "out.gpkg")["count"] == 0
    assert len(read_layer(tmp_path / "out.gpkg")) == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["missing.gpkg", "out.gpkg"], "There is no file missing.gpkg", id="no input"),
        pytest.param(["in.gpkg", "out.csv"], "has the extension '.csv'", id="a table"),
        pytest.param(["in.gpkg", "out.gpkg", "--method", "none"], "invalid choice: 'none'", id="no method"),
        pytest.param(["in.gpkg", "out.gpkg", "--tolerance", "0"], "--tolerance is 0; expected", id="no tolerance"),
        pytest.param(["points.gpkg", "out.gpkg"], "holds points; expected polygons", id="no polygons"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_layer("in.gpkg", village(1))
    Path("points.geojson").write_text(
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}}'
    )
    if words[0] == "points.gpkg":
        words = ["points.geojson", *words[1:]]
    assert main(["regularize", *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
    assert not Path("out.gpkg").exists()


def test_a_spike_thinner_than_the_digits_of_the_layer_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    spiked = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5.1, 10), (5, 14), (4.9, 10), (0, 10)])
    made = Regularized(np.array([spiked], dtype=object), np.array([True]))
    monkeypatch.setattr(straighten, "regularize", lambda *_: made)
    monkeypatch.setattr(straighten, "reproject", lambda shapes, *_: shapely.transform(shapes, np.round))
    layer = Layer(np.array([shapely.box(15, 60, 25, 70)], dtype=object), {}, "EPSG:4326")
    done = straighten.straighten(layer, RegularizeOptions(), Reporter()).layer.geometry[0]
    assert shapely.is_valid(done)
    assert done.equals(shapely.box(0, 0, 10, 10))
