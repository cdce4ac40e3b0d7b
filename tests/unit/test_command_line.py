"""The engine's command line as a program sees it: exit codes, one sentence for what is wrong, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from manifests import MANIFEST
from rasters import UTM, noise, write_raster
from safetensors.torch import save_file

from building_footprints_plugin.engine.__main__ import main
from building_footprints_plugin.engine.command_line import COMMANDS
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.vector import read_layer

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 300.0  # for a process that would not end by itself


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights: what they find means nothing, but everything runs."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    save_file(build_network(MANIFEST.architecture).state_dict(), path, metadata={"manifest": MANIFEST.to_json()})
    return path


@dataclass
class Place:
    """A folder with a good raster in it, and one for outputs."""

    folder: Path

    @property
    def good(self) -> str:
        return self.make("good.tif")

    @property
    def output(self) -> Path:
        (self.folder / "out").mkdir(exist_ok=True)
        return self.folder / "out"

    def make(self, name: str, pixels: np.ndarray | None = None, **profile: Any) -> str:
        return write_raster(self.folder / name, noise(3, 64, 80) if pixels is None else pixels, **profile)

    def text(self, name: str, content: str = "This is no raster.\n") -> str:
        (self.folder / name).write_text(content)
        return str(self.folder / name)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


Words = Callable[[Place], list[str]]


def input_is(make: Callable[[Place], str]) -> Words:
    return lambda place: [make(place), str(place.output / "out.gpkg")]


def flags(*words: str) -> Words:
    return lambda place: [place.good, str(place.output / "out.gpkg"), *words]


BAD_EXTRACT = [
    pytest.param(input_is(lambda p: str(p.folder / "none.tif")), "none.tif does not exist", id="no such file"),
    pytest.param(input_is(lambda p: p.text("text.tif")), "cannot be opened as a raster", id="not a raster"),
    pytest.param(input_is(lambda p: p.text("empty.tif", "")), r"is empty \(0 bytes\)", id="empty file"),
    pytest.param(input_is(lambda p: str(p.folder)), "is a folder", id="a folder"),
    pytest.param(input_is(lambda p: p.make("nocrs.tif", crs=None)), "--crs", id="no CRS: says how to give one"),
    pytest.param(
        input_is(lambda p: p.make("void.tif", np.zeros((3, 64, 64), np.uint8), nodata=0)),
        "no valid pixel",
        id="all nodata",
    ),
    pytest.param(input_is(lambda p: p.make("two.tif", noise(2, 64, 64))), "2 bands.*expect 3", id="two bands"),
    pytest.param(flags("--bands", "1,2,9"), "Band 9 .*bands 1 to 3", id="band number too high"),
    pytest.param(flags("--bands", "1,0,2"), "Band 0", id="band number too low"),
    pytest.param(flags("--bands", "red"), "[Bb]ands", id="bands in words"),
    pytest.param(flags("--threshold", "1.5"), "threshold is 1.5; expected a value from 0 to 1", id="threshold above 1"),
    pytest.param(flags("--threshold", "-0.1"), "threshold is -0.1", id="threshold below 0"),
    pytest.param(flags("--threshold", "nan"), "threshold is nan", id="threshold not a number"),
    pytest.param(flags("--min-area", "-3"), "--min-area is -3; expected at least 0 m²", id="negative area"),
    pytest.param(flags("--min-area", "small"), "--min-area", id="area in words"),
    pytest.param(flags("--tile", "10"), "expected a value from 64 to 8192 px", id="tile too small"),
    pytest.param(flags("--tile", "64", "--overlap", "40"), "at most a third of the tile", id="tiles overlap too much"),
    pytest.param(flags("--bounds", "0,0,10,10"), "misses the raster, which covers", id="extent outside the raster"),
    pytest.param(flags("--bounds", "-9,-9,-8,-8"), "misses the raster", id="extent that begins with a minus"),
    pytest.param(flags("--bounds", "1,2,3"), "--bounds is '1,2,3'; expected 4 numbers", id="extent of three numbers"),
    pytest.param(flags("--bounds", "9,9,1,1"), "is empty; expected min x, min y, max x, max y", id="extent inside out"),
    pytest.param(flags("--aoi", "none.gpkg"), "none.gpkg", id="no area file"),
    pytest.param(flags("--crs", "EPSG:1"), "EPSG:1", id="unknown CRS"),
    pytest.param(flags("--weights", "none.safetensors"), "no weights file .*none.safetensors", id="weights missing"),
    pytest.param(flags("--device", "abacus"), "abacus", id="unknown device"),
    pytest.param(flags("--colour", "blue"), "--colour", id="unknown flag"),
    pytest.param(lambda p: [p.good], "OUTPUT", id="no output"),
    pytest.param(lambda p: [p.good, str(p.folder / "no" / "out.gpkg")], "folder", id="output folder missing"),
    pytest.param(lambda p: [p.good, str(p.output / "out.dwg")], r"\.gpkg", id="unknown format: lists the known"),
    pytest.param(lambda p: [p.good, str(p.output)], "out", id="output is a folder"),
    pytest.param(
        lambda p: [p.good, str(p.output / "o.gpkg"), "--probability", str(p.folder / "no" / "p.tif")],
        "does not exist",
        id="probability folder missing",
    ),
]


@pytest.mark.parametrize(("words", "sentence"), BAD_EXTRACT)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    place: Place, weights: Path, capsys: pytest.CaptureFixture[str], words: Words, sentence: str
) -> None:
    import re

    arguments = words(place)
    given = [] if "--weights" in arguments else ["--weights", str(weights)]
    assert main(["extract", *arguments, *given]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.search(sentence, printed.err), printed.err
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err
    assert list(place.output.iterdir()) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere, and so may Windows")
def test_a_folder_that_may_not_be_written(place: Place, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place.output.chmod(0o500)
    assert main(["extract", place.good, str(place.output / "out.gpkg"), "--weights", str(weights)]) == 2
    assert "written" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["dance"]])
def test_an_unknown_command_lists_the_known(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "COMMAND" in (printed := capsys.readouterr().err) or "extract" in printed


@pytest.mark.parametrize("command", ["score", "polygonize", "regularize"])
def test_a_name_that_is_too_long_for_the_system_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command, "a" * 5000 + ".gpkg", str(tmp_path / "b.gpkg")]) in (1, 2)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("Error: ")
    assert main([command, str(tmp_path / "b.gpkg"), "a" * 5000 + ".gpkg"]) in (1, 2)
    assert capsys.readouterr().err.count("\n") == 1


def test_json_is_one_object_with_the_figures(place: Place, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = place.output / "out.gpkg"
    assert main(["extract", place.good, str(output), "--weights", str(weights), "--device", "cpu", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["count"] == len(read_layer(output).geometry)
    assert figures["device"].startswith("cpu (")
    assert {"total_area_m2", "seconds", "megapixels"} <= set(figures)
    assert figures["megapixels"] == pytest.approx(64 * 80 / 1e6, abs=1e-3)


def test_json_lines_end_with_the_result(place: Place, weights: Path) -> None:
    words = ["segment", place.good, str(place.output / "p.tif"), "--weights", str(weights), "--json-lines"]
    done = engine(words, stdin=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    fractions = [line["fraction"] for line in lines if line["type"] == "progress"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert lines[-1]["type"] == "result"


def test_json_lines_tell_errors_too(place: Place) -> None:
    done = engine(["extract", "none.tif", "out.gpkg", "--json-lines"], stdin=subprocess.PIPE)
    assert done.returncode == 2
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "type": "error",
        "text": "none.tif does not exist; expected a raster file.",
        "code": 2,
    }


def engine(words: list[str], stdin: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the engine with an open stdin, as the bridge does."""
    with start(words) as process:
        out, err = process.stdout.read(), process.stderr.read()
        process.wait(WAIT_S)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def start(words: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "building_footprints_plugin.engine", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stdin closes", "SIGTERM", "SIGINT"])
def test_cancelling_ends_a_long_run_and_leaves_nothing(place: Place, weights: Path, how: str) -> None:
    raster = place.make("large.tif", noise(3, 4000, 4000))
    output = place.output / "out.gpkg"
    words = [
        "extract",
        raster,
        str(output),
        "--weights",
        str(weights),
        "--json-lines",
        "--tile",
        "256",
        "--device",
        "cpu",
    ]
    with start(words) as process:
        while json.loads(process.stdout.readline()).get("fraction", 0) < 0.02:
            pass
        if how == "stdin closes":
            process.stdin.close()
        else:
            process.send_signal(signal.SIGTERM if how == "SIGTERM" else signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(WAIT_S) == 1
    assert json.loads(rest.splitlines()[-1])["text"].startswith("Cancelled")
    assert list(place.output.iterdir()) == []


def test_info_names_what_is_missing() -> None:
    """`info` is the probe of an engine's Python: it must work where everything else cannot."""
    code = (
        "import sys; sys.modules['torch'] = sys.modules['rasterio'] = None\n"
        "from building_footprints_plugin.engine.__main__ import main; sys.exit(main(['info', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["missing"] == ["rasterio", "torch"]
    assert "torch" in report["reasons"]["torch"]


def test_info_tells_what_the_weights_are(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(weights), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["missing"] == []
    assert {"GTiff", "JPEG", "VRT"} <= set(report["gdal_drivers"]), "what this GDAL reads; QGIS copies the rest for it"
    assert report["weights"]["architecture"] == MANIFEST.architecture
    assert report["weights"]["thresholds"] == asdict(MANIFEST)["thresholds"]


def test_without_torch_the_rest_works_and_extract_says_what_to_do(place: Place) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from building_footprints_plugin.engine.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    mask = place.make("mask.tif", (noise(1, 64, 64) > 100).astype(np.uint8), crs=UTM)
    for words, status in (
        (["polygonize", mask, str(place.output / "a.gpkg")], 0),
        (["extract", place.good, str(place.output / "b.gpkg")], 1),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S
        )
        assert done.returncode == status, done.stderr
    assert "cannot load torch" in done.stderr
    assert [path.name for path in place.output.iterdir()] == ["a.gpkg"]
