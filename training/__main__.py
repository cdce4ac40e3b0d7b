"""The training command line: `python -m training {prepare,train,evaluate,tune,export} …`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from building_footprints_plugin.engine.command_line import Parser
from building_footprints_plugin.engine.errors import FootprintsError

COMMANDS = {
    "prepare": "labelled imagery to chips at training resolution",
    "train": "chips to a checkpoint; from nothing, or from weights that are fine-tuned",
    "evaluate": "scores of a checkpoint or weights per place, by what users run",
    "tune": "the best thresholds on the validation places, written into the weights",
    "export": "a checkpoint to the weights file, with a model card; ONNX",
}
WAY = """the whole way, from labelled imagery to weights in QGIS
  python -m training prepare AOI_2_Vegas_Train data
  python -m training train data runs/first
  python -m training evaluate data --weights runs/first/best.pt --contact-sheet tiles.png
  python -m training tune runs/first/best.pt data
  python -m training export runs/first/best.pt data vegas.safetensors
then WEIGHTS=vegas.safetensors in QGIS, or --weights on the command line. Adapting weights that exist to your own city:
  python -m training prepare city.tif data --truth footprints.gpkg
  python -m training train data runs/city --preset finetune --init weights.safetensors
training/README.md goes through it step by step. Each command has --help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for input that cannot be used, 1 for any other failure."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = Parser(
        prog="python -m training",
        description="Makes the weights: " + " → ".join(COMMANDS),
        epilog=WAY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
    except OSError as error:
        print(f"Error: A file cannot be used ({error}); make room, or choose another path.", file=sys.stderr)
        return FootprintsError.exit_code
    except KeyboardInterrupt:
        print("Stopped at once, without saving what was not saved before.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
