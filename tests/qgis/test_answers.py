"""An engine that answers with other things than this version of the plugin takes: one sentence, and no output."""

from __future__ import annotations

import os

import processing
import pytest
from qgis.core import QgsProcessingException

from building_footprints_plugin.algorithms import base
from building_footprints_plugin.bridge.answers import NUMBER, is_a

pytestmark = pytest.mark.usefixtures("provider")
FOOTPRINTS = {"count": 3, "total_area_m2": 12.0, "device": "abacus"}
SCORED = {"tp": 1, "fp": 0, "fn": 0, "f1_by_iou": {}, "recall_by_size": []}
SQUARE = "Polygon ((0 0, 9 0, 9 9, 0 9, 0 0))"


@pytest.mark.parametrize(
    ("algorithm", "answer", "names"),
    [
        ("extractbuildings", {}, "count, total_area_m2, device"),
        ("extractbuildings", {**FOOTPRINTS, "count": "x"}, "count"),
        ("extractbuildings", {**FOOTPRINTS, "count": True}, "count"),
        ("extractbuildings", {**FOOTPRINTS, "count": 2**70}, "count"),
        ("extractbuildings", {**FOOTPRINTS, "total_area_m2": float("nan")}, "total_area_m2"),
        ("extractbuildings", {**FOOTPRINTS, "device": {}}, "device"),
        ("segmentbuildings", {"device": None}, "device"),
        ("polygonizebuildings", {"count": 3, "total_area_m2": [12]}, "total_area_m2"),
        ("regularizefootprints", {"count": 1, "regularized": 0.5}, "regularized"),
        ("scorefootprints", {**SCORED, "f1_by_iou": [1], "recall_by_size": 2}, "f1_by_iou, recall_by_size"),
        ("exporttrainingdata", {"tiles": "many"}, "tiles"),
    ],
)
def test_it_is_a_sentence_that_names_what_is_wrong(raster, polygons, tmp_path, monkeypatch, algorithm, answer, names):
    monkeypatch.setattr(base, "run_warm", lambda *_: answer)
    out = tmp_path / "out"
    out.mkdir()
    layer, image = polygons(SQUARE), str(raster())
    given = {
        "regularizefootprints": {"INPUT": layer},
        "scorefootprints": {"PROPOSALS": layer, "TRUTH": layer},
        "exporttrainingdata": {"INPUT": image, "TRUTH": layer, "FOLDER": str(out)},
    }.get(algorithm, {"INPUT": image})
    target = {"OUTPUT": str(out / ("a.tif" if algorithm == "segmentbuildings" else "a.gpkg"))}
    with pytest.raises(QgsProcessingException, match=f"^The engine's result has no usable {names}; [^\n]*$"):
        processing.run(f"buildingfootprints:{algorithm}", {**target, **given})
    assert os.listdir(out) == []


def test_figures_of_a_score_that_are_none_are_left_out(polygons, monkeypatch, tmp_path):
    """As far as the layers, which such an engine has not written."""
    from building_footprints_plugin.algorithms.score_numbers import numbers

    sizes = [3, {"buildings": 1, "from": [], "recall": 1}, {"buildings": 2, "from": 25, "recall": 0.5}]
    answer = {**SCORED, "f1": "high", "recall": float("inf"), "f1_by_iou": {"0.50": 0.25, "x": {}}}
    assert numbers({**answer, "recall_by_size": sizes}) == {
        "TP": 1,
        "FP": 0,
        "FN": 0,
        "F1_IOU_50": 0.25,
        "RECALL_FROM_25_M2": 0.5,
    }


@pytest.mark.parametrize("value", [True, None, "1", [], float("inf"), 2**53, 10**400])
def test_what_is_no_number(value):
    assert not is_a(value, NUMBER)
