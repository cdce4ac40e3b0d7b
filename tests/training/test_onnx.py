"""ONNX as Deepness reads it: the same probabilities, in any number of tiles, and metadata it understands."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from weights_files import THRESHOLDS, untrained

from building_footprints_plugin.engine.inference import Predictor
from building_footprints_plugin.engine.weights import load_network
from training.__main__ import main
from training.deepness import TILE_PX, export_onnx, run_as_deepness
from training.export import export


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    checkpoint, target = untrained(), tmp_path_factory.mktemp("weights") / "w.safetensors"
    with torch.no_grad():  # else a network without training says the same everywhere
        [*checkpoint.network.parameters()][-2].mul_(1000)
    export(checkpoint, [], THRESHOLDS, target, "CC0")
    return target


@pytest.fixture(scope="module")
def model(weights: Path) -> Path:
    target = weights.with_suffix(".onnx")
    assert export_onnx(weights, target) < 1e-4
    return target


def photo(count: int) -> np.ndarray:
    """Tiles with large and small structure."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 200, (count, 3, TILE_PX // 64, TILE_PX // 64)).repeat(64, 2).repeat(64, 3)
    return (coarse + rng.integers(0, 55, (count, 3, TILE_PX, TILE_PX))).astype(np.uint8)


@pytest.mark.parametrize("count", [1, 3])
def test_it_gives_what_the_engine_gives(weights: Path, model: Path, count: int) -> None:
    network, manifest = load_network(weights)
    tiles = photo(count)
    ours = Predictor(network, manifest, torch.device("cpu"), torch.float32, 4).probabilities(tiles)[:, :1]
    theirs = run_as_deepness(model, tiles)
    assert theirs.shape == (count, 1, TILE_PX, TILE_PX)
    assert np.ptp(ours) > 0.01
    np.testing.assert_allclose(theirs, ours, atol=1e-4)


def test_the_metadata_are_what_deepness_reads(model: Path) -> None:
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    facts = {name: json.loads(text) for name, text in session.get_modelmeta().custom_metadata_map.items()}
    assert str(facts["model_type"]).capitalize() == "Segmentor"
    names = sorted(facts["class_names"].items(), key=lambda item: int(item[0]))
    assert names == [("0", "background"), ("1", "building")]
    assert float(facts["resolution"]) == 30.0  # cm per pixel
    assert int(facts["tile_size"]) == int(facts["tiles_size"]) == TILE_PX
    assert 0 < int(facts["tiles_overlap"]) < 50  # per cent
    assert facts["seg_thresh"] == THRESHOLDS["threshold"]
    assert facts["standardization_mean"] == pytest.approx([127 / 255] * 3)
    assert facts["standardization_std"] == pytest.approx([128 / 255] * 3)
    assert facts["licence"] == "CC0"


def test_the_graph_is_old_enough_and_of_a_fixed_square(model: Path) -> None:
    graph = onnx.load(model)
    assert [entry.version for entry in graph.opset_import if entry.domain in ("", "ai.onnx")] == [13]
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    [given], [found] = session.get_inputs(), session.get_outputs()
    assert isinstance(given.shape[0], str)  # any number of tiles
    assert given.shape[1:] == [3, TILE_PX, TILE_PX]
    assert found.shape[2] == found.shape[3]  # which Deepness demands


def test_the_reference_network_with_raw_values(tiny: None, tmp_path: Path) -> None:
    """Values as they are: mean 0 and standard deviation 1 become 0 and 1/255."""
    checkpoint = untrained("unet_baseline", input_scaling="raw", border_ring="straddling")
    export(checkpoint, [], {}, tmp_path / "w.safetensors")
    assert main(["export", str(tmp_path / "w.safetensors"), "--onnx", str(tmp_path / "w.onnx")]) == 0
    facts = {one.key: ast.literal_eval(one.value) for one in onnx.load(tmp_path / "w.onnx").metadata_props}
    assert facts["standardization_mean"] == [0.0] * 3
    assert facts["standardization_std"] == pytest.approx([1 / 255] * 3)
