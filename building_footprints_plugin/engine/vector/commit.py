"""Putting finished files in place: one process at a time in a folder, and never over somebody else's changes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import FootprintsError
from .staging import SHAPEFILE_PARTS, check_geopackage

WAIT_S = 60.0  # for another run that is putting its files in place, which takes an instant
POLL_S = 0.05

Signature = tuple[int, int, int] | None


def commit(made: Path, target: Path) -> None:
    """Move a finished file, with a shapefile's companions, over the target: of two runs the last one stays, whole."""
    with alone_in(target.parent):
        _replace(made, target)


def commit_if(made: Path, target: Path, seen: Signature) -> bool:
    """Move a GeoPackage over the target if that is still what was `seen`; return whether it was.

    Raises BadInput if another program has it open for writing.
    """
    with alone_in(target.parent):
        if signature(target) != seen:
            return False
        if seen is not None:
            check_geopackage(target)
        _replace(made, target)
        return True


def signature(file: Path) -> Signature:
    """Return what changes whenever a file does, None where there is none."""
    try:
        about = file.stat()
    except FileNotFoundError:
        return None
    return about.st_size, about.st_mtime_ns, about.st_ino


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let no other run put files in place in `folder` meanwhile; raises FootprintsError after a minute of waiting.

    The lock ends with the process, however that ends, and leaves no file. Where a file system knows no locks there is
    none, and single files still appear whole.
    """
    handle = _open(folder)
    try:
        deadline = time.monotonic() + WAIT_S
        while not _locked(handle):
            if time.monotonic() > deadline:
                raise FootprintsError(f"Another run has been writing into {folder} for a minute; run again after it.")
            time.sleep(POLL_S)
        yield
    finally:
        os.close(handle)


def _replace(made: Path, target: Path) -> None:
    if target.suffix.lower() != ".shp":
        os.replace(made, target)
        return
    for suffix in SHAPEFILE_PARTS:
        part = made.with_suffix(suffix)
        if part.exists():
            os.replace(part, target.with_suffix(suffix))
        elif suffix != ".shp":
            target.with_suffix(suffix).unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _open(folder: Path) -> int:
        flags = os.O_CREAT | os.O_RDWR | os.O_TEMPORARY  # gone when the last process closes it
        return os.open(folder / ".building-footprints.lock", flags)

    def _locked(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _open(folder: Path) -> int:
        return os.open(folder, os.O_RDONLY)

    def _locked(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # no locks on this file system
        return True
