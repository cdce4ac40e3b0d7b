"""What makes a process start sooner is not seen: late modules are whole when used, and all that was said is written."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from building_footprints_plugin.engine.starting import importing, put_off

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "a_package").mkdir()
    (tmp_path / "a_package" / "__init__.py").write_text("runs = []\n")
    (tmp_path / "a_package" / "late.py").write_text("import a_package\na_package.runs.append(__name__)\nvalue = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    put_off("a_package.late")
    yield "a_package"
    for name in ("a_package", "a_package.late"):
        sys.modules.pop(name, None)


def test_module_is_run_when_something_in_it_is_asked_for(late: str) -> None:
    package = import_module(late)
    module = import_module(f"{late}.late")
    assert not hasattr(module, "__file__")
    assert package.runs == []
    assert module.value == 7
    assert package.late.value == import_module(f"{late}.late").value == module.value
    assert package.runs == ["a_package.late"]
    with pytest.raises(AttributeError, match="nothing"):
        _ = module.nothing


def test_module_is_run_for_a_name_that_is_imported_from_it(late: str) -> None:
    scope: dict[str, object] = {}
    exec("from a_package.late import value", scope)
    assert scope["value"] == 7


def test_what_is_there_already_is_not_put_off() -> None:
    before = list(sys.meta_path)
    put_off("json")
    assert sys.meta_path == before


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no file that is always full")
def test_what_cannot_be_written_is_no_success() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = run("print('x'); leave(0)", full.fileno())
    assert done.returncode != 0
    assert "No space left" in done.stderr
