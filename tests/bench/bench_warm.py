"""What the engine kept between runs saves: `python -m tests.bench.bench_warm [--layers 20]`, in QGIS's Python.

Small layers are extracted as QGIS does it, each by an engine of its own and then all by one. Shown are the seconds
until the first progress and until the result, and how many times faster the batch is. Memory is that of the kept
engine; many runs (`--layers 1000 --warm-only`) show whether it grows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osgeo import gdal
from qgis.core import QgsFeedback

from building_footprints_plugin.bridge import warm
from building_footprints_plugin.bridge.run import Run, run_engine

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "tests" / "data" / "demo" / "vegas.tif"
PYTHON = os.environ.get("BUILDING_FOOTPRINTS_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
SIDE_PX = 256


@dataclass(frozen=True)
class Timing:
    """Seconds of one run, until its first progress and until its result."""

    first: float
    whole: float


class Listener(QgsFeedback):
    """Notes when it heard of progress first."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.first = time.perf_counter(), 0.0

    def heard(self) -> None:
        self.first = self.first or time.perf_counter() - self.began


def layers(folder: Path, count: int) -> list[Path]:
    """Cut `count` small pictures from different places of the demo's image."""
    source = gdal.Open(str(IMAGE))
    room = min(source.RasterXSize, source.RasterYSize) - SIDE_PX
    made = []
    for number in range(count):
        left, top = number * 37 % room, number * 61 % room
        made.append(folder / f"{number}.tif")
        gdal.Translate(str(made[-1]), source, srcWin=[left, top, SIDE_PX, SIDE_PX])
    return made


def timed(run: Any, image: Path) -> Timing:
    """Time one run of `run_engine` or `run_warm`."""
    listener = Listener()
    words = ["extract", str(image), str(image.with_suffix(".gpkg")), "--device=cpu"]
    run(PYTHON, words, listener)
    return Timing(listener.first, time.perf_counter() - listener.began)


def memory_mb() -> float:
    """Return the memory of the engine that is kept."""
    pid = warm._idle[0]._process.pid
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def show(name: str, runs: list[Timing]) -> float:
    whole = sum(run.whole for run in runs)
    first = statistics.median(run.first for run in runs)
    print(f"{name:>22} {len(runs):6d} {whole:9.1f} {whole / len(runs):9.2f} {first:16.2f}", flush=True)
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=20, metavar="N")
    parser.add_argument("--warm-only", action="store_true", help="measure only the engine that is kept")
    arguments = parser.parse_args()
    note_first_progress()
    print(f"{'engine':>22} {'layers':>6} {'seconds':>9} {'each':>9} {'first progress':>16}")
    with tempfile.TemporaryDirectory() as folder:
        images = layers(Path(folder), arguments.layers)
        cold = 0.0 if arguments.warm_only else show("one for each", [timed(run_engine, image) for image in images])
        runs = [timed(warm.run_warm, image) for image in images[:2]]
        early = memory_mb()
        runs += [timed(warm.run_warm, image) for image in images[2:]]
        late = memory_mb()
        show("kept, first run", runs[:1])
        show("kept, the others", runs[1:])
        whole = show("kept, all", runs)
        if cold:
            print(f"The batch is {cold / whole:.1f} times faster.")
        print(f"Memory of the kept engine: {early:.0f} MB after 2 runs, {late:.0f} MB after {len(runs)}.")
    warm.end_engines()


def note_first_progress() -> None:
    """Tell the listener of every progress, also of 0, which QGIS does not pass on."""
    show_fraction = Run._show

    def show_and_tell(self: Run, fraction: Any) -> None:
        self._feedback.heard()
        show_fraction(self, fraction)

    Run._show = show_and_tell  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
