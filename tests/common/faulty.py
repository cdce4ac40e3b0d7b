"""Faults that the tests inject: a disk that is full, and an engine that something happens to in the middle of a run."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.run_qgis import ENGINE_PYTHON

# An engine keeps a head and then each of its strips in this way.
STRUCK = """
import os, time
keep, kept = os.fsync, []
def struck(number):
    keep(number)
    kept.append(number)
    if len(kept) == 3:
        {act}
os.fsync = struck
"""
KILL_ENGINE = "os.kill(os.getpid(), 9)"
KILL_QGIS = "os.kill(os.getppid(), 9); time.sleep(3)"  # the engine has a moment to see that it is alone


def struck_python(folder: Path, act: str) -> Path:
    """Make a Python, in a new `folder`, whose engine does `act` once its second strip is kept; `pids` has its numbers.

    No time passes between that moment and the act, however slow the machine is.
    """
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(STRUCK.format(act=act))
    python, real = folder / "python", os.environ.get("BUILDING_FOOTPRINTS_PYTHON", str(ENGINE_PYTHON))
    python.write_text(f'#!/bin/sh\necho $$ >>"{folder}/pids"\nPYTHONPATH="{folder}" exec "{real}" "$@"\n')
    python.chmod(0o755)
    return python


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file grow above `size` bytes, as on a disk that is full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
