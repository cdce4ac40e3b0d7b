"""How a process of the engine starts sooner and ends at once: half of the time that takes is of no use to a run."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def importing() -> Iterator[None]:
    """Look for no garbage inside, where packages are imported: there is none, nor ever among what they leave."""
    if not gc.isenabled():
        yield
        return
    known = len(sys.modules)
    gc.disable()
    try:
        yield
        if len(sys.modules) > known:
            gc.freeze()
    finally:
        gc.enable()


def leave(code: int) -> NoReturn:
    """End the process with `code` at once, once nothing is open: taking torch apart takes half a second.

    Where what was said cannot be written, Python ends the process as ever, and says so. A stream that was closed
    before the process started is None.
    """
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        sys.exit(code)
    os._exit(code)
