"""What reads each kind of file: the same functions as the engine's commands and the bridge in QGIS call."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import traceback
import types
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from building_footprints_plugin.engine.area import area_of
from building_footprints_plugin.engine.command_line import attempt
from building_footprints_plugin.engine.comparison import Request, Source, compare, results_of
from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.manifest import manifest_from_json
from building_footprints_plugin.engine.options import RegularizeOptions, ScoreOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.raster import GriddedReader, RasterFile, open_probability, open_raster
from building_footprints_plugin.engine.serve import serve
from building_footprints_plugin.engine.straighten import straighten
from building_footprints_plugin.engine.vector import read_layer, write_layer
from building_footprints_plugin.engine.weights import load_network, read_manifest

from .seeds import PLACE

SILENCE_S = 0.3
SIDE = 300  # px that are read of each corner


def raster(path: Path, number: int) -> None:
    """Open as an image or as a probability raster; read two corners and beyond; give a footprint back."""
    if number % 3 == 0:
        with open_probability(path, "EPSG:32633") as mask:
            for row, col in _corners(mask):
                mask.read(row, col, SIDE, SIDE)
            _use(mask)
        return
    crs = "EPSG:32633" if path.suffix in (".png", ".jpg") else None
    file = RasterFile(str(path), skip_damaged=number % 3 == 1)
    with open_raster(file, gsd_m=0.3, crs=crs) as image:
        for row, col in _corners(image):
            image.read(row, col, SIDE, SIDE)
        _use(image)


def _corners(reader: GriddedReader) -> list[tuple[int, int]]:
    return [(0, 0), (reader.grid.height - SIDE // 2, reader.grid.width - SIDE // 2)]


def _use(reader: GriddedReader) -> None:
    area_of(reader, None, None)
    left, bottom, right, top = reader.bounds
    if all(map(math.isfinite, (left, bottom, right, top))) and left < right and bottom < top:
        area_of(reader, (left, bottom, (left + right) / 2, top), None)
    x, y = reader.grid.transform.c, reader.grid.transform.f
    reader.footprint_to_layer(np.array([shapely.box(x, y - 3, x + 3, y)], dtype=object))
    reader.finish()


def vector(path: Path, number: int) -> None:
    """Straighten and write, as `regularize` does; every other time score against itself instead."""
    if number % 2:
        options = replace(ScoreOptions(), shapes=number % 4 == 1)
        results_of(compare(Request(Source(str(path)), Source(str(path)), options, all_columns=True), Reporter()))
        return
    done = straighten(read_layer(path), RegularizeOptions(), Reporter())
    write_layer(path.with_name(f"done{path.suffix}"), done.layer)


def table(path: Path, number: int) -> None:
    results_of(compare(Request(Source(str(path)), Source(str(path)), ScoreOptions()), Reporter()))


def weights(path: Path, number: int) -> None:
    read_manifest(path)
    load_network(path)


def manifest(path: Path, number: int) -> None:
    """Read a manifest; what it then says must be usable."""
    found = manifest_from_json(path.read_text(encoding="utf-8", errors="surrogateescape"), path.name)
    if not all(math.isfinite(value) for value in (*found.mean, *found.std, *found.thresholds.values())):
        raise ValueError("a number that is none was taken")


def lines(path: Path, number: int) -> None:
    """Let a process say this to the bridge in QGIS; a run without a result must be one of the bridge's errors."""
    run = _bridge()
    try:
        result = run.run_command(["cat", str(path)], Feedback(), run.Limits(silence_s=20, exit_s=5))
    except run.BridgeError as error:
        raise BadInput("The bridge refuses it.") from error
    json.dumps(result)


def answers(path: Path, number: int) -> None:
    """The same of an engine that is kept: it says this of a run, and stays."""
    run = _bridge()
    with run.start(["sh", "-c", f"cat '{path}'; exec cat"]) as engine:
        asked = run.Run(engine, Feedback(), run.Limits(silence_s=SILENCE_S, exit_s=5))
        try:
            if asked.begins(SILENCE_S):
                json.dumps(asked.served())
        except run.BridgeError as error:
            raise BadInput("The bridge refuses it.") from error
        finally:
            asked.drain(SILENCE_S)


def orders(path: Path, number: int) -> None:
    """Let a process that serves hear this: it goes on to its end, answers in lines, and ends what it begins."""
    heard = path.read_bytes().replace(PLACE.encode(), str(path.parent).encode())
    answers, errors = path.with_name("answers"), path.with_name("errors")
    code = _serving(heard, answers, errors)
    kinds = Counter(json.loads(line)["type"] for line in answers.read_text().splitlines())
    if code != 0:
        raise RuntimeError(f"exit code {code}: {errors.read_text()[-100:]}")
    if kinds["begin"] != kinds["end"]:
        raise RuntimeError(f"{kinds['begin']} runs began, {kinds['end']} ended")
    if not kinds["result"]:
        raise BadInput("Nothing was run.")


def _serving(heard: bytes, answers: Path, errors: Path) -> int:
    """Return the exit code of a process that serves, once it has heard everything and has had nothing to do."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.dup2(reading, 0)
        for number, path in ((1, answers), (2, errors)):
            os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY), number)
        try:
            serve(attempt, idle_s=SILENCE_S)
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(1)
    os.close(reading)
    with contextlib.suppress(BrokenPipeError), open(writing, "wb", closefd=False) as pipe:
        pipe.write(heard)
    _, status = os.waitpid(child, 0)
    os.close(writing)
    return os.waitstatus_to_exitcode(status)


class Feedback:
    """Takes what the bridge tells; strict about types as QGIS is."""

    def isCanceled(self) -> bool:
        return False

    def setProgress(self, value: float) -> None:
        if not 0 <= float(value) <= 100:
            raise ValueError(f"progress of {value}")

    def pushInfo(self, text: str) -> None:
        text.encode("utf-16", "surrogatepass")

    def pushWarning(self, text: str) -> None:
        self.pushInfo(text)


def _bridge() -> types.ModuleType:
    """Return the bridge's runner, with the few names of QGIS it uses standing in where there is no QGIS."""
    if "qgis.core" not in sys.modules:
        core, pyqt, qtcore = (types.ModuleType(name) for name in ("qgis.core", "qgis.PyQt", "qgis.PyQt.QtCore"))
        core.QgsFeedback = core.QgsProcessingFeedback = Feedback
        core.QgsSettings = core.QgsApplication = object
        qtcore.QCoreApplication = types.SimpleNamespace(translate=lambda context, text, *_: text)
        for name in ("QTranslator", "QLocale", "QSettings"):
            setattr(qtcore, name, object)
        sys.modules.update({"qgis": types.ModuleType("qgis"), "qgis.core": core, "qgis.PyQt": pyqt})
        sys.modules["qgis.PyQt.QtCore"] = qtcore
    from building_footprints_plugin.bridge import run

    return run


TARGETS: dict[str, Callable[[Path, int], None]] = {
    "raster": raster,
    "picture": raster,
    "vector": vector,
    "table": table,
    "weights": weights,
    "manifest": manifest,
    "lines": lines,
    "answers": answers,
    "orders": orders,
}
