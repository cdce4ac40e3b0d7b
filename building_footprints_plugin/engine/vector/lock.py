"""A folder for one run at a time, for the moments in which two would get into each other's way."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import FootprintsError

WAIT_S = 60.0  # for another run that is putting its files in place, which takes an instant
POLL_S = 0.05


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let no other run look at or put files in place in `folder` meanwhile; raises FootprintsError after a minute.

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
