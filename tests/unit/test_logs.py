"""What a log holds: the device and why, what was not there, seconds of every stage, and what the libraries said."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rasters import write_raster
from towns import WHOLE, knows_the_answer, town

from building_footprints_plugin.engine.clock import Clock
from building_footprints_plugin.engine.command_line import attempt
from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.options import SegmentOptions
from building_footprints_plugin.engine.progress import Reporter

ROOT = Path(__file__).parents[2]


class Log(Reporter):
    """Keeps what a log would hold."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def info(self, text: str) -> None:
        self.lines.append(text)

    def error(self, text: str, code: int) -> None:
        self.lines.append(text)


def test_a_run_tells_where_it_ran_what_was_missing_and_how_long_each_stage_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knows_the_answer(monkeypatch)
    pixels = town(300, 400)
    pixels[:, :100, :50] = 7
    raster = write_raster(tmp_path / "in.tif", pixels, nodata=7)
    log, target = Log(), Target(tmp_path / "out.gpkg", probability=tmp_path / "p.tif")
    figures = extract(Source(raster), target, Model(Path("unused"), SegmentOptions()), WHOLE, log)
    assert "Runs on cpu (test): a test." in log.lines
    assert any(line.endswith("in.tif: 400 x 300 px of 0.3 m in EPSG:32633.") for line in log.lines)
    assert "5,000 of 120,000 pixels are not there: nodata, masked or outside of the area." in log.lines
    assert figures["nodata_share"] == pytest.approx(5000 / 120_000, abs=1e-6)
    stages = {"loading", "reading", "network", "blending", "probability raster", "outlines", "writing"}
    assert set(figures["busy_seconds"]) == stages
    timed = [re.match(r"([a-z ]+): [0-9.]+ s busy, [0-9.]+ Mpx/s$", line) for line in log.lines]
    assert {match[1] for match in timed if match} == stages
    assert all(seconds >= 0 for seconds in figures["busy_seconds"].values())
    assert sum(figures["busy_seconds"].values()) < 3 * figures["seconds"]  # few stages run side by side


def test_what_the_writing_takes_is_not_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """One second to make an item, two to write it, by a clock of our own."""
    now = [0.0]
    monkeypatch.setattr("building_footprints_plugin.engine.clock.time.perf_counter", lambda: now[0])
    clock = Clock()

    def made():
        for item in range(3):
            now[0] += 1
            yield item

    def written(items):
        for _ in items:
            now[0] += 2
            yield

    list(clock.apart("writing", written, clock.through("making", made())))
    assert clock.rounded() == {"making": 3.0, "writing": 6.0}
    assert clock.lines(12.0) == ["making: 3.00 s busy, 4.00 Mpx/s", "writing: 6.00 s busy, 2.00 Mpx/s"]


@pytest.fixture
def truncated(tmp_path: Path) -> Path:
    path = Path(write_raster(tmp_path / "cut.tif", np.random.default_rng(0).integers(0, 255, (1, 600, 600), np.uint8)))
    os.truncate(path, path.stat().st_size // 2)
    return path


def test_an_error_is_one_sentence_and_the_log_has_gdals_own_words(truncated: Path) -> None:
    log = Log()
    assert attempt(["polygonize", str(truncated), str(truncated.with_suffix(".gpkg"))], log) == 2
    *because, sentence = log.lines
    assert "could not be read at row " in sentence
    assert any(line.startswith("Because of: ") and "IReadBlock failed" in line for line in because)
    assert len(set(because)) == len(because)


@pytest.mark.parametrize("named", [None, "gdal.log"])
def test_gdal_speaks_for_itself_only_into_a_file_that_the_user_names(named: str | None, tmp_path: Path) -> None:
    """Else a line for each driver that it shall skip and does not have comes before all others."""
    named = named and str(tmp_path / named)
    code = (
        "import os; from building_footprints_plugin.engine.__main__ import main; "
        "main(['polygonize', 'none.tif', 'out.gpkg', '--verbose']); print(os.environ['CPL_LOG'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "CPL_LOG"}
    environment |= {"CPL_LOG": named} if named else {}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == f"{named or os.devnull}\n"
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["Because of", "Error"]
