"""Vector files out, in every format, whole or not at all."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from affine import Affine
from footprint_cases import EAST, NORTH, UTM, on_ground

from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.vector import (
    FOOTPRINT_SCHEMA,
    FootprintWriter,
    Layer,
    SourceImage,
    layer_names,
    read_layer,
    reproject,
    same_crs,
    write_layers,
)

FORMATS = [".gpkg", ".geojson", ".json", ".fgb", ".parquet", ".shp"]
HOUSES = on_ground((0, 0, 10, 10), (20, 0, 40, 10), (0, 50, 10, 60))


def footprints(count: int) -> dict[str, Any]:
    return {
        "id": np.arange(1, count + 1),
        "confidence": np.linspace(0.5, 0.9, count),
        "area_m2": shapely.area(HOUSES[:count]),
        "perimeter_m": shapely.length(HOUSES[:count]),
    }


def write(path: Path, count: int = 3, **options: Any) -> Path:
    with FootprintWriter(path, UTM, **options) as writer:
        if count:
            writer.write(HOUSES[:count], footprints(count))
    return path


def hidden(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".")]


@pytest.mark.parametrize("count", [0, 3], ids=["empty", "three"])
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_comes_back_as_written(tmp_path: Path, suffix: str, count: int) -> None:
    layer = read_layer(write(tmp_path / f"out{suffix}", count))
    assert len(layer) == count
    assert hidden(tmp_path) == []
    assert same_crs(layer.crs, "EPSG:4326" if suffix in (".geojson", ".json") else UTM)
    if count:
        order = np.argsort(layer.fields["id"])
        back = reproject(layer.geometry[order], layer.crs, UTM)
        assert shapely.area(shapely.symmetric_difference(back, HOUSES)).max() < 0.1
        assert layer.fields["confidence"][order] == pytest.approx([0.5, 0.7, 0.9])
        assert layer.fields["id"][order].tolist() == [1, 2, 3]


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".shp"])
def test_an_empty_file_has_its_columns_all_the_same(tmp_path: Path, suffix: str) -> None:
    layer = read_layer(write(tmp_path / f"out{suffix}", 0))
    names = ["id", "confidence", "area_m2", "perim_m" if suffix == ".shp" else "perimeter_m"]
    assert list(layer.fields) == names
    assert [values.dtype for values in layer.fields.values()] == [np.int64, np.float64, np.float64, np.float64]


def test_geojson_is_in_longitude_and_latitude(tmp_path: Path) -> None:
    text = json.loads(write(tmp_path / "out.geojson").read_text())
    ring = text["features"][0]["geometry"]["coordinates"][0]
    assert "crs" not in text
    assert min(point[0] for point in ring) == pytest.approx(15.0, abs=1e-7)  # the central meridian of zone 33
    assert min(point[1] for point in ring) == pytest.approx(45.15, abs=0.01)
    assert shapely.is_ccw(shapely.linearrings(ring))


def test_batches_of_any_size_become_one_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("building_footprints_plugin.engine.vector.writer.BATCH", 2)
    fields = footprints(3)
    with FootprintWriter(tmp_path / "out.fgb", UTM) as writer:
        for row in (0, 1, 2):
            writer.write(HOUSES[row : row + 1], {name: values[row : row + 1] for name, values in fields.items()})
        writer.write([], {name: [] for name in fields})
    assert writer.count == 3
    assert sorted(read_layer(tmp_path / "out.fgb").fields["id"]) == [1, 2, 3]


def test_other_layers_of_a_geopackage_survive(tmp_path: Path) -> None:
    target = write(tmp_path / "out.gpkg")
    write(target, layer="second")
    write(target, 1, layer="second")
    assert layer_names(target) == ["out", "second"]
    assert [len(read_layer(target, name)) for name in ("out", "second")] == [3, 1]
    assert len(read_layer(f"{target}|layername=second")) == 1


def write_and_fail(target: Path) -> None:
    with FootprintWriter(target, UTM) as writer:
        writer.write(HOUSES[:1], footprints(1))
        raise ZeroDivisionError


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".shp"])
def test_a_failed_run_leaves_everything_as_it_was(tmp_path: Path, suffix: str) -> None:
    target = write(tmp_path / f"out{suffix}")
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    with pytest.raises(ZeroDivisionError):
        write_and_fail(target)
    assert {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)} == before


def test_a_new_shapefile_leaves_no_old_companions(tmp_path: Path) -> None:
    (tmp_path / "out.qix").write_bytes(b"an index of other shapes")
    write(tmp_path / "out.shp")
    assert sorted(os.listdir(tmp_path)) == ["out.cpg", "out.dbf", "out.prj", "out.shp", "out.shx"]


def test_a_table_of_pixels_needs_the_image(tmp_path: Path) -> None:
    image = SourceImage("AOI_1", Affine(0.5, 0, EAST, 0, -0.5, NORTH + 100), UTM)
    text = write(tmp_path / "out.csv", 1, image=image).read_text().splitlines()
    # 10 m are 20 px; y counts down from 100 m = 200 px.
    assert text[0] == "ImageId,BuildingId,PolygonWKT_Pix,Confidence"
    assert shapely.from_wkt(text[1].split('"')[1]).bounds == (0, 180, 20, 200)
    assert text[1].startswith("AOI_1,1,")
    assert text[1].endswith(",0.500000")
    with pytest.raises(BadInput, match="another extension"):
        FootprintWriter(tmp_path / "out.csv", UTM)


def test_fields_that_are_not_in_the_schema_are_refused(tmp_path: Path) -> None:
    with FootprintWriter(tmp_path / "out.gpkg", UTM) as writer, pytest.raises(ValueError, match="expected"):
        writer.write(HOUSES[:1], {"id": [1]})


def test_a_schema_of_ones_own(tmp_path: Path) -> None:
    schema = {"name": object, "floors": np.int32}
    with FootprintWriter(tmp_path / "out.gpkg", UTM, schema=schema) as writer:
        writer.write(HOUSES[:2], {"name": ["a", None], "floors": [1, 2]})
    assert read_layer(tmp_path / "out.gpkg").fields["name"].tolist() == ["a", None]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.kml", "expected one of .gpkg"),
        ("out", "expected one of .gpkg"),
        ("missing/out.gpkg", "no folder"),
        ("folder.gpkg", "is a folder"),
        ("text.gpkg", "is not a GeoPackage"),
        ("locked.gpkg", "is open in another program"),
        ("wal.gpkg", "is open in another program"),
    ],
)
def test_a_target_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.gpkg").mkdir()
    (tmp_path / "text.gpkg").write_text("not a database at all, however long the text may be" * 100)
    write(tmp_path / "locked.gpkg")
    write(tmp_path / "wal.gpkg")
    lock = sqlite3.connect(tmp_path / "locked.gpkg")
    lock.execute("BEGIN EXCLUSIVE")
    reader = sqlite3.connect(tmp_path / "wal.gpkg")
    reader.execute("PRAGMA journal_mode=WAL")
    reader.execute("SELECT * FROM wal").fetchall()
    try:
        with pytest.raises(BadInput, match=message):
            FootprintWriter(tmp_path / name, UTM)
    finally:
        lock.close()
        reader.close()
    assert hidden(tmp_path) == []


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(BadInput, match="Permission denied"):
        FootprintWriter(tmp_path / "out.gpkg", UTM)


def test_a_full_disk_is_one_sentence_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("building_footprints_plugin.engine.vector.commit._replace", full)
    with pytest.raises(FootprintsError, match="No space left"):
        write(tmp_path / "out.gpkg")
    assert os.listdir(tmp_path) == []


def test_layers_keep_their_attributes_and_nulls(tmp_path: Path) -> None:
    fields = {
        "ID": np.array([7, 8, 9]),
        "id": np.array(["a", "b", "c"], dtype=object),
        "fid": np.array([1.5, 2.5, 3.5]),
        "floors": np.ma.MaskedArray([1, 2, 3], mask=[False, True, False]),
        "built": np.array(["2001-02-03", "NaT", "2004-05-06"], dtype="datetime64[ms]"),
        "open": np.array([True, False, True]),
    }
    multi = shapely.union_all(HOUSES[:2])
    write_layers(tmp_path / "out.gpkg", {"one": Layer(np.array([multi, *HOUSES[1:]], dtype=object), fields, UTM)})
    back = read_layer(tmp_path / "out.gpkg").fields
    assert list(back) == ["ID", "id_1", "fid_1", "floors", "built", "open"]
    assert np.isnan(back["floors"]).tolist() == [False, True, False]
    assert back["id_1"].tolist() == ["a", "b", "c"]
    assert np.isnat(back["built"]).tolist() == [False, True, False]


def test_schema_is_that_of_the_contract() -> None:
    assert list(FOOTPRINT_SCHEMA) == ["id", "confidence", "area_m2", "perimeter_m"]


def test_written_files_open_in_gdal_without_a_warning(tmp_path: Path) -> None:
    info = pyogrio.read_info(write(tmp_path / "out.gpkg"))
    assert (info["geometry_type"], info["features"], info["layer_name"]) == ("Polygon", 3, "out")
