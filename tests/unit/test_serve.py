"""One engine process for many commands: what it answers, what stops a run, what ends it, and what it keeps."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from manifests import MANIFEST
from rasters import noise, write_raster
from safetensors.torch import save_file

from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.vector import read_layer

ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 120.0
# Starts a server whose commands are `code`, with `reporter` and the words after the first.
PLAYED = """
import ctypes, os, sys, time
from building_footprints_plugin.engine.serve import serve
def attempt(words, reporter):
    exec(words[0], {**globals(), "reporter": reporter, "words": words[1:]})
    return 0
serve(attempt, float(sys.argv[1]))
"""


class Client:
    """Speaks to a server as QGIS does."""

    def __init__(self, *command: str) -> None:
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in `end`; a pipe that nobody reads fills up
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=self.errors, text=True
        )
        self._count = 0

    def ask(self, *words: str, folder: Path = ROOT) -> int:
        self._count += 1
        self.send(id=self._count, arguments=words, folder=str(folder))
        return self._count

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def send(self, **line: Any) -> None:
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        return json.loads(self.process.stdout.readline())

    def answer(self) -> list[dict[str, Any]]:
        """Return the lines of a run between its first and its last."""
        assert self.hear() == {"type": "begin", "id": self._count}
        lines = [self.hear()]
        while lines[-1]["type"] != "end":
            lines.append(self.hear())
        assert lines.pop()["id"] == self._count
        return lines

    def run(self, *words: str, folder: Path = ROOT) -> dict[str, Any]:
        """Run a command and return its last line."""
        self.ask(*words, folder=folder)
        return self.answer()[-1]


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    made: list[Client] = []
    yield made
    for client in made:
        client.end()


@pytest.fixture
def played(clients: list[Client]) -> Client:
    clients.append(Client("-c", PLAYED, "60"))
    return clients[-1]


@pytest.fixture(scope="module")
def served() -> Iterator[Client]:
    """One real engine for all tests that need one: that is what it is for."""
    client = Client("-m", "building_footprints_plugin.engine", "serve")
    yield client
    client.end()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return write_weights(tmp_path / "random.safetensors", seed=0)


def write_weights(path: Path, seed: int) -> Path:
    """Random weights: what they find means nothing, but everything runs."""
    torch.manual_seed(seed)
    save_file(build_network(MANIFEST.architecture).state_dict(), path, metadata={"manifest": MANIFEST.to_json()})
    return path


def extracting(image: str | Path, output: Path, weights: Path) -> list[str]:
    return ["extract", str(image), str(output), f"--weights={weights}", "--device=cpu", "--json-lines"]


def open_files(process: int, folder: Path) -> list[str]:
    names = [os.readlink(each) for each in Path(f"/proc/{process}/fd").iterdir()]
    return [name for name in names if name.startswith(str(folder))]


def test_runs_one_after_another_are_those_of_processes_of_their_own(
    served: Client, weights: Path, tmp_path: Path
) -> None:
    image = write_raster(tmp_path / "image.tif", noise(3, 128, 128))
    alone = tmp_path / "alone.gpkg"
    command = [sys.executable, "-m", "building_footprints_plugin.engine", *extracting(image, alone, weights)[:-1]]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    expected = read_layer(alone).geometry
    assert len(expected)
    for name in ("first.gpkg", "second.gpkg"):
        assert served.run(*extracting(image, tmp_path / name, weights))["type"] == "result"
        assert read_layer(tmp_path / name).geometry.tolist() == expected.tolist()


def test_a_bad_run_is_a_sentence_and_the_next_one_a_result(served: Client, weights: Path, tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", noise(3, 64, 64))
    assert served.run(*extracting("none.tif", tmp_path / "a.gpkg", weights)) == {
        "type": "error",
        "text": "none.tif does not exist; expected a raster file.",
        "code": 2,
    }
    assert "COMMAND" in served.run("dance")["text"]
    assert served.run(*extracting(image, tmp_path / "a.gpkg", weights))["type"] == "result"


def test_weights_that_were_written_again_are_read_again(served: Client, weights: Path, tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", noise(3, 64, 64))
    words = ["segment", image, str(tmp_path / "p.tif"), f"--weights={weights}", "--device=cpu", "--json-lines"]
    seen = []
    for seed in (0, 0, 1):
        write_weights(weights, seed)
        assert served.run(*words)["type"] == "result"
        seen.append((tmp_path / "p.tif").read_bytes())
    assert seen[0] == seen[1]
    assert seen[1] != seen[2]


def test_relative_paths_start_from_the_folder_of_each_run(served: Client, weights: Path, tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        write_raster(tmp_path / name / "image.tif", noise(3, 64, 64))
        words = extracting("image.tif", Path("out.gpkg"), weights)
        assert served.run(*words, folder=tmp_path / name)["type"] == "result"
        assert (tmp_path / name / "out.gpkg").exists()


def test_nothing_stays_open_between_runs(served: Client, weights: Path, tmp_path: Path) -> None:
    """Windows would not let it be deleted or written again."""
    image = write_raster(tmp_path / "image.tif", noise(3, 64, 64))
    for output in (tmp_path / "a.gpkg", tmp_path / "none" / "a.gpkg"):
        served.run(*extracting(image, output, weights), folder=tmp_path)
    served.run("info", "--json-lines")  # begins when the run before has been tidied away
    assert open_files(served.process.pid, tmp_path) == []
    assert Path(f"/proc/{served.process.pid}/cwd").resolve() != tmp_path


def test_memory_does_not_grow_with_the_number_of_runs(served: Client, weights: Path, tmp_path: Path) -> None:
    image = write_raster(tmp_path / "image.tif", noise(3, 256, 256))
    used = []
    for _ in range(8):
        served.run(*extracting(image, tmp_path / "a.gpkg", weights))
        served.run("dance")
        used.append(int(Path(f"/proc/{served.process.pid}/statm").read_text().split()[1]) * 4096 / 1e6)
    assert max(used[4:]) < max(used[1:4]) + 15, f"megabytes after each run: {used}"


def test_commands_without_a_network_do_not_load_torch(clients: list[Client], tmp_path: Path) -> None:
    clients.append(Client("-m", "building_footprints_plugin.engine", "serve"))
    mask = write_raster(tmp_path / "mask.tif", (noise(1, 64, 64) > 100).astype(np.uint8))
    done = clients[0].run("polygonize", mask, str(tmp_path / "a.gpkg"), "--json-lines")
    assert done["type"] == "result", done
    assert "libtorch" not in Path(f"/proc/{clients[0].process.pid}/maps").read_text()


def test_a_file_on_a_web_server_is_read_anew(served: Client, tmp_path: Path) -> None:
    """GDAL keeps what it fetched for as long as its process lives, unless it is told otherwise."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        counts = []
        for side in (20, 40):
            pixels = np.zeros((1, 64, 64), np.uint8)
            pixels[:, 10 : 10 + side, 10 : 10 + side] = 1
            write_raster(tmp_path / "mask.tif", pixels)
            url = f"/vsicurl/http://127.0.0.1:{web.server_port}/mask.tif"
            done = served.run("polygonize", url, str(tmp_path / "a.gpkg"), "--json-lines")
            assert done["type"] == "result", done
            counts.append(done["total_area_m2"])
        web.shutdown()
    assert counts == pytest.approx([20 * 20 * 0.09, 40 * 40 * 0.09], rel=0.05)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    "code",
    [
        'print(\'{"type": "result"}\')',
        "os.write(1, b'half a line')",
        "ctypes.CDLL(None).puts(b'from C'); ctypes.CDLL(None).fflush(None)",
        "__import__('subprocess').run('echo from a child; cat', shell=True)",
    ],
    ids=["print", "half a line", "a library in C", "a child, which may not read stdin either"],
)
def test_what_libraries_print_is_no_answer(played: Client, code: str) -> None:
    for _ in range(2):
        assert played.run(f"{code}; reporter.result({{'count': 3}})") == {"type": "result", "count": 3}


WORKING = "while True: reporter.progress(0.5); time.sleep(0.01)"
CANCELLABLE = f"""
from building_footprints_plugin.engine.errors import Cancelled
try:
    {WORKING}
except Cancelled as error:
    reporter.error(str(error), 1)
"""


def test_a_cancelled_run_ends_and_the_process_stays(played: Client) -> None:
    number = played.ask(CANCELLABLE)
    played.hear()
    played.send(cancel=number)
    assert [played.hear()["type"] for _ in range(3)] == ["progress", "error", "end"]
    played.send(cancel=number)  # too late, and for another run: of no effect
    assert played.run("time.sleep(0.2); reporter.progress(1); reporter.result({'count': 4})")["count"] == 4


def test_a_cancel_that_comes_before_the_run_has_begun(played: Client) -> None:
    slow, cancelled = played.ask("time.sleep(0.5)"), played.ask(CANCELLABLE)
    played.send(cancel=cancelled)
    lines = [played.hear() for _ in range(5)]
    assert [(line["type"], line.get("id")) for line in lines] == [
        ("begin", slow),
        ("end", slow),
        ("begin", cancelled),
        ("error", None),
        ("end", cancelled),
    ]


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
@pytest.mark.parametrize("how", ["stdin ends", "SIGTERM", "SIGINT", "not JSON"])
def test_what_ends_the_process(played: Client, busy: bool, how: str) -> None:
    played.run("reporter.result({})")
    if busy:
        played.ask(CANCELLABLE)
        played.hear()
    if how == "stdin ends":
        played.process.stdin.close()
    elif how == "not JSON":
        played.process.stdin.write("dance\n")
        played.process.stdin.flush()
    else:
        played.process.send_signal(signal.SIGTERM if how == "SIGTERM" else signal.SIGINT)
    assert played.process.wait(WAIT_S) == 0


def test_it_ends_when_nobody_asks_for_a_while(clients: list[Client]) -> None:
    clients.append(Client("-c", PLAYED, "0.2"))
    clients[0].run("reporter.result({})")
    assert clients[0].process.wait(WAIT_S) == 0


def test_an_error_of_the_engine_itself_ends_it_and_is_seen(played: Client) -> None:
    played.ask("raise KeyError('what nobody thought of')")
    assert played.hear()["type"] == "begin"
    assert played.process.wait(WAIT_S) == 1
    played.errors.seek(0)
    assert "what nobody thought of" in played.errors.read()


def test_a_run_that_never_looks_up_does_not_outlive_who_asked(played: Client) -> None:
    """Killed is who asked; the run neither reports nor reads."""
    played.run("from building_footprints_plugin.engine import serve; serve.GRACE_S = 0.3; reporter.result({})")
    played.ask("while True: time.sleep(1)")
    played.hear()
    played.process.stdin.close()
    assert played.process.wait(WAIT_S) == 1
