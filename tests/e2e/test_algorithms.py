"""Each algorithm through qgis_process, against the same thing on the engine's command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from conftest import Qgis
from numpy.typing import NDArray

from building_footprints_plugin.engine.raster import open_raster
from building_footprints_plugin.engine.vector import Layer, write_layer
from tools import preview, run_qgis
from training.places import read_places

ALGORITHMS = (
    *("extractbuildings", "segmentbuildings", "polygonizebuildings", "regularizefootprints", "scorefootprints"),
    *("exporttrainingdata", "installengine", "checkinstallation", "extractandscore", "exporttrainingtiles"),
)
SAME_PLACE_DEG = 1e-8  # about a millimetre: QGIS and the command line write the same numbers
Engine = Callable[..., dict[str, Any]]


def read(path: Path | str) -> tuple[dict[str, Any], NDArray[Any], dict[str, NDArray[Any]]]:
    """Return (what the layer is, its polygons, its attributes) of a vector file, ordered by id where it has one."""
    meta, _, wkb, columns = pyogrio.raw.read(path)
    fields = dict(zip(meta["fields"], columns, strict=True))
    order = np.argsort(fields["id"]) if "id" in fields else np.arange(len(wkb))
    return meta, shapely.from_wkb(wkb)[order], {name: values[order] for name, values in fields.items()}


@pytest.fixture(scope="module")
def extracted(qgis: Qgis, image: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("extracted")
    output = folder / "buildings.gpkg"
    probability = folder / "probability.tif"
    return qgis.results("extractbuildings", INPUT=image, OUTPUT=output, PROBABILITY=probability), folder


@pytest.fixture(scope="module")
def from_command_line(engine: Engine, image: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command_line")
    engine("extract", image, folder / "buildings.gpkg", "--probability", folder / "probability.tif")
    return folder


def test_every_algorithm_is_listed(qgis: Qgis) -> None:
    done = run_qgis.call(qgis.config, ["--json", "list"])
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert {f"buildingfootprints:{name}" for name in ALGORITHMS} <= set(
        report["providers"]["buildingfootprints"]["algorithms"]
    )


def test_footprints_are_valid_polygons_in_the_layer_crs(extracted: tuple[dict[str, Any], Path]) -> None:
    meta, polygons, fields = read(extracted[1] / "buildings.gpkg")
    assert len(polygons) > 0
    assert (meta["crs"], meta["geometry_type"]) == ("EPSG:4326", "Polygon")
    assert shapely.is_valid(polygons).all()
    assert {"id", "confidence", "area_m2", "perimeter_m"} <= set(fields)
    assert ((fields["confidence"] > 0) & (fields["confidence"] <= 1)).all()


def test_numbers_for_models_match_the_layer(extracted: tuple[dict[str, Any], Path]) -> None:
    results, folder = extracted
    _, polygons, fields = read(folder / "buildings.gpkg")
    assert results["COUNT"] == len(polygons)
    rounding = 0.005 * (len(polygons) + 1)  # every area is written to 0.01 m²
    assert results["TOTAL_AREA"] == pytest.approx(fields["area_m2"].sum(), abs=rounding)
    assert results["DEVICE_USED"]


def test_qgis_and_command_line_give_the_same_footprints(
    extracted: tuple[dict[str, Any], Path], from_command_line: Path
) -> None:
    _, polygons, fields = read(extracted[1] / "buildings.gpkg")
    _, expected, expected_fields = read(from_command_line / "buildings.gpkg")
    assert len(polygons) == len(expected)
    assert shapely.equals_exact(polygons, expected, tolerance=SAME_PLACE_DEG).all()
    for name in ("confidence", "area_m2", "perimeter_m"):
        np.testing.assert_allclose(fields[name], expected_fields[name], rtol=1e-6)


def pixels(path: Path) -> NDArray[Any]:
    with rasterio.open(path) as raster:
        return np.asarray(raster.read())


def test_probability_of_an_extraction_is_the_segmentation(
    qgis: Qgis, image: Path, extracted: tuple[dict[str, Any], Path], from_command_line: Path, tmp_path: Path
) -> None:
    qgis.results("segmentbuildings", INPUT=image, OUTPUT=tmp_path / "segmented.tif")
    expected = pixels(from_command_line / "probability.tif")
    np.testing.assert_array_equal(pixels(extracted[1] / "probability.tif"), expected)
    np.testing.assert_array_equal(pixels(tmp_path / "segmented.tif"), expected)


def test_polygonize_matches_the_command_line(
    qgis: Qgis, engine: Engine, from_command_line: Path, tmp_path: Path
) -> None:
    probability = from_command_line / "probability.tif"
    options = {"THRESHOLD": 0.6, "MIN_AREA": 30}
    results = qgis.results("polygonizebuildings", INPUT=probability, OUTPUT=tmp_path / "qgis.gpkg", **options)
    engine("polygonize", probability, tmp_path / "cli.gpkg", "--threshold", "0.6", "--min-area", "30")
    _, polygons, fields = read(tmp_path / "qgis.gpkg")
    _, expected, _ = read(tmp_path / "cli.gpkg")
    assert results["COUNT"] == len(polygons) == len(expected)
    assert shapely.equals_exact(polygons, expected, tolerance=1e-4).all()  # metres: a probability raster is metric
    assert (fields["area_m2"] >= 30).all()


def test_regularize_matches_the_command_line(qgis: Qgis, engine: Engine, truth: Path, tmp_path: Path) -> None:
    """The ground truth is drawn by hand, in degrees."""
    results = qgis.results("regularizefootprints", INPUT=truth, OUTPUT=tmp_path / "qgis.gpkg", TOLERANCE=0.8)
    figures = engine("regularize", truth, tmp_path / "cli.gpkg", "--tolerance", "0.8")
    meta, polygons, fields = read(tmp_path / "qgis.gpkg")
    _, expected, expected_fields = read(tmp_path / "cli.gpkg")
    assert (results["COUNT"], results["REGULARIZED"]) == (figures["count"], figures["regularized"])
    assert len(polygons) == len(expected) > 0
    assert shapely.equals_exact(polygons, expected, tolerance=SAME_PLACE_DEG).all()
    np.testing.assert_array_equal(fields["regularized"], expected_fields["regularized"])
    assert set(expected_fields) == set(fields)
    assert meta["crs"] == "EPSG:4326"


def test_part_of_a_layer(qgis: Qgis, truth: Path, tmp_path: Path) -> None:
    """What a selection is in the window, a subset is in qgis_process."""
    some = f"{truth}|subset=partialDec < 0.95"
    results = qgis.results("regularizefootprints", INPUT=some, OUTPUT=tmp_path / "some.gpkg")
    _, polygons, fields = read(tmp_path / "some.gpkg")
    wanted = (read(truth)[2]["partialDec"] < 0.95).sum()
    assert 0 < results["COUNT"] == len(polygons) == wanted < 49
    assert (fields["partialDec"] < 0.95).all()


def test_exported_tiles_are_those_of_the_command_line(
    qgis: Qgis, engine: Engine, image: Path, truth: Path, tmp_path: Path
) -> None:
    results = qgis.results("exporttrainingdata", INPUT=image, TRUTH=truth, FOLDER=tmp_path / "data", NAME="vegas")
    figures = engine("chips", image, truth, tmp_path / "cli" / "vegas")
    (place,) = read_places(tmp_path / "data")
    (expected,) = read_places(tmp_path / "cli")
    assert results["TILES"] == figures["tiles"] == len(place.ids) == len(expected.ids)
    assert place.info == expected.info
    for name in place.ids:
        for found, wanted in zip(place.read(name), expected.read(name), strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_score_matches_the_command_line(
    qgis: Qgis, engine: Engine, truth: Path, from_command_line: Path, tmp_path: Path
) -> None:
    proposals = from_command_line / "buildings.gpkg"
    missed = tmp_path / "missed.gpkg"
    outputs = {"OUTPUT": tmp_path / "scored.gpkg", "MISSED": missed, "REPORT": tmp_path / "score.html"}
    results = qgis.results("scorefootprints", PROPOSALS=proposals, TRUTH=truth, **outputs)
    expected = engine("score", proposals, truth)
    for name in ("tp", "fp", "fn"):
        assert results[name.upper()] == expected[name], name
    for name in ("precision", "recall", "f1", "mean_iou"):
        assert results[name.upper()] == pytest.approx(expected[name]), name
    assert len(read(tmp_path / "scored.gpkg")[1]) == expected["tp"] + expected["fp"]
    assert len(read(missed)[1]) == expected["fn"]
    assert "<html" in (tmp_path / "score.html").read_text(encoding="utf-8").lower()


def test_a_shipped_model_runs(qgis: Qgis, image: Path, truth: Path, tmp_path: Path) -> None:
    with rasterio.open(image) as raster:
        left, bottom, right, top = raster.bounds
    north = np.array([shapely.box(left, (bottom + top) / 2, right, top)], dtype=object)
    write_layer(tmp_path / "north.gpkg", Layer(north, {}, "EPSG:4326"))
    outputs = {"score:output": "scored.gpkg", "score:missed": "missed.gpkg", "score:report": "report.html"}
    files = {name: tmp_path / file for name, file in outputs.items()}
    qgis.results("extractandscore", image=image, area=tmp_path / "north.gpkg", truth=truth, **files)
    _, polygons, fields = read(tmp_path / "scored.gpkg")
    assert (fields["status"] == "matched").sum() > 5
    assert shapely.bounds(polygons)[:, 1].min() >= (bottom + top) / 2 - 2e-4, "20 m: whole buildings on the edge"
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8").lower()


def test_scored_footprints_can_be_drawn(
    engine: Engine, image: Path, truth: Path, from_command_line: Path, tmp_path: Path
) -> None:
    scored, picture = tmp_path / "scored.gpkg", tmp_path / "preview.png"
    expected = engine("score", from_command_line / "buildings.gpkg", truth, "--output", scored)
    with open_raster(image, gsd_m=preview.GSD_M) as raster:
        drawn = preview.polygons(scored, raster)
    counts = [len(drawn[kind]) for kind in (preview.FOUND, preview.FALSE, preview.MISSED)]
    assert counts == [expected["tp"], expected["fp"], expected["fn"]]
    assert preview.main([str(image), str(scored), str(picture)]) == 0
    assert picture.stat().st_size > 100_000


def test_check_installation_names_python_and_torch(qgis: Qgis) -> None:
    done = qgis.run("checkinstallation")
    assert done.returncode == 0, done.stderr
    assert os.environ.get("BUILDING_FOOTPRINTS_PYTHON", ".venv/bin/python") in done.stdout
    assert "torch" in done.stdout


def test_extent_limits_the_footprints(qgis: Qgis, image: Path, tmp_path: Path) -> None:
    with rasterio.open(image) as raster:
        left, bottom, right, top = raster.bounds
    box = (left, right, (bottom + top) / 2, top)  # QGIS writes x before y: the northern half
    extent = ",".join(map(str, box)) + " [EPSG:4326]"
    qgis.results("extractbuildings", INPUT=image, OUTPUT=tmp_path / "north.gpkg", EXTENT=extent)
    _, polygons, _ = read(tmp_path / "north.gpkg")
    assert len(polygons) > 0
    assert shapely.bounds(polygons)[:, 1].min() >= (bottom + top) / 2 - 1e-5  # a pixel is 0.27e-5 degrees
