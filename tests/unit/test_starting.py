"""What makes a process start and end sooner is not seen: all that was said is written."""

from __future__ import annotations

import gc
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from building_footprints_plugin.engine.starting import importing

ROOT = Path(__file__).resolve().parents[2]


def test_garbage_is_looked_for_again_after_an_import_that_failed() -> None:
    with pytest.raises(ImportError), importing():
        import_module("no_such_module" if not gc.isenabled() else "json")
    assert gc.isenabled()


def test_whoever_looks_for_no_garbage_is_left_alone() -> None:
    gc.disable()
    try:
        with importing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def run(code: str, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    code = f"import sys; from building_footprints_plugin.engine.starting import leave; {code}"
    out = subprocess.PIPE if stdout is None else stdout
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True, check=False
    )


def test_leaving_says_all_that_was_said_and_nothing_else_is_done() -> None:
    done = run("import atexit; atexit.register(print, 'late'); sys.stdout.write('x' * 9000); leave(3)")
    assert (done.returncode, done.stdout) == (3, "x" * 9000)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_is_not_there_is_no_failure(stream: str) -> None:
    """Python has None for what was closed before it started, as `>&-` and pythonw do."""
    done = run(f"sys.{stream} = None; print('x'); leave(0)")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no file that is always full")
def test_what_cannot_be_written_is_no_success() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = run("print('x'); leave(0)", full.fileno())
    assert done.returncode != 0
    assert "No space left" in done.stderr
