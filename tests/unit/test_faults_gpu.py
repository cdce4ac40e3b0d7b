"""A GPU that runs out of memory, or is lost, in the middle of a run: the CPU goes on, and a warning says so.

Its stand-in computes on the CPU and fails as torch says that GPUs do, so this runs everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from manifests import MANIFEST
from rasterio.io import MemoryFile
from rasters import noise, write_raster
from safetensors.torch import save_file
from torch import Tensor, nn
from towns import WHOLE

from building_footprints_plugin.engine import inference, loading
from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.inference import Placed, Predictor
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.options import SegmentOptions
from building_footprints_plugin.engine.progress import Reporter

SIZE, BATCH = 64, 4
SEGMENT = SegmentOptions(tile_px=SIZE, overlap_px=16, batch_size=BATCH, precision="fp32")
Behaviour = Callable[["Gpu", int], None]


class Gpu(nn.Module):
    """Runs a network, unless `behaves` raises what a GPU would, told how many tiles it is given; `given` has all."""

    def __init__(self, network: nn.Module, behaves: Behaviour) -> None:
        super().__init__()
        self.network, self.behaves = network, behaves
        self.given: list[int] = []

    def forward(self, image: Tensor) -> Tensor:
        self.given.append(len(image))
        self.behaves(self, len(image))
        return self.network(image)


def room_for(count: int) -> Behaviour:
    def full(gpu: Gpu, tiles: int) -> None:
        if tiles > count:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    return full


def lost_after(passes: int, error: Exception) -> Behaviour:
    def lost(gpu: Gpu, tiles: int) -> None:
        if len(gpu.given) > passes:
            raise error

    return lost


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "random.safetensors"
    manifest = replace(MANIFEST, thresholds={"threshold": 0.5, "seed_threshold": 0.5})
    save_file(build_network(MANIFEST.architecture).state_dict(), path, metadata={"manifest": manifest.to_json()})
    return path


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[Behaviour], list[Gpu]]:
    """Give this machine a GPU that behaves as told; the list fills with what was loaded onto it."""

    def make(behaves: Behaviour) -> list[Gpu]:
        made: list[Gpu] = []
        place = Predictor._place

        def onto(self: Predictor) -> Placed:
            if self.device.type == "cpu":
                return place(self)
            placed = place(Predictor(self._fused, self._manifest, torch.device("cpu"), torch.float32, 1))
            made.append(Gpu(placed.network, behaves))
            return placed._replace(network=made[-1])

        monkeypatch.setattr(Predictor, "_place", onto)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda *_: "stand-in")
        monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
        monkeypatch.setattr(inference, "_cpu_has_bf16", lambda: False)
        loading._load.cache_clear()
        return made

    return make


def run(folder: Path, weights: Path, device: str) -> tuple[dict, bytes, list[str]]:
    """Return the figures, the probability raster and the warnings of a run over 3 rows of 4 tiles."""
    raster = folder / "noise.tif"
    if not raster.exists():
        write_raster(raster, noise(3, 160, 208))
    target, reporter = Target(probability=folder / f"{device}.tif"), Reporter()
    model = Model(weights, replace(SEGMENT, device=device))
    figures = extract(Source(str(raster)), target, model, WHOLE, reporter)
    return figures, target.probability.read_bytes(), reporter.warned


def codes(raster: bytes) -> np.ndarray:
    with MemoryFile(raster) as file, file.open() as dataset:
        return dataset.read().astype(int)


LOST = RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might be reported later.")


@pytest.mark.parametrize(
    ("behaves", "said"),
    [
        pytest.param(room_for(0), "CUDA out of memory", id="no room for one tile"),
        pytest.param(lost_after(0, LOST), "unspecified launch failure", id="lost before the first tile"),
        pytest.param(lost_after(2, LOST), "unspecified launch failure", id="lost in the middle"),
        pytest.param(lost_after(2, RuntimeError("MPS backend out of memory")), "MPS", id="full in the middle"),
        pytest.param(lost_after(2, RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED")), "cuDNN", id="cuDNN"),
    ],
)
def test_the_cpu_goes_on_with_a_warning_and_the_result_is_its_own(
    tmp_path: Path, weights: Path, machine: Callable, behaves: Behaviour, said: str
) -> None:
    expected, pixels, _ = run(tmp_path, weights, "cpu")
    gpus = machine(behaves)
    figures, found, warned = run(tmp_path, weights, "cuda")
    assert len(gpus) == 1
    assert found == pixels
    assert len(warned) == 1
    assert warned[0].startswith("The GPU (cuda) failed: ")
    assert said in warned[0]
    assert "\n" not in warned[0]
    assert warned == figures["warnings"]
    assert figures["device"] == expected["device"] == "cpu (fp32)"


def test_a_gpu_with_room_for_fewer_tiles_does_all_of_them(tmp_path: Path, weights: Path, machine: Callable) -> None:
    _, pixels, _ = run(tmp_path, weights, "cpu")
    gpus = machine(room_for(2))
    figures, found, warned = run(tmp_path, weights, "cuda")
    assert gpus[0].given[:3] == [4, 2, 2]
    assert max(gpus[0].given[1:]) == 2
    assert (figures["device"], warned) == ("cuda (stand-in, fp32)", [])
    assert abs(codes(found) - codes(pixels)).max() <= 1, "a batch rounds in its own way"


def test_the_next_run_in_the_same_process_tries_the_gpu_again(tmp_path: Path, weights: Path, machine: Callable) -> None:
    broken = [True]

    def behaves(gpu: Gpu, tiles: int) -> None:
        if broken:
            raise LOST

    gpus = machine(behaves)
    assert run(tmp_path, weights, "cuda")[0]["device"].startswith("cpu")
    broken.clear()
    figures, _, warned = run(tmp_path, weights, "cuda")
    assert (figures["device"], warned, len(gpus)) == ("cuda (stand-in, fp32)", [], 2)


def test_a_device_that_gives_nothing_back() -> None:
    """torch's own device without data fails of itself, as the results are fetched."""
    said: list[str] = []
    subject = Predictor(nn.Identity(), MANIFEST, torch.device("meta"), torch.float32, BATCH)
    subject.warn = said.append
    pixels = noise(3, SIZE, SIZE)[None]
    cpu = torch.device("cpu")
    expected = Predictor(nn.Identity(), MANIFEST, cpu, inference.choose_precision("auto", cpu), 1)
    np.testing.assert_array_equal(subject.probabilities(pixels), expected.probabilities(pixels))
    assert len(said) == 1
