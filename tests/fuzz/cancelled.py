"""Cancel many runs of Extract Buildings at random moments, as QGIS does; nothing may be left of any.

Usage, in QGIS's Python: python -m tests.fuzz.cancelled [--count 1000] [--seed 1]

Runs that ended before their cancel came are counted apart and do not count. Ends with 1 if a file, a process, a thread
or an open file was left.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from osgeo import gdal
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProcessingUtils
from qgis.PyQt.QtCore import QCoreApplication, QEvent

from building_footprints_plugin.bridge import warm
from tools.qgis_session import qgis

ROOT = Path(__file__).resolve().parents[2]
IMAGE = ROOT / "tests" / "data" / "demo" / "vegas.tif"
SIDE_PX = 200
LATER = 1.1  # times the seconds of a whole run: the last moment at which a cancel may come
END_S = 5.0  # until what was ended is gone


@dataclass
class Runs:
    """Runs of an algorithm into one folder, and what was found of them."""

    image: Path
    output: Path
    count: Counter[str] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)

    def run(self, cancel_after_s: float | None) -> float:
        """Run once, count how it ended, note what is left; return the seconds it took after the cancel."""
        feedback = QgsProcessingFeedback(False)
        timer = threading.Timer(cancel_after_s or 0, feedback.cancel)
        if cancel_after_s is not None:
            timer.start()
        began = time.perf_counter()
        outputs = {"OUTPUT": f"{self.output}/b.gpkg", "PROBABILITY": f"{self.output}/p.tif"}
        algorithm = QgsApplication.processingRegistry().createAlgorithmById("buildingfootprints:extractbuildings")
        _, fine = algorithm.run({"INPUT": str(self.image), **outputs}, QgsProcessingContext(), feedback)
        took = time.perf_counter() - began - (cancel_after_s or 0)
        timer.cancel()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # as QGIS does between runs
        how = "whole" if fine else "cancelled" if feedback.isCanceled() else "failed"
        self.count[how] += 1
        self._look(how)
        return took

    def _look(self, how: str) -> None:
        names = sorted(path.name for path in self.output.iterdir())
        if names != (["b.gpkg", "p.tif"] if how == "whole" else []):
            self.left.append(f"files after a run that was {how}: {names}")
        for path in self.output.iterdir():
            path.unlink()
        self.left += [str(path) for path in Path(QgsProcessingUtils.tempFolder()).glob("building_footprints_*")]


def children() -> list[int]:
    """Return the processes that this one has started and that run."""
    found: list[str] = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread that has just ended
            found += (task / "children").read_text().split()
    return [int(pid) for pid in found if _runs(pid)]


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def held() -> dict[str, int]:
    """Return the numbers of threads and open files of this process."""
    return {"threads": threading.active_count(), "open files": len(os.listdir("/proc/self/fd"))}


def cancel_many(runs: Runs, count: int, rng: random.Random) -> None:
    """Cancel runs until `count` were; look after each at files, and at the end at processes, threads, open files."""
    usual = sorted(runs.run(None) for _ in range(4))[1]  # the first one starts the engine
    print(f"a whole run takes {usual:.2f} s; cancels come at 0 to {LATER * usual:.2f} s", flush=True)
    before, took = held(), []
    while runs.count["cancelled"] < count:
        cancelled = runs.count["cancelled"]
        seconds = runs.run(rng.random() * LATER * usual)
        if runs.count["cancelled"] > cancelled:
            took.append(seconds)
        if len(children()) > 1:
            runs.left.append(f"processes after run {sum(runs.count.values())}: {children()}")
        if sum(runs.count.values()) % 100 == 0:
            print(dict(runs.count), held(), flush=True)
    after = held()
    runs.left += [f"{name}: {before[name]}, then {after[name]}" for name in after if after[name] > before[name] + 2]
    warm.end_engines()
    deadline = time.monotonic() + END_S
    while children() and time.monotonic() < deadline:
        time.sleep(0.05)
    runs.left += [f"process {pid}" for pid in children()]
    print(f"from a cancel to the end of the run: median {statistics.median(took):.2f} s, longest {max(took):.2f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.environ.setdefault("BUILDING_FOOTPRINTS_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
    with tempfile.TemporaryDirectory() as folder, qgis():
        gdal.PushErrorHandler("CPLQuietErrorHandler")  # QGIS's older GDAL warns of newer GeoPackages
        runs = Runs(Path(folder) / "image.tif", Path(folder) / "out")
        runs.output.mkdir()
        gdal.Translate(str(runs.image), str(IMAGE), srcWin=[0, 0, SIDE_PX, SIDE_PX])
        began = time.monotonic()
        cancel_many(runs, arguments.count, random.Random(arguments.seed))
        print(f"seed {arguments.seed}: {dict(runs.count)} in {time.monotonic() - began:.0f} s")
        print("\n".join(["left behind:", *runs.left[:20]]) if runs.left else "nothing was left behind")
    return 1 if runs.left or runs.count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
