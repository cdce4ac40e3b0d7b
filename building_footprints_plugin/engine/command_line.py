"""What the words of a command line mean: the parser of all commands, and the run of one."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .errors import BadInput, FootprintsError
from .progress import Reporter
from .starting import importing

COMMANDS = {
    "extract": "raster to building footprints",
    "segment": "raster to building-probability raster",
    "polygonize": "probability or mask raster to building footprints",
    "regularize": "straighten the outlines of any polygon layer",
    "chips": "image and its buildings to tiles for training",
    "score": "compare footprints with ground truth",
    "info": "versions, devices, and what a weights file says of itself",
    "serve": "run the commands that come over stdin, one after another; QGIS does",
}
LONGEST_NAME = 200  # characters of a path that are said
PROGRAM = "python -m building_footprints_plugin.engine"


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one sentence, as every other error is said."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message[0].upper()}{message[1:]}; see `{self.prog} --help`.")


def attempt(words: Sequence[str], reporter: Reporter) -> int:
    """Run the command that `words` are, tell `reporter` how it ends, and return the exit code.

    0, 2 for input that cannot be used, 1 for any other failure. An error of the engine itself is raised.
    """
    try:
        arguments = _parser(words).parse_args(_joined(words))
        reporter.result(arguments.run(arguments, reporter))
        return 0
    except FootprintsError as error:
        for cause in _causes(error):
            reporter.info(f"Because of: {cause}")
        return _fail(reporter, str(error), error.exit_code)
    except ImportError as error:
        text = f"The engine cannot load {error.name or 'a package'} ({error}); install the engine again."
        return _fail(reporter, text, FootprintsError.exit_code)
    except BrokenPipeError:  # whoever read the output has gone, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FootprintsError.exit_code
    except OSError as error:
        if error.filename is None:
            raise
        text = f"{str(error.filename)[:LONGEST_NAME]} cannot be used ({error.strerror}); choose another path."
        return _fail(reporter, text, FootprintsError.exit_code)
    except MemoryError:
        return _fail(
            reporter, "There is too little memory; choose a smaller extent or tile.", FootprintsError.exit_code
        )
    finally:
        reporter.close()


def _causes(error: BaseException) -> list[str]:
    """Return what the libraries said that an error was made from, GDAL's own words among it."""
    said: list[str] = []
    while (cause := error.__cause__) is not None:
        said += [] if str(cause) in said else [str(cause)]
        error = cause
    return said


def _fail(reporter: Reporter, text: str, code: int) -> int:
    reporter.error(text, code)
    return code


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; only the command that is called is loaded, as most of them need packages that take time."""
    parser = Parser(prog=PROGRAM, description="Building footprints from aerial and satellite images.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name, text in COMMANDS.items():
        if name in words[:1]:
            with importing():
                command = importlib.import_module(f".commands.{name}", __package__)
            command.add_parser(subparsers)
            _add_reporting(subparsers.choices[name])
        else:
            subparsers.add_parser(name, help=text)
    return parser


def _add_reporting(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reporting")
    group.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    group.add_argument("--json-lines", action="store_true", help="print progress, messages and result as JSON lines")
    group.add_argument("--verbose", action="store_true", help="say what is done on the way")


def _joined(words: Sequence[str]) -> list[str]:
    """Join `--bounds` with its value: argparse takes a value that begins with a minus sign for a flag."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--bounds":
            joined[-1] = f"--bounds={word}"
        else:
            joined.append(word)
    return joined
