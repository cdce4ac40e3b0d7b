"""`serve`: commands one after another in one process."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from ..command_line import attempt
from ..progress import Reporter
from ..serve import serve

DESCRIPTION = """Run the commands that come over stdin, one after another, so that what is loaded once is there for the
next: one JSON object a line asks, JSON lines answer. It ends with stdin. QGIS keeps such a process for a while."""


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("serve", help="run the commands that come over stdin", description=DESCRIPTION)
    parser.add_argument(
        "--idle", type=float, default=300.0, metavar="S", help="end after so long without work (default: 300 s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: Reporter) -> NoReturn:
    """Serve until stdin ends or nothing is asked for; each run has a reporter of its own."""
    serve(attempt, arguments.idle)
