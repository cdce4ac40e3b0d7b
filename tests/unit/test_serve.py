"""One process for many commands: what it answers, what stops a run, and what ends it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest
from serving import Client

from building_footprints_plugin.bridge.pipes import NEXT_RUN

WAIT_S = 120.0
# Starts a server whose commands are `code`, with `reporter` and the words after the first; `read` has all it was asked.
PLAYED = """
import ctypes, os, sys, time
from building_footprints_plugin.engine import serve
serve.GRACE_S = 60.0  # nothing here is about how fast this machine is
read, understand = [], serve.read
def noting(line):
    read.append(understand(line))
    return read[-1]
serve.read = noting
def attempt(words, reporter):
    exec(words[0], {**globals(), "reporter": reporter, "words": words[1:]})
    return 0
serve.serve(attempt, float(sys.argv[1]))
"""


@pytest.fixture
def played() -> Iterator[Client]:
    with Client("-c", PLAYED, "60") as client:
        yield client


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


def test_what_runs_say_on_stderr_is_apart_there(played: Client) -> None:
    for word in ("first", "second"):
        played.run(f"print({word!r}, file=sys.stderr); reporter.result({{}})")
    played.errors.seek(0)
    assert played.errors.read().splitlines() == ["", f"{NEXT_RUN}1", "first", "", f"{NEXT_RUN}2", "second"]


WORKING = "while True: reporter.progress(0.5); time.sleep(0.01)"
CANCELLABLE = f"""
from building_footprints_plugin.engine.errors import FootprintsError
try:
    {WORKING}
except FootprintsError as error:
    reporter.error(str(error), 1)
"""


def test_a_cancelled_run_ends_and_the_process_stays(played: Client) -> None:
    number = played.ask(CANCELLABLE)
    assert [played.hear()["type"] for _ in range(2)] == ["begin", "progress"]
    played.send(cancel=number)
    assert [played.hear()["type"] for _ in range(2)] == ["error", "end"]
    played.send(cancel=number)  # too late, and for another run: of no effect
    assert played.run("reporter.progress(1); reporter.result({'count': 4})")["count"] == 4


@pytest.mark.parametrize(("by", "error"), [("a line", "Cancelled"), ("the end of stdin", "Abandoned")])
def test_a_run_knows_whether_it_was_cancelled_or_nobody_is_left(played: Client, by: str, error: str) -> None:
    """What is kept of a long run depends on it."""
    number = played.ask(CANCELLABLE.replace("str(error)", "type(error).__name__"))
    assert [played.hear()["type"] for _ in range(2)] == ["begin", "progress"]
    if by == "a line":
        played.send(cancel=number)
    played.process.stdin.close()
    assert played.hear() == {"type": "error", "text": error, "code": 1}


def test_a_cancel_that_comes_before_the_run_has_begun(played: Client) -> None:
    """The first run lasts until all has been read, so also the cancel of the second."""
    slow, cancelled = played.ask("while len(read) < 4: time.sleep(0.01)"), played.ask(CANCELLABLE)
    played.send(cancel=cancelled)
    last = played.ask("")
    lines = [played.hear() for _ in range(7)]
    assert [(line["type"], line.get("id")) for line in lines] == [
        ("begin", slow),
        ("end", slow),
        ("begin", cancelled),
        ("error", None),
        ("end", cancelled),
        ("begin", last),
        ("end", last),
    ]


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
@pytest.mark.parametrize("how", ["stdin ends", "SIGTERM", "SIGINT"])
def test_what_ends_the_process(played: Client, busy: bool, how: str) -> None:
    played.run("reporter.result({})")
    if busy:
        played.ask(CANCELLABLE)
        played.hear()
    if how == "stdin ends":
        played.process.stdin.close()
    else:
        played.process.send_signal(signal.SIGTERM if how == "SIGTERM" else signal.SIGINT)
    assert played.process.wait(WAIT_S) == 0


GOOD = {"id": 1, "arguments": ["reporter.result({})"], "folder": "/"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param("dance", "'dance' is no request", id="no JSON"),
        pytest.param("", "is no request", id="an empty line"),
        pytest.param('{"id": 1, "argu', "is no request", id="half a line"),
        pytest.param("[1]", "is no request", id="no object"),
        pytest.param("[" * 200_000, "is no request", id="nested without end"),
        pytest.param("9" * 3_000_000, "is no request", id="three times as long as is read"),
        pytest.param("\x00\x01\x80", "is no request", id="bytes"),
        pytest.param(json.dumps({**GOOD, "id": None}), "id is 'None'; expected a whole number", id="no number"),
        pytest.param(json.dumps({**GOOD, "id": [1]}), "expected a whole number", id="a list for a number"),
        pytest.param(json.dumps({"cancel": "1"}), "expected a whole number", id="a text for a number"),
        pytest.param(json.dumps({**GOOD, "arguments": "info"}), "expected a list of the command's words", id="no list"),
        pytest.param(json.dumps({**GOOD, "arguments": [["info"]]}), "list of the command's words", id="nested"),
        pytest.param(json.dumps({**GOOD, "arguments": ["a\0b"]}), "list of the command's words", id="a NUL"),
        pytest.param(json.dumps({**GOOD, "arguments": ["\ud800"]}), "list of the command's words", id="half a letter"),
        pytest.param(json.dumps({**GOOD, "arguments": ["serve"]}), "list of the command's words", id="itself"),
        pytest.param(json.dumps({**GOOD, "folder": None}), "expected the path that relative", id="no folder"),
        pytest.param(json.dumps({"id": 1}), "has no arguments", id="no arguments"),
    ],
)
def test_a_line_that_is_no_request_is_answered_and_the_next_one_is_run(played: Client, line: str, says: str) -> None:
    played.process.stdin.buffer.write(line.encode("latin-1") + b"\n")
    played.process.stdin.flush()
    answer = played.hear()
    assert (answer["type"], answer["code"]) == ("error", 2)
    assert says in answer["text"]
    assert len(answer["text"]) < 300
    assert played.run("reporter.result({'count': 7})")["count"] == 7


def test_words_that_ask_for_help_do_not_end_it(played: Client) -> None:
    played.ask("raise SystemExit(0)")
    assert [played.hear() for _ in range(2)] == [{"type": "begin", "id": 1}, {"type": "end", "id": 1, "code": 0}]
    assert played.run("reporter.result({'count': 8})")["count"] == 8


def test_it_ends_when_nobody_asks_for_a_while() -> None:
    with Client("-c", PLAYED, "0.2") as client:
        assert client.process.wait(WAIT_S) == 0


LOSES_THE_GPU = """
import types
def dead(): raise RuntimeError("CUDA error: unspecified launch failure")
cuda = types.SimpleNamespace(is_initialized=lambda: True, synchronize=dead, empty_cache=lambda: None)
sys.modules["torch"] = types.SimpleNamespace(cuda=cuda)
reporter.result({"count": 5})
"""


def test_it_ends_after_a_run_that_lost_the_gpu(played: Client) -> None:
    """The run went on without; only another process finds the GPU again."""
    assert played.run(LOSES_THE_GPU) == {"type": "result", "count": 5}
    assert played.process.wait(WAIT_S) == 0


def test_an_error_of_the_engine_itself_ends_it_and_is_seen(played: Client) -> None:
    played.ask("raise KeyError('what nobody thought of')")
    assert played.hear()["type"] == "begin"
    assert played.process.wait(WAIT_S) == 1
    played.errors.seek(0)
    assert "what nobody thought of" in played.errors.read()


def test_a_run_that_never_looks_up_does_not_outlive_who_asked(played: Client) -> None:
    """Killed is who asked; the run neither reports nor reads."""
    played.run("serve.GRACE_S = 0.3; reporter.result({})")
    played.ask("while True: time.sleep(1)")
    played.hear()
    played.process.stdin.close()
    assert played.process.wait(WAIT_S) == 1
