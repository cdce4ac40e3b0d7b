"""Measure the speed and the peak memory of an extraction as the raster grows; memory should not grow with it.

Usage: python -m tools.bench IMAGE.tif [--sides 1 4 8] [-- options of `engine extract`]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

MB_PER_KB = 1.024 / 1000
SAMPLE_S = 0.05


@dataclass(frozen=True)
class Run:
    """One extraction: what it reported, and the largest memory that its processes held together."""

    result: dict[str, Any]
    peak_mb: float


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("--sides", type=int, nargs="+", default=[1, 4, 8], help="the image is laid out side x side")
    parser.add_argument("options", nargs="*", help="options for `engine extract`, after --")
    arguments = parser.parse_args(argv)
    print(f"{'megapixels':>10} {'seconds':>8} {'Mpx/s':>7} {'peak MB':>8} {'footprints':>11}  device")
    with tempfile.TemporaryDirectory() as folder:
        for side in arguments.sides:
            image = lay_out(arguments.image, side, Path(folder) / f"{side}.tif")
            print(line(extract(image, arguments.options)), flush=True)
    return 0


def lay_out(image: Path, side: int, target: Path) -> Path:
    """Write `image` side x side times into one tiled GeoTIFF."""
    with rasterio.open(image) as source:
        profile = {**source.profile, "tiled": True, "blockxsize": 256, "blockysize": 256}
        profile.update(width=source.width * side, height=source.height * side)
        pixels = source.read()
    row = np.tile(pixels, (1, 1, side))
    with rasterio.open(target, "w", **profile) as made:
        for index in range(side):
            window = ((index * pixels.shape[1], (index + 1) * pixels.shape[1]), (0, profile["width"]))
            made.write(row, window=window)
    return target


def extract(image: Path, options: list[str]) -> Run:
    """Extract the buildings of `image` in a process of its own and measure it."""
    output = image.with_suffix(".gpkg")
    command = [sys.executable, "-m", "building_footprints_plugin.engine", "extract", str(image), str(output), "--json"]
    peak_mb = 0.0
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peak_mb = max(peak_mb, memory_mb(process.pid))
            time.sleep(SAMPLE_S)
        report = process.stdout.read() if process.stdout else ""
    if process.returncode != 0:
        raise SystemExit(process.returncode)
    return Run(json.loads(report), peak_mb)


def memory_mb(process: int) -> float:
    """Return the memory of a process and of those it started, on Linux; a page that several share counts once in all.

    That is the proportional set size: resident sizes would count the libraries of both processes twice.
    """
    folder = Path("/proc") / str(process)
    try:
        sizes = (folder / "smaps_rollup").read_text()
        children = [child for task in (folder / "task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:  # it has ended
        return 0.0
    own = next((line.split()[1] for line in sizes.splitlines() if line.startswith("Pss:")), "0")
    return int(own) * MB_PER_KB + sum(memory_mb(int(child)) for child in children)


def line(run: Run) -> str:
    megapixels, seconds = run.result["megapixels"], run.result["seconds"]
    return (
        f"{megapixels:>10.1f} {seconds:>8.1f} {megapixels / seconds:>7.2f} {run.peak_mb:>8,.0f} "
        f"{run.result['count']:>11,}  {run.result['device']}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
