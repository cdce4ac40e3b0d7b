"""`info`: what this Python, its packages, its devices and a weights file are. Works where packages are missing."""

from __future__ import annotations

import argparse
import importlib
import platform
import sys
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from ..errors import FootprintsError
from ..manifest import DEFAULT_WEIGHTS
from ..progress import Reporter

NEEDED = {  # name to import: name of the distribution
    "numpy": "numpy",
    "torch": "torch",
    "rasterio": "rasterio",
    "shapely": "shapely",
    "pyogrio": "pyogrio",
    "safetensors": "safetensors",
    "scipy": "scipy",
}
OPTIONAL = {"pyarrow": "pyarrow", "PIL": "pillow", "tqdm": "tqdm"}


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("info", help="versions, devices, and what a weights file says of itself")
    parser.add_argument(
        "weights", nargs="?", type=Path, default=DEFAULT_WEIGHTS, metavar="WEIGHTS", help="default: the bundled ones"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> dict[str, Any]:
    """Run the command; return what was found. `missing` names what the engine cannot import and why."""
    missing = {name: why for name in NEEDED if (why := _why_not(name))}
    report: dict[str, Any] = {
        "version": _plugin_version(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "system": platform.platform(),
        "packages": {name: version for name, version in _versions()},
        "gdal_drivers": [] if "rasterio" in missing else _gdal_drivers(),
        "missing": sorted(missing),
        "reasons": missing,
        "device": None,
        "torch": None,
        "cuda": False,
        "gpu": None,
    }
    if "torch" not in missing:
        report |= _devices()
    report["weights"] = _weights(arguments.weights) if not missing else {"path": str(arguments.weights)}
    return report


def _plugin_version() -> str:
    from ... import __version__

    return __version__


def _why_not(name: str) -> str:
    """Return why a package cannot be imported, "" if it can; a broken shared library counts as well."""
    try:
        importlib.import_module(name)
    except (ImportError, OSError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in [*NEEDED.values(), *OPTIONAL.values()]:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, "not installed"))
    return found


def _gdal_drivers() -> list[str]:
    import rasterio

    with rasterio.Env() as environment:
        return sorted(environment.drivers())


def _devices() -> dict[str, Any]:
    import torch

    from ..inference import choose_device, choose_precision

    device = choose_device("auto")
    precision = str(choose_precision("auto", device)).removeprefix("torch.")
    cuda = torch.cuda.is_available()
    return {
        "device": device.type,
        "precision": precision,
        "torch": torch.__version__,
        "cuda": cuda,
        "gpu": torch.cuda.get_device_name() if cuda else None,
        "gpu_memory_mb": torch.cuda.get_device_properties(0).total_memory // 2**20 if cuda else None,
        "threads": torch.get_num_threads(),
    }


def _weights(path: Path) -> dict[str, Any]:
    from ..weights import read_manifest

    try:
        manifest = asdict(read_manifest(path))
    except FootprintsError as error:
        return {"path": str(path), "error": str(error)}
    return {"path": str(path), "size_bytes": path.stat().st_size, **manifest}
