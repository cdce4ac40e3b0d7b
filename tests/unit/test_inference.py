"""Devices, precision, batches. What needs CUDA runs wherever CUDA is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from manifests import MANIFEST
from numpy.typing import NDArray
from torch import Tensor, nn

from building_footprints_plugin.engine import inference
from building_footprints_plugin.engine.beside import Workers
from building_footprints_plugin.engine.errors import BadInput, FootprintsError
from building_footprints_plugin.engine.inference import D4, Predictor, choose_device, choose_precision
from building_footprints_plugin.engine.manifest import Manifest
from building_footprints_plugin.engine.networks import build_network

CPU = torch.device("cpu")


def tiles(count: int, size: int = 64) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (count, 3, size, size)).astype(np.uint8)


def predictor(device: torch.device = CPU, dtype: torch.dtype = torch.float32, batch: int = 2) -> Predictor:
    torch.manual_seed(0)
    return Predictor(build_network(MANIFEST.architecture), MANIFEST, device, dtype, batch)


class Scores(nn.Module):
    """A network whose three logits are the three normalised bands."""

    def forward(self, image: Tensor) -> Tensor:
        return image


def test_probabilities_are_the_softmax_of_the_normalised_bands() -> None:
    image = np.zeros((1, 3, 2, 2), np.uint8)
    image[0, :, 0, 0] = 255, 127, 0
    chance = Predictor(Scores(), MANIFEST, CPU, torch.float32, 1).probabilities(image)
    logits = (np.array([255, 127, 0]) - 127) / 128
    softmax = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(chance[0, :, 0, 0], [softmax[1] + softmax[2], softmax[1]], rtol=1e-6)


def test_temperature_flattens() -> None:
    hot = Manifest(**{**MANIFEST.__dict__, "temperature": 1e6})
    chance = Predictor(Scores(), hot, CPU, torch.float32, 1).probabilities(tiles(1))
    np.testing.assert_allclose(chance[:, 0], 2 / 3, atol=1e-4)


@pytest.mark.parametrize("batch", [1, 3, 7, 100])
def test_the_batch_does_not_matter(batch: int) -> None:
    expected = predictor(batch=1).probabilities(tiles(7))
    np.testing.assert_allclose(predictor(batch=batch).probabilities(tiles(7)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("cores", "tiles", "workers", "threads"),
    [
        *((1, 9, 1, 1), (2, 9, 2, 1), (3, 9, 3, 1), (4, 9, 4, 1), (5, 9, 1, 5), (6, 9, 3, 2), (8, 9, 4, 2)),
        *((10, 9, 2, 5), (24, 9, 4, 6)),
        *((2, 1, 1, 2), (8, 1, 1, 8), (8, 2, 2, 4), (8, 3, 2, 4), (8, 4, 4, 2)),  # no core is left without a tile
    ],
)
def test_workers_share_the_cores(
    monkeypatch: pytest.MonkeyPatch, cores: int, tiles: int, workers: int, threads: int
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(inference, "CORES", cores)
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    found = predictor().workers(tiles, 512 * 512)
    with found.pool() as pool:
        pool.submit(int).result()
    assert (found.count, set(asked[:-1]), asked[-1]) == (workers, {threads}, cores)


def test_a_gpu_has_one_worker() -> None:
    assert Predictor(Scores(), MANIFEST, torch.device("meta"), torch.float32, 8).workers(9, 512 * 512) == Workers()


@pytest.mark.parametrize(("side", "workers"), [(512, 4), (768, 4), (800, 2), (1088, 1), (4096, 1)])
def test_large_tiles_are_fewer_at_once(monkeypatch: pytest.MonkeyPatch, side: int, workers: int) -> None:
    """On four cores three do not share them evenly; as many pixels as four tiles of 768 px fit."""
    monkeypatch.setattr(inference, "CORES", 4)
    assert predictor().workers(9, side * side).count == workers


def test_bf16_is_close_to_fp32() -> None:
    """bf16 keeps 8 bits; over some sixty layers that is a few hundredths of probability."""
    precise = predictor().probabilities(tiles(2))
    assert abs(predictor(dtype=torch.bfloat16).probabilities(tiles(2)) - precise).max() < 0.05


def test_test_time_augmentation_commutes_with_turns_of_the_tile() -> None:
    """Averaged over all symmetries, the probability of a turned tile is the turned probability."""
    subject = predictor()
    plain = subject.probabilities(tiles(1), tta=True)
    turned = subject.probabilities(np.ascontiguousarray(np.rot90(tiles(1), 1, (-2, -1))), tta=True)
    np.testing.assert_allclose(turned, np.rot90(plain, 1, (-2, -1)), atol=1e-4)


def test_the_eight_symmetries_are_eight_and_undone() -> None:
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    assert len({tuple(there(image).flatten().tolist()) for there, _ in D4}) == 8
    assert all(torch.equal(back(there(image)), image) for there, back in D4)


class FullGpu(nn.Module):
    """Runs out of memory above a number of tiles, as a GPU does."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.seen: list[int] = []

    def forward(self, image: Tensor) -> Tensor:
        self.seen.append(len(image))
        if len(image) > self.room:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return image


def test_out_of_memory_halves_the_batch_and_goes_on() -> None:
    network = FullGpu(room=3)
    subject = Predictor(network, MANIFEST, CPU, torch.float32, 8)
    result = subject.probabilities(tiles(10))
    assert network.seen == [8, 4, 2, 2, 2, 2, 2]
    np.testing.assert_array_equal(result, Predictor(Scores(), MANIFEST, CPU, torch.float32, 1).probabilities(tiles(10)))


def test_one_tile_too_many_is_a_sentence() -> None:
    with pytest.raises(FootprintsError, match="too little memory for one tile of 64 px"):
        Predictor(FullGpu(room=0), MANIFEST, CPU, torch.float32, 4).probabilities(tiles(1))


@pytest.mark.parametrize("text", ["DefaultCPUAllocator: can't allocate memory", "not enough memory: 9 GB"])
def test_a_cpu_without_memory_is_a_sentence_and_other_errors_are_what_they_are(text: str) -> None:
    with pytest.raises(FootprintsError, match="too little memory"):
        Predictor(Raises(text), MANIFEST, CPU, torch.float32, 1).probabilities(tiles(1))
    with pytest.raises(RuntimeError, match="^shapes do not fit$"):
        Predictor(Raises("shapes do not fit"), MANIFEST, CPU, torch.float32, 1).probabilities(tiles(1))


class Raises(nn.Module):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def forward(self, image: Tensor) -> Tensor:
        raise RuntimeError(self.text)


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_prefers_cuda_then_mps(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, expected: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto").type == expected


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BadInput, match=r"cuda was asked for.*cpu"):
        choose_device("cuda")


@pytest.mark.parametrize(("has", "expected"), [(True, torch.bfloat16), (False, torch.float32)])
def test_cpus_without_bf16_take_fp32(monkeypatch: pytest.MonkeyPatch, has: bool, expected: torch.dtype) -> None:
    monkeypatch.setattr(inference, "_cpu_has_bf16", lambda: has)
    assert choose_precision("auto", CPU) == expected
    assert choose_precision("auto", torch.device("cuda")) == torch.float16
    assert choose_precision("fp32", torch.device("cuda")) == torch.float32


needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")


@pytest.mark.gpu
@needs_cuda
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 0.01), (torch.float16, 0.02), (torch.bfloat16, 0.06)])
def test_a_gpu_gives_what_the_cpu_gives(dtype: torch.dtype, tolerance: float) -> None:
    expected = predictor().probabilities(tiles(4, 256))
    found = predictor(torch.device("cuda"), dtype, 4).probabilities(tiles(4, 256))
    assert abs(found - expected).max() < tolerance


@pytest.mark.gpu
@needs_cuda
def test_a_real_gpu_that_is_full_halves_the_batch() -> None:
    subject = predictor(torch.device("cuda"), torch.float16, 64)
    torch.cuda.set_per_process_memory_fraction(2e9 / torch.cuda.get_device_properties(0).total_memory)
    try:
        assert subject.probabilities(tiles(64, 1024)).shape == (64, 2, 1024, 1024)
        assert subject.batch_size < 64
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
