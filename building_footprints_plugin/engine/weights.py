"""The weights file: one `.safetensors` with its manifest inside. Nothing is ever unpickled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from .errors import BadInput
from .manifest import Manifest, manifest_from_json
from .networks import build_network

MANIFEST_KEY = "manifest"
LARGEST_BYTES = 2_000_000_000  # the largest network has 0.1 GB; a file is mapped into memory as a whole


def read_manifest(path: str | Path) -> Manifest:
    """Return the manifest of a weights file without loading its tensors.

    Raises BadInput if there is no such file, or if it is truncated, not safetensors, or not this software's.
    """
    with _opened(Path(path)) as (_, manifest):
        return manifest


def load_network(path: str | Path) -> tuple[nn.Module, Manifest]:
    """Return the network with its weights in float32, in evaluation mode on the CPU, and the manifest.

    Raises BadInput as `read_manifest` does, and if the tensors do not fit the network the manifest names; that is
    seen from the file's header, before memory is taken for either.
    """
    path = Path(path)
    with _opened(path) as (file, manifest):
        with torch.device("meta"):  # shapes without memory, and no random weights that are thrown away
            network = build_network(manifest.architecture, bands=len(manifest.bands), classes=len(manifest.classes))
        expected = network.state_dict()
        _check_shapes(path, expected, {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()})
        network.load_state_dict(
            {name: _own(file.get_tensor(name), tensor.dtype) for name, tensor in expected.items()}, assign=True
        )
    return network.eval(), manifest


def _own(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """Return numbers of the type that the network has, in memory that is not the file's: it may be written again."""
    return tensor.to(dtype, copy=True)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Manifest]]:
    if not path.is_file():
        raise BadInput(
            f"There is no weights file {path}; expected a .safetensors file made by `python -m training export`."
        )
    if path.stat().st_size > LARGEST_BYTES:
        raise BadInput(f"{path} has {path.stat().st_size / 1e9:.0f} GB; expected weights of at most 2 GB.")
    try:
        with safe_open(path, framework="pt") as file:
            yield file, manifest_from_json((file.metadata() or {}).get(MANIFEST_KEY, ""), str(path))
    except (SafetensorError, OSError) as error:
        raise BadInput(f"{path} is not a whole .safetensors file ({error}); download or export it again.") from error


def _check_shapes(path: Path, expected: Mapping[str, Tensor], found: Mapping[str, tuple[int, ...]]) -> None:
    wanted = {name: tuple(tensor.shape) for name, tensor in expected.items()}
    if wanted == found:
        return
    name = sorted(set(wanted.items()) ^ set(found.items()))[0][0]
    raise BadInput(
        f"{path} does not hold the network its manifest names: {name} is {found.get(name, 'missing')}, "
        f"expected {wanted.get(name, 'nothing')}; export the weights again."
    )
