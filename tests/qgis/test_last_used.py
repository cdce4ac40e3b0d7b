"""Device and weights of the last run: what the dialog opens with, and nothing else."""

from __future__ import annotations

from pathlib import Path

import processing
import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingParameterRasterLayer,
    QgsSettings,
)

from building_footprints_plugin.algorithms.base import EngineAlgorithm
from building_footprints_plugin.bridge.errors import BridgeError

pytestmark = pytest.mark.usefixtures("provider", "forgotten")
SEGMENT = "buildingfootprints:segmentbuildings"


@pytest.fixture
def forgotten():
    keys = ("BuildingFootprints/lastDevice", "BuildingFootprints/lastWeights")
    for key in keys:
        QgsSettings().remove(key)
    yield
    for key in keys:
        QgsSettings().remove(key)


@pytest.fixture
def desktop(monkeypatch):
    monkeypatch.setattr(QgsApplication, "platform", staticmethod(lambda: "desktop"))


@pytest.fixture
def weights(tmp_path) -> str:
    (tmp_path / "mine.safetensors").write_bytes(b"")
    return str(tmp_path / "mine.safetensors")


@pytest.fixture
def commands(monkeypatch) -> list[list[str]]:
    """Play the engine, and remember what it was asked."""
    given: list[list[str]] = []

    def play(self, arguments, feedback, bar_end=100):
        given.append(list(arguments))
        if "--device=mps" in arguments:
            raise BridgeError("MPS was asked for; there is none.")
        Path(arguments[2]).write_bytes(b"raster")
        return {"device": "abacus"}

    monkeypatch.setattr(EngineAlgorithm, "engine", play)
    return given


@pytest.fixture
def run(raster, tmp_path, commands):
    def call(**parameters: object) -> list[str]:
        processing.run(SEGMENT, {"INPUT": str(raster()), "OUTPUT": str(tmp_path / "p.tif"), **parameters})
        return commands[-1]

    return call


@pytest.fixture
def dialog_opens_with(monkeypatch, raster):
    """Return the device and the weights of a dialog that has just been opened."""
    from processing.gui import ParametersPanel
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    monkeypatch.setattr(ParametersPanel, "iface", None)  # that of the tests has no browser
    image = str(raster())

    def opened() -> dict[str, object]:
        dialog = AlgorithmDialog(QgsApplication.processingRegistry().createAlgorithmById(SEGMENT), False, None)
        dialog.setParameters({"INPUT": image})
        values = (getattr(dialog, "createProcessingParameters", None) or dialog.getParameterValues)()
        return {"DEVICE": values["DEVICE"], "WEIGHTS": values.get("WEIGHTS") or ""}

    return opened


def test_the_dialog_opens_with_what_was_used_last(desktop, run, weights, dialog_opens_with):
    assert dialog_opens_with() == {"DEVICE": "auto", "WEIGHTS": ""}
    run(DEVICE="cpu", WEIGHTS=weights)
    assert dialog_opens_with() == {"DEVICE": "cpu", "WEIGHTS": weights}
    run(DEVICE="auto")
    assert dialog_opens_with() == {"DEVICE": "auto", "WEIGHTS": ""}, "the plugin's own were used last"


def test_weights_that_are_gone_are_not_offered(desktop, run, weights, dialog_opens_with):
    run(DEVICE="cpu", WEIGHTS=weights)
    Path(weights).unlink()
    assert dialog_opens_with() == {"DEVICE": "cpu", "WEIGHTS": ""}


def test_a_device_this_version_does_not_know_is_not_offered(dialog_opens_with):
    QgsSettings().setValue("BuildingFootprints/lastDevice", "tpu")
    assert dialog_opens_with()["DEVICE"] == "auto"


def test_a_script_does_what_it_did_before(desktop, run, weights):
    """Neither the value nor its absence changes its meaning; `qgis_process` goes the same way."""
    run(DEVICE="cpu", WEIGHTS=weights)
    given = run()
    assert "--device=auto" in given
    assert not [each for each in given if each.startswith("--weights")]
    assert "--device=cuda" in run(DEVICE="cuda")


def test_nothing_is_remembered_without_a_window(run, weights):
    assert QgsApplication.platform() != "desktop", "as in qgis_process"
    run(DEVICE="cpu", WEIGHTS=weights)
    assert not QgsSettings().value("BuildingFootprints/lastDevice")


def test_a_run_that_failed_is_not_remembered(desktop, run, dialog_opens_with):
    run(DEVICE="cpu")
    with pytest.raises(Exception, match="MPS was asked for"):
        run(DEVICE="mps")
    assert dialog_opens_with()["DEVICE"] == "cpu"


@pytest.mark.parametrize(
    ("explicit", "expected"),
    [
        pytest.param({"DEVICE": "cuda"}, "--device=cuda", id="a value of its own stays"),
        pytest.param({}, "--device=auto", id="none of its own is the default, not the last one"),
    ],
)
def test_a_model_does_what_it_says(desktop, run, raster, commands, explicit, expected):
    run(DEVICE="cpu")
    model = model_of(explicit)
    processing.run(model, {"image": str(raster())})
    assert expected in commands[-1]


def model_of(explicit: dict[str, str]) -> QgsProcessingModelAlgorithm:
    """A model of one step, saved and loaded as a file would be."""
    model = QgsProcessingModelAlgorithm("test", "test")
    model.addModelParameter(QgsProcessingParameterRasterLayer("image", "image"), QgsProcessingModelParameter("image"))
    child = QgsProcessingModelChildAlgorithm(SEGMENT)
    child.setChildId("segment")
    source = QgsProcessingModelChildParameterSource
    child.addParameterSources("INPUT", [source.fromModelParameter("image")])
    for name, value in explicit.items():
        child.addParameterSources(name, [source.fromStaticValue(value)])
    child.addParameterSources("OUTPUT", [source.fromStaticValue("TEMPORARY_OUTPUT")])
    model.addChildAlgorithm(child)
    loaded = QgsProcessingModelAlgorithm()
    assert loaded.loadVariant(model.toVariant())
    loaded.setName("test")
    return loaded
