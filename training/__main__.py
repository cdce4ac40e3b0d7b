"""The training command line: `python -m training {prepare,train,export,tune,evaluate} …`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from building_footprints_plugin.engine.errors import BadInput, FootprintsError

COMMANDS = {
    "prepare": "labelled imagery to tiles at training resolution",
    "train": "tiles to a checkpoint; goes on where it stopped",
    "export": "a checkpoint to the weights file",
    "tune": "the best thresholds on the validation places, written into the weights",
    "evaluate": "scores of a weights file per place, by what users run",
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one sentence, as every other error is said."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message[0].upper()}{message[1:]}; see `{self.prog} --help`.")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for input that cannot be used, 1 for any other failure."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = Parser(prog="python -m training", description="Makes the weights. The usual way: " + " → ".join(COMMANDS))
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    try:
        for name, text in COMMANDS.items():
            if name in words[:1]:
                importlib.import_module(f".commands.{name}", __package__).add_parser(subparsers)
            else:
                subparsers.add_parser(name, help=text)
        arguments = parser.parse_args(words)
        arguments.run(arguments)
    except FootprintsError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped; run the same command again to go on from the last checkpoint.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
