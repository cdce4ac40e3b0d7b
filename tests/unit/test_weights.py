"""The weights file: what goes in comes out, and what is wrong with it is one sentence."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from manifests import MANIFEST
from safetensors.torch import load_file, save_file

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.manifest import Manifest
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.weights import load_network, read_manifest


def write(path: Path, text: str | None, tensors: dict[str, torch.Tensor] | None = None) -> Path:
    save_file(tensors or {"a": torch.zeros(1)}, path, metadata={"manifest": text} if text is not None else None)
    return path


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "good.safetensors"
    return write(path, MANIFEST.to_json(), build_network(MANIFEST.architecture).state_dict())


def test_round_trip(good: Path) -> None:
    network, manifest = load_network(good)
    assert manifest == MANIFEST == read_manifest(good)
    assert not network.training
    torch.manual_seed(3)
    expected = build_network(MANIFEST.architecture).state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.int32])
def test_numbers_of_any_type_are_loaded_as_the_networks_own(good: Path, tmp_path: Path, dtype: torch.dtype) -> None:
    own = load_file(good)
    written = {name: tensor.to(dtype) for name, tensor in own.items()}
    network, _ = load_network(write(tmp_path / "other.safetensors", MANIFEST.to_json(), written))
    found = network.state_dict()
    assert {name: tensor.dtype for name, tensor in found.items()} == {name: t.dtype for name, t in own.items()}
    assert all(torch.equal(tensor, written[name].to(tensor.dtype)) for name, tensor in found.items())


def changed(**values: Any) -> str:
    return json.dumps({"format": "building-footprints", "version": 1, **asdict(MANIFEST), **values})


def without(name: str) -> str:
    values = json.loads(changed())
    del values[name]
    return json.dumps(values)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(None, "no manifest of this software", id="safetensors of somebody else"),
        pytest.param("not json", "no manifest of this software", id="not JSON"),
        pytest.param("[1]", "no manifest of this software", id="not an object"),
        pytest.param(changed(format="other"), "no manifest of this software", id="other format"),
        pytest.param(changed(version=2), "version 2.*update the plugin", id="newer"),
        pytest.param(without("gsd_m"), "gsd_m", id="a field is missing"),
        pytest.param(changed(gsd_m=0), "gsd_m is 0", id="resolution of nothing"),
        pytest.param(changed(gsd_tolerance=0.8), "gsd_tolerance is 0.8", id="a range turned round"),
        pytest.param(changed(gsd_m="fine"), "not usable", id="resolution in words"),
        pytest.param(changed(std=[1, 0, 1]), "std and temperature", id="division by zero"),
        pytest.param(changed(mean=[1]), "differ in number", id="mean for one band"),
        pytest.param(changed(seed_class="roof"), "among classes", id="unknown class"),
        pytest.param(changed(thresholds={}), "threshold", id="no thresholds"),
        pytest.param(changed(thresholds={"threshold": 2, "seed_threshold": 0.5}), "threshold is 2", id="above 1"),
    ],
)
def test_manifest_that_cannot_be_used(tmp_path: Path, text: str | None, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_manifest(write(tmp_path / "weights.safetensors", text))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(lambda good: good[: len(good) // 2], "not a whole .safetensors file", id="truncated"),
        pytest.param(lambda good: good[:5], "not a whole .safetensors file", id="a few bytes"),
        pytest.param(lambda good: b"", "not a whole .safetensors file", id="empty"),
        pytest.param(lambda good: b"\xff" * 8 + good[8:], "not a whole .safetensors file", id="header of 2^64 bytes"),
        pytest.param(lambda good: b"\x80\x02}q\x00." * 50, "not a whole .safetensors file", id="a pickle"),
    ],
)
def test_file_that_is_no_weights_file(good: Path, tmp_path: Path, content: Any, sentence: str) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content(good.read_bytes()))
    with pytest.raises(BadInput, match=sentence):
        load_network(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no weights file .*none\.safetensors"):
        load_network(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        pytest.param(replace(MANIFEST, architecture="unet_baseline"), "does not hold the network", id="other network"),
        pytest.param(replace(MANIFEST, architecture="resnet"), "no network 'resnet'", id="unknown network"),
        pytest.param(
            replace(MANIFEST, bands=("nir", *MANIFEST.bands), mean=(0.0,) * 4, std=(1.0,) * 4),
            r"_conv_stem\.weight is \(32, 3, 3, 3\), expected \(32, 4, 3, 3\)",
            id="other bands",
        ),
    ],
)
def test_tensors_that_do_not_fit_the_manifest(good: Path, tmp_path: Path, manifest: Manifest, sentence: str) -> None:
    path = write(tmp_path / "odd.safetensors", manifest.to_json(), load_file(good))
    with pytest.raises(BadInput, match=sentence):
        load_network(path)
