"""ONNX for the QGIS plugin Deepness, checked with onnxruntime against torch.

The metadata keys are those its `model_base.py` reads, each value as JSON; docs: Deepness, "Adding metadata to ONNX
model". Its input is (v / 255 - mean) / std; of one output channel, what reaches `seg_thresh` is class 1.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from building_footprints_plugin.engine.inference import Predictor
from building_footprints_plugin.engine.manifest import Manifest
from building_footprints_plugin.engine.options import SegmentOptions
from building_footprints_plugin.engine.weights import load_network

OPSET = 13  # read by every onnxruntime since 1.6 of 2020
TILE_PX = int(SegmentOptions.default("tile_px"))
OVERLAP_PERCENT = 15
BLUR_PX = 5  # the median filter with which Deepness removes specks


class BuildingProbability(nn.Module):
    """Pixels as the network wants them, to the probability of building, `(batch, 1, height, width)`."""

    def __init__(self, network: nn.Module, manifest: Manifest) -> None:
        super().__init__()
        self.network = network
        self.temperature = manifest.temperature
        self.building = [manifest.classes.index(name) for name in manifest.building_classes]

    def forward(self, image: Tensor) -> Tensor:
        chance = torch.softmax(self.network(image) / self.temperature, dim=1)
        return chance[:, self.building].sum(dim=1, keepdim=True)


def metadata_of(manifest: Manifest) -> dict[str, str]:
    """Return what Deepness reads, as it reads it: JSON texts. Its documents say tiles_size, its code tile_size."""
    values: dict[str, Any] = {
        "model_type": "Segmentor",
        "class_names": {0: "background", 1: "building"},
        "resolution": round(manifest.gsd_m * 100, 4),
        "tile_size": TILE_PX,
        "tiles_size": TILE_PX,
        "tiles_overlap": OVERLAP_PERCENT,
        "standardization_mean": [mean / 255 for mean in manifest.mean],
        "standardization_std": [std / 255 for std in manifest.std],
        "seg_thresh": manifest.thresholds["threshold"],
        "seg_small_segment": BLUR_PX,
        "licence": manifest.licence,
        "attribution": manifest.attribution,
    }
    return {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}


def export_onnx(weights: Path, target: Path) -> float:
    """Write the network of a weights file as ONNX: any number of tiles of 512 px, one channel out.

    Returns the largest difference of a probability between onnxruntime, fed as Deepness feeds it, and the engine in
    32-bit precision.
    """
    network, manifest = load_network(weights)
    beside = target.with_suffix(".part")
    example = torch.zeros(1, len(manifest.bands), TILE_PX, TILE_PX)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces its end, and that sizes become constants
        torch.onnx.export(
            BuildingProbability(network, manifest).eval(),
            (example,),
            str(beside),
            dynamo=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["building"],
            dynamic_axes={"image": {0: "batch"}, "building": {0: "batch"}},
        )
    model = onnx.load(beside)
    for axis in (2, 3):  # the exporter cannot know that padding gives back the size of the tile; Deepness asks for it
        model.graph.output[0].type.tensor_type.shape.dim[axis].dim_value = TILE_PX
    onnx.helper.set_model_props(model, metadata_of(manifest))
    onnx.checker.check_model(model)
    onnx.save(model, beside)
    difference = _difference(beside, network, manifest)
    beside.replace(target)
    return difference


def run_as_deepness(path: Path, tiles: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return `(count, 1, height, width)` for uint8 tiles `(count, bands, height, width)`, scaled by the metadata."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    facts = session.get_modelmeta().custom_metadata_map
    mean, std = (
        np.array(json.loads(facts[f"standardization_{name}"]), np.float32)[:, None, None] for name in ("mean", "std")
    )
    pixels = (np.float32(tiles * 1.0 / 255.0) - mean) / std
    return np.asarray(session.run(None, {session.get_inputs()[0].name: pixels})[0])


def _difference(path: Path, network: nn.Module, manifest: Manifest) -> float:
    """Compare on noise and on coloured squares: the first shakes every pixel, the second looks like roofs."""
    rng, bands = np.random.default_rng(0), len(manifest.bands)
    noise = rng.integers(0, 256, (1, bands, TILE_PX, TILE_PX), dtype=np.uint8)
    squares = rng.integers(0, 256, (1, bands, TILE_PX // 32, TILE_PX // 32), dtype=np.uint8).repeat(32, 2).repeat(32, 3)
    tiles = np.concatenate([noise, squares])
    ours = Predictor(network, manifest, torch.device("cpu"), torch.float32, len(tiles)).probabilities(tiles)[:, :1]
    return float(np.abs(run_as_deepness(path, tiles) - ours).max())
