"""A run that was interrupted, by a crash or a power cut, is gone on with when it is run again into the same file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..bridge.errors import RunCancelled
from ..engine.options import STRIPS


@contextmanager
def gone_on_with(output: str) -> Iterator[list[str]]:
    """Yield the engine's arguments for that; none where `output` is empty, as for a temporary layer.

    The engine keeps what it has finished beside `output`, and takes it away at the end. It goes with a cancelled run
    also where the engine had to be killed.
    """
    if not output:
        yield []
        return
    try:
        yield [f"--keep-beside={output}"]
    except RunCancelled:
        folder, name = os.path.split(output)
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(folder, STRIPS.format(name)))
        raise
