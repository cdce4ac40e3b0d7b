"""What the toolbox shows: ids that never change, texts, and parameters that follow the engine's options."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from qgis.core import (
    QgsApplication,
    QgsProcessingAlgorithm,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterNumber,
)
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QIcon

import building_footprints_plugin
from building_footprints_plugin.algorithms import settings
from building_footprints_plugin.engine.options import (
    ChipOptions,
    PolygonizeOptions,
    RegularizeOptions,
    ScoreOptions,
    SegmentOptions,
)

ADVANCED = QgsProcessingParameterDefinition.Flag.FlagAdvanced
OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional
NETWORK = {"BANDS", "WEIGHTS", "DEVICE", "PRECISION", "TILE_SIZE", "OVERLAP", "BATCH_SIZE", "TTA", "GSD"}
NETWORK |= {"DAMAGED", "FOLLOW_LINKS"}
OUTLINES = {
    *("THRESHOLD", "MIN_AREA", "REGULARIZE"),
    *("SEED_THRESHOLD", "MERGE_THRESHOLD", "OUTLINE", "MIN_HOLE", "TOLERANCE", "MIN_CONFIDENCE"),
}
AREA = {"EXTENT", "MASK"}
TRAINING_DATA = {"GSD", "TILE_SIZE", "SPLIT", "QUALITY", "LICENCE", "ATTRIBUTION"}
RARE_ELSEWHERE = {
    ("scorefootprints", "MIN_AREA"): True,
    ("regularizefootprints", "TOLERANCE"): False,
    ("exporttrainingdata", "FOLDER"): False,
    ("exporttrainingdata", "GSD"): False,
}
RARE = {
    *("SEED_THRESHOLD", "MERGE_THRESHOLD", "OUTLINE", "MIN_HOLE", "TOLERANCE", "LICENCE", "ATTRIBUTION"),
    *("PYTHON", "FOLDER", "WHEELS", "INDEX"),  # Install engine
    *("MIN_EDGE", "MIN_IOU", "RIGHT_ANGLES_ONLY"),
    *("TILE_SIZE", "OVERLAP", "BATCH_SIZE", "TTA", "PRECISION", "SHAPES"),
    *("GSD", "DAMAGED", "FOLLOW_LINKS", "MIN_CONFIDENCE"),
}
ALL_SETTINGS = [*settings.NETWORK, *settings.OUTLINES, *settings.REGULARIZE, *settings.TRAINING_DATA, *settings.SCORE]
SIGNATURES = {
    "extractbuildings": (
        {"INPUT", "OUTPUT", "PROBABILITY"} | NETWORK | OUTLINES | AREA,
        {"OUTPUT", "COUNT", "TOTAL_AREA", "DEVICE_USED", "PROBABILITY"},
    ),
    "segmentbuildings": ({"INPUT", "OUTPUT"} | NETWORK | AREA, {"OUTPUT", "DEVICE_USED"}),
    "polygonizebuildings": ({"INPUT", "OUTPUT"} | OUTLINES | AREA, {"OUTPUT", "COUNT", "TOTAL_AREA"}),
    "scorefootprints": (
        {
            *("PROPOSALS", "TRUTH", "IOU_THRESHOLD", "PRESET", "MIN_AREA", "SHAPES", "AOI", "EXTENT"),
            *("OUTPUT", "MISSED", "REPORT"),
        },
        {
            *("PRECISION", "RECALL", "F1", "TP", "FP", "FN", "MEAN_IOU", "AVERAGE_PRECISION", "PIXEL_IOU"),
            *("SPLITS", "MERGES", "OFFSET_X", "OFFSET_Y", "OUTPUT", "MISSED", "REPORT"),
            *("HAUSDORFF", "POLIS", "ROTATION_ERROR", "VERTEX_RATIO", "RIGHT_ANGLES", "RIGHT_ANGLES_TRUTH"),
            *("OVERLAPS", "INVALID"),
            *(f"F1_IOU_{percent}" for percent in range(50, 100, 5)),
            *(f"RECALL_FROM_{size}_M2" for size in (0, 25, 50, 100, 200, 500, 1000, 5000)),
        },
    ),
    "regularizefootprints": (
        {"INPUT", "METHOD", "TOLERANCE", "MIN_EDGE", "MIN_IOU", "RIGHT_ANGLES_ONLY", "OUTPUT"},
        {"OUTPUT", "COUNT", "REGULARIZED"},
    ),
    "exporttrainingdata": (
        {"INPUT", "TRUTH", "NAME", "FOLDER", "BANDS"} | TRAINING_DATA | AREA,
        {"FOLDER", "TILES", "PLACE"},
    ),
    "installengine": ({"ACTION", "CPU_ONLY", "PYTHON", "FOLDER", "WHEELS", "INDEX"}, {"PYTHON_USED"}),
    "checkinstallation": (set(), {"REPORT", "OK"}),
}


@pytest.fixture(params=SIGNATURES)
def algorithm(request, provider) -> QgsProcessingAlgorithm:
    found = provider.algorithm(request.param)
    assert found is not None, f"{request.param} is not offered"
    return found.create()


def test_the_provider_introduces_itself(provider):
    assert (provider.id(), provider.name()) == ("buildingfootprints", "Building Footprints")
    assert provider.versionInfo() == building_footprints_plugin.__version__
    assert not provider.icon().isNull()
    assert QIcon(provider.svgIconPath()).pixmap(32, 32).width() == 32
    assert provider.supportedOutputRasterLayerExtensions() == ["tif"]


def test_registering_twice_and_unloading(provider, qgis_iface):
    plugin = building_footprints_plugin.classFactory(qgis_iface)
    plugin.unload()  # before anything was registered
    assert QgsApplication.processingRegistry().providerById("buildingfootprints") is provider


def test_names_are_the_fixed_ones(algorithm):
    parameters, outputs = SIGNATURES[algorithm.name()]
    assert {parameter.name() for parameter in algorithm.parameterDefinitions()} == parameters
    assert {output.name() for output in algorithm.outputDefinitions()} == outputs
    assert re.fullmatch("[a-z]+", algorithm.name())
    assert algorithm.id() == f"buildingfootprints:{algorithm.name()}"


def test_texts_are_there(algorithm):
    assert re.fullmatch("[A-Z][a-z ]+", algorithm.displayName()), "a verb phrase in sentence case"
    assert algorithm.group()
    assert algorithm.groupId()
    assert len(algorithm.tags()) > 3
    assert len(algorithm.shortHelpString()) > 100
    assert Path(QUrl(algorithm.helpUrl()).toLocalFile()).is_file(), "help is read without the internet"
    assert not algorithm.icon().isNull()


def test_create_returns_a_fresh_object(algorithm):
    copies = algorithm.createInstance(), algorithm.createInstance()
    assert copies[0] is not copies[1]
    assert type(copies[0]) is type(algorithm)


def test_algorithms_may_run_in_a_thread_and_be_cancelled(algorithm):
    assert not algorithm.flags() & QgsProcessingAlgorithm.Flag.FlagNoThreading
    assert algorithm.flags() & QgsProcessingAlgorithm.Flag.FlagCanCancel


def test_rare_parameters_are_folded_away_and_all_but_the_input_can_be_left_out(algorithm):
    for parameter in algorithm.parameterDefinitions():
        expected = RARE_ELSEWHERE.get((algorithm.name(), parameter.name()), parameter.name() in RARE)
        assert bool(parameter.flags() & ADVANCED) == expected, parameter.name()
        needed = parameter.name() in ("INPUT", "PROPOSALS", "TRUTH")
        assert parameter.checkValueIsAcceptable(parameter.defaultValue()) or needed or parameter.isDestination()


@pytest.mark.parametrize("setting", ALL_SETTINGS, ids=lambda s: s.field)
def test_defaults_limits_and_help_come_from_the_options(setting):
    made = settings.definition(setting)
    assert made.defaultValue() == setting.options.default(setting.field)
    assert made.help().lower().startswith(setting.facts["help"][:20].lower())
    if isinstance(made, QgsProcessingParameterNumber):
        limits = setting.facts["minimum"], setting.facts["maximum"]
        inside = [limit for limit in limits if limit is not None]
        outside = [limit + step for limit, step in zip(limits, (-1, 1), strict=True) if limit is not None]
        assert all(made.checkValueIsAcceptable(value) for value in inside)
        assert not any(made.checkValueIsAcceptable(value) for value in outside)
    if setting.facts["choices"]:
        assert tuple(made.options()) == setting.facts["choices"]
        assert made.usesStaticStrings()


@pytest.mark.parametrize("options", [SegmentOptions, PolygonizeOptions, RegularizeOptions, ChipOptions, ScoreOptions])
def test_every_option_of_the_engine_can_be_set_in_qgis(options):
    offered = {setting.field for setting in ALL_SETTINGS}
    assert {field.name for field in dataclasses.fields(options)} <= offered | {"bands"}
