"""The network ready to run, kept for the next run in this process: loading takes longer than a small raster."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from .inference import Predictor, choose_device, choose_precision
from .manifest import Manifest
from .options import SegmentOptions
from .weights import load_network

Version = tuple[int, ...] | None


def load(weights: Path, options: SegmentOptions) -> tuple[Predictor, Manifest]:
    """Return the network of a weights file on the device that `options` name, and what the file says of itself.

    The last one is kept, so memory holds one, or two while it changes; a file that was written again is read again.
    Raises BadInput as `load_network` and `choose_device` do.
    """
    wanted = weights.absolute(), _version(weights), options.device, options.precision
    predictor, manifest = _load(*wanted)
    if predictor.fallen:  # what failed in the run before may work in this one
        _load.cache_clear()
        predictor, manifest = _load(*wanted)
    predictor.batch_size = options.batch_size  # a GPU that was full may be free again
    return predictor, manifest


@lru_cache(maxsize=1)
def _load(weights: Path, version: Version, device: str, precision: str) -> tuple[Predictor, Manifest]:
    network, manifest = load_network(weights)
    chosen = choose_device(device)
    return Predictor(network, manifest, chosen, choose_precision(precision, chosen), batch_size=1), manifest


def _version(path: Path) -> Version:
    """Return what changes whenever a file is written or replaced; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
