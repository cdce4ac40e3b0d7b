"""Vector files in: which layer, which shapes, which coordinates, and what is said about the rest."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from footprint_cases import UTM, boxes, on_ground, write_file

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.vector import (
    Layer,
    bounds_of,
    metric_crs,
    polygons_of,
    read_layer,
    reproject,
    same_crs,
)

HOUSES = on_ground((0, 0, 10, 10), (20, 0, 40, 10), (0, 50, 10, 60))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.gpkg", None, "There is no file"),
        ("text.geojson", b"hello", "not a vector file"),
        ("text.parquet", b"hello", "not a Parquet file"),
        ("text.xyz", b"hello", "not a vector file"),
        ("table.csv", b"a,b\n1,2\n", "no layer with geometry"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=message) as caught:
        read_layer(tmp_path / name)
    assert name in str(caught.value)


def test_which_layer_of_several(tmp_path: Path) -> None:
    path = tmp_path / "many.gpkg"
    write_file(path, [shapely.Point(1, 1)], layer="points", geometry_type="Point")
    write_file(path, HOUSES, layer="houses", geometry_type="Polygon")
    assert read_layer(path).name == "houses"
    write_file(path, HOUSES, layer="sheds", geometry_type="Polygon")
    with pytest.raises(BadInput, match=r"several layers \(points, houses, sheds\)"):
        read_layer(path)
    with pytest.raises(BadInput, match="no layer 'barns'; it has points, houses, sheds"):
        read_layer(path, "barns")
    assert len(read_layer(path, "sheds", columns=[])) == 3


def test_curves_become_segments_and_heights_are_dropped(tmp_path: Path) -> None:
    path = write_file(tmp_path / "curve.gpkg", [shapely.Point(0, 0).buffer(1)], geometry_type="Unknown", layer="curve")
    blob = b"GP\x00\x01" + (32633).to_bytes(4, "little") + bytes.fromhex(CIRCLE_WKB)
    with sqlite3.connect(path) as connection:
        for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger[0]}"')
        connection.execute("UPDATE curve SET geom = ?", (blob,))
    found = polygons_of(read_layer(path)).geometry
    assert shapely.area(found)[0] == pytest.approx(np.pi * 100, rel=1e-3)


# The circle of radius 10 about (10, 0) as ISO WKB: a CurvePolygon (10) of one CircularString (8) of five points.
CIRCLE_WKB = (
    "01" + "0a000000" + "01000000" + "01" + "08000000" + "05000000"
    + np.array([0, 0, 10, 10, 20, 0, 10, -10, 0, 0], dtype="<f8").tobytes().hex()
)  # fmt: skip


def test_what_is_no_polygon_is_refused_or_left_out() -> None:
    bow_tie = shapely.from_wkt("POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))")
    spike = shapely.from_wkt("POLYGON ((0 0, 10 0, 10 10, 15 10, 10 10, 0 10, 0 0))")
    mixed = shapely.from_wkt("GEOMETRYCOLLECTION (POINT (0 0), POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0)))")
    multi = shapely.union_all(boxes((0, 0, 1, 1), (5, 5, 6, 6)))
    shapes = [bow_tie, None, spike, shapely.Point(1, 1), mixed, multi, shapely.Polygon()]
    layer = Layer(np.array(shapes, dtype=object), {"id": np.array([11, 12, 13, 14, 15, 16, 17])})
    found = polygons_of(layer)
    assert shapely.area(found.geometry) == pytest.approx([50, 100, 16, 2])
    assert shapely.is_valid(found.geometry).all()
    assert found.rows.tolist() == [0, 2, 4, 5]
    assert (found.repaired, found.dropped) == ([11, 13], [12, 14, 17])


def test_parts_that_rounding_made_points_or_lines_are_left_out() -> None:
    """On such a part GEOS gives up with an exception, be the others as they will."""
    point, line = "(0 0, 0 0, 0 0, 0 0)", "(5 5, 9 9, 7 7, 5 5)"
    shapes = [f"MULTIPOLYGON ((({place[1:-1]})), ((1 0, 3 0, 3 1, 1 0)))" for place in (point, line)]
    layer = Layer(np.array(shapely.from_wkt([*shapes, f"MULTIPOLYGON (({point}))"]), dtype=object))
    found = polygons_of(layer)
    assert shapely.area(found.geometry).tolist() == [1.0, 1.0]
    assert shapely.is_valid(found.geometry).all()
    assert found.rows.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (["POINT (0 0)", "MULTIPOINT (0 0, 1 1)"], "holds points; expected polygons"),
        (["LINESTRING (0 0, 1 1)"], "holds lines; expected polygons"),
        (["POINT (0 0)", "LINESTRING (0 0, 1 1)"], "holds points and lines"),
    ],
)
def test_points_and_lines_are_named(shapes: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        polygons_of(Layer(np.array(shapely.from_wkt(shapes), dtype=object)))


def parquet(path: Path, geo: dict[str, Any] | None, crs: Any = ...) -> Path:
    table = pa.table({"n": [1, 2, 3], "geometry": shapely.to_wkb(HOUSES)})
    about: dict[str, Any] = {"encoding": "WKB", "geometry_types": []}
    if crs is not ...:
        about["crs"] = crs
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": about}} if geo is None else geo
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)} if geo else {}), path)
    return path


def test_geoparquet_without_a_crs_is_in_degrees(tmp_path: Path) -> None:
    assert read_layer(parquet(tmp_path / "a.parquet", None)).crs == "OGC:CRS84"
    assert read_layer(parquet(tmp_path / "b.parquet", None, crs=None)).crs is None


@pytest.mark.parametrize(
    ("geo", "message"),
    [
        ({}, 'no "geo" metadata'),
        ({"columns": {}}, "not valid"),
        ({"primary_column": "geometry", "columns": {"geometry": {"encoding": "point"}}}, "expected WKB"),
    ],
)
def test_parquet_that_is_not_geoparquet(tmp_path: Path, geo: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_layer(parquet(tmp_path / "a.parquet", geo))


@pytest.mark.parametrize(
    ("crs", "centre", "expected"),
    [
        (UTM, (500000, 5000000), UTM),
        ("EPSG:4326", (-115.2, 36.1), "EPSG:32611"),
        ("EPSG:4326", (28.3, -15.4), "EPSG:32735"),
        ("EPSG:4326", (180.0, 10.0), "EPSG:32660"),
        ("EPSG:3857", (0.0, 0.0), "EPSG:32631"),
        ("EPSG:2263", (980000, 200000), "EPSG:32618"),  # New York, in feet
        (None, (0, 0), None),
    ],
)
def test_metric_crs(crs: str | None, centre: tuple[float, float], expected: str | None) -> None:
    assert metric_crs(crs, centre) == expected


def test_a_crs_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="no coordinate reference system"):
        same_crs("EPSG:4326", "nonsense")


def test_extent_of_nothing() -> None:
    assert bounds_of(np.array([None, shapely.Polygon()], dtype=object)) is None
    assert bounds_of(np.empty(0, dtype=object)) is None


def test_coordinates_that_are_no_numbers_or_off_the_earth(tmp_path: Path) -> None:
    """The first are left out as shapes without an area, the others refused: PROJ would go on for ever."""
    ring = [(0, 0), (1, 0), (np.nan, 1), (0, 0)]
    layer = Layer(np.array([shapely.Polygon(ring), *HOUSES], dtype=object), {"id": np.arange(4)}, UTM)
    found = polygons_of(layer)
    assert (found.rows.tolist(), found.dropped) == ([1, 2, 3], [0])
    with pytest.raises(BadInput, match="coordinates outside EPSG:4326"):
        reproject(boxes((1e20, 0, 2e20, 1)), "EPSG:4326", UTM)


def test_text_in_another_encoding(tmp_path: Path) -> None:
    path = Path(write_file(tmp_path / "in.gpkg", HOUSES, {"name": np.array(["aaaa"] * 3, dtype=object)}))
    path.write_bytes(path.read_bytes().replace(b"aaaa", b"a\xffaa"))
    with pytest.raises(BadInput, match="could not be read as a vector file"):
        read_layer(path)
