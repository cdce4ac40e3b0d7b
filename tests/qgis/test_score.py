"""Score footprints inside QGIS, against figures counted by hand."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import processing
import pytest
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProcessingAlgRunnerTask,
    QgsProcessingException,
    QgsProject,
)

from building_footprints_plugin.algorithms import score_numbers, sinks
from building_footprints_plugin.bridge.errors import RunCancelled

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("provider")
NUMBERS = ("TP", "FP", "FN", "PRECISION", "RECALL", "F1", "MEAN_IOU")


def box(x: float, y: float, width: float = 10, height: float = 10) -> str:
    """A rectangle in UTM zone 45, metres from a corner."""
    x, y = 500000 + x, 3000000 + y
    ring = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    return "Polygon ((" + ", ".join(f"{a} {b}" for a, b in ring) + "))"


def score(proposals, truth, **parameters: object) -> dict:
    given = {"PROPOSALS": proposals, "TRUTH": truth, "OUTPUT": "memory:", "MISSED": "memory:", **parameters}
    return processing.run("buildingfootprints:scorefootprints", given)


@pytest.fixture
def town(polygons):
    """Proposals and truth, three each: one pair is equal, one footprint half as wide (IoU 0.5), one on nothing."""
    return (
        polygons(box(0, 0), box(50, 0, width=5), box(200, 0)),
        polygons(box(0, 0), box(50, 0), box(100, 0)),
    )


def test_a_second_layer_that_fails_takes_the_first_and_the_report_along(town, tmp_path, monkeypatch):
    pour, poured = sinks._pour, []

    def failing(values, name, *given):
        poured.append(name)
        if name == "MISSED":
            raise RunCancelled("Cancelled; no output was written.")
        return pour(values, name, *given)

    monkeypatch.setattr(sinks, "_pour", failing)
    files = {"OUTPUT": "o.gpkg", "MISSED": "m.gpkg", "REPORT": "r.html"}
    with pytest.raises(QgsProcessingException, match="Cancelled"):
        score(*town, **{name: str(tmp_path / file) for name, file in files.items()})
    assert poured == ["OUTPUT", "MISSED"]
    assert os.listdir(tmp_path) == []


def test_figures_and_layers(town):
    results = score(*town)
    assert [results[name] for name in NUMBERS] == pytest.approx([2, 1, 1, 2 / 3, 2 / 3, 2 / 3, 0.75])
    found = {feature["id"]: (feature["status"], feature["iou"]) for feature in results["OUTPUT"].getFeatures()}
    assert found == {1: ("matched", pytest.approx(1)), 2: ("matched", pytest.approx(0.5)), 3: ("false", 0)}
    assert [feature["id"] for feature in results["MISSED"].getFeatures()] == [3]
    assert results["PIXEL_IOU"] == pytest.approx(150 / 400)
    assert (results["SPLITS"], results["MERGES"]) == (0, 0)
    # centroids lie 0 and 2.5 m west of the truth's
    assert (results["OFFSET_X"], results["OFFSET_Y"]) == (pytest.approx(-1.25, abs=0.01), pytest.approx(0, abs=0.01))
    assert "truth_id" in results["OUTPUT"].fields().names()
    assert "confidence" in results["OUTPUT"].fields().names()
    assert results["OUTPUT"].crs().authid() == "EPSG:32645"


def test_figures_at_stricter_overlaps_and_by_size(town):
    """Two of three found up to an IoU of 0.5, one beyond; of the houses of 100 m² one of two, the one of 50 m²."""
    results = score(*reversed(town))
    assert [results[f"F1_IOU_{percent}"] for percent in (50, 55, 95)] == pytest.approx([2 / 3, 1 / 3, 1 / 3])
    assert (results["RECALL_FROM_50_M2"], results["RECALL_FROM_100_M2"]) == (1, 0.5)
    assert "RECALL_FROM_200_M2" not in results  # there is none
    assert "AVERAGE_PRECISION" in results
    assert "HAUSDORFF" not in results


def test_every_number_of_the_engine_is_an_output():
    truth = str(ROOT / "tests" / "data" / "demo" / "vegas.geojson")
    words = [os.environ["BUILDING_FOOTPRINTS_PYTHON"], "-m", "building_footprints_plugin.engine", "score", truth, truth]
    done = subprocess.run([*words, "--shapes", "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    single = {name for name, value in result.items() if value is None or type(value) in (int, float)}
    assert single - {"iou_threshold"} == {key for key, _ in score_numbers.FIGURES.values()}
    everything = {"average_precision": 1, "offset_x": 0, "offset_y": 0}
    for size in result["recall_by_size"]:
        size["buildings"] = 1
    assert set(score_numbers.numbers({**result, **everything})) == set(score_numbers.descriptions())


def test_shapes(town):
    """One pair is equal; of the other, half as wide, two corners each way: 5 m off one way, on the wall the other."""
    results = score(*town, SHAPES=True)
    names = ("HAUSDORFF", "POLIS", "ROTATION_ERROR", "VERTEX_RATIO", "RIGHT_ANGLES", "RIGHT_ANGLES_TRUTH")
    assert [results[name] for name in names] == pytest.approx([2.5, 0.625, 0, 1, 1, 1], abs=1e-6)
    assert (results["OVERLAPS"], results["INVALID"]) == (0, 0)


@pytest.mark.parametrize(
    ("parameters", "matched", "false", "missed"),
    [
        ({"IOU_THRESHOLD": 0.6}, 1, 2, 2),
        ({"MIN_AREA": 60}, 1, 1, 2),  # the half house is too small to count; its truth is not
        ({"EXTENT": "499999,500080,2999999,3000020 [EPSG:32645]"}, 2, 0, 0),
        ({"PRESET": "topcoder"}, 1, 2, 2),  # more than 0.5 is needed there
    ],
)
def test_settings(town, parameters, matched, false, missed):
    results = score(*town, **parameters)
    assert (results["TP"], results["FP"], results["FN"]) == (matched, false, missed)


def test_an_area_of_interest_in_another_coordinate_system(town, polygons):
    area = polygons(box(-5, -5, 70, 30))
    transform = QgsCoordinateTransform(
        area.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance().transformContext()
    )
    shape = next(area.getFeatures()).geometry()
    shape.transform(transform)
    results = score(*town, AOI=polygons(shape.asWkt(12), crs="EPSG:4326"))
    assert (results["TP"], results["FP"], results["FN"]) == (2, 0, 0)


def test_layers_in_two_coordinate_systems(town, polygons):
    proposals, truth = town
    web = QgsCoordinateReferenceSystem("EPSG:3857")
    transform = QgsCoordinateTransform(truth.crs(), web, QgsProject.instance().transformContext())
    moved = []
    for feature in proposals.getFeatures():
        shape = feature.geometry()
        shape.transform(transform)
        moved.append(shape.asWkt(6))
    results = score(polygons(*moved, crs="EPSG:3857"), truth, IOU_THRESHOLD=0.49)  # the way there and back rounds
    assert (results["TP"], results["FP"], results["FN"]) == (2, 1, 1)


def test_nothing_on_one_side(polygons):
    results = score(polygons(), polygons(box(0, 0)))
    assert [results[name] for name in NUMBERS] == [0, 0, 1, 0, 0, 0, 0]
    assert results["MISSED"].featureCount() == 1


def test_the_report(town, tmp_path):
    results = score(*town, REPORT=str(tmp_path / "report.html"))
    assert results["REPORT"] == str(tmp_path / "report.html")
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8").lower()
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_what_nobody_asked_for_is_not_made(town):
    results = processing.run(
        "buildingfootprints:scorefootprints", {"PROPOSALS": town[0], "TRUTH": town[1], "OUTPUT": "memory:"}
    )
    assert "REPORT" not in results
    assert not results.get("MISSED")


def test_a_report_that_cannot_be_written(town):
    with pytest.raises(QgsProcessingException, match="There is no folder /no/such/folder"):
        score(*town, REPORT="/no/such/folder/r.html")


def test_in_the_background_as_the_dialog_runs_it(town, provider, context, feedback, qgis_app, qgis_new_project):
    """prepareAlgorithm here, processAlgorithm in another thread, while the window stays alive."""
    proposals, truth = town
    QgsProject.instance().addMapLayers([proposals, truth])
    parameters = {"PROPOSALS": proposals.id(), "TRUTH": truth.id(), "OUTPUT": "memory:", "MISSED": "memory:"}
    algorithm = provider.algorithm("scorefootprints").create()
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
    finished = []
    task.executed.connect(lambda fine, results: finished.append((fine, results)))
    QgsApplication.taskManager().addTask(task)
    deadline = time.monotonic() + 600
    while not finished and time.monotonic() < deadline:
        qgis_app.processEvents()
        time.sleep(0.01)
    fine, results = finished[0]
    assert fine
    assert (results["TP"], results["FP"], results["FN"]) == (2, 1, 1)
    assert feedback.fractions[-1] > 80
