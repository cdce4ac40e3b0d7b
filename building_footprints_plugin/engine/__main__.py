"""The engine's command line: `python -m building_footprints_plugin.engine COMMAND …`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from .allocator import share_one_heap
from .command_line import attempt
from .progress import JsonLinesReporter, Reporter, TerminalReporter
from .starting import leave


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for input that cannot be used, 1 for any other failure."""
    share_one_heap()
    words = list(sys.argv[1:] if argv is None else argv)
    # Where GDAL writes what no Python code hears: that drivers it shall skip are not there. The rest is in errors.
    os.environ.setdefault("CPL_LOG", os.devnull)
    reporter = _reporter(words)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: reporter.cancel())
    return attempt(words, reporter)


def _reporter(words: Sequence[str]) -> Reporter:
    """The reporter comes before the parser, so that wrong arguments are reported the same way as all else."""
    if "--json-lines" in words:
        return JsonLinesReporter(sys.stdout, sys.stdin)
    return TerminalReporter(as_json="--json" in words, verbose="--verbose" in words)


if __name__ == "__main__":
    leave(main())
