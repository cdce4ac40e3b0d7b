"""`export`: a checkpoint to the weights file, with a model card, and to ONNX."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.commands._arguments import flag_of
from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.options import PolygonizeOptions
from building_footprints_plugin.engine.vector import check_target

from ..card import card_of, read_scores
from ..export import export, read_checkpoint
from ..places import read_places

DESCRIPTION = """Write a checkpoint as the weights file that QGIS and the engine read: convolutions in half precision,
reloaded and compared, with where it comes from in its manifest and a model card beside it (.md). Given a weights file
in place of a checkpoint, only write its card anew (--scores) or its ONNX (--onnx)."""
THRESHOLDS = ("threshold", "seed_threshold", "merge_threshold", "min_area_m2")


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser("export", description=DESCRIPTION)
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="best.pt of a training run; or weights")
    parser.add_argument(
        "data", type=Path, nargs="?", metavar="DATA", help="the places it was trained on, for the card and the manifest"
    )
    parser.add_argument("weights", type=Path, nargs="?", metavar="WEIGHTS.safetensors", help="file to write")
    parser.add_argument(
        "--onnx", type=Path, metavar="FILE.onnx", help="also write ONNX, with what the QGIS plugin Deepness reads"
    )
    parser.add_argument("--scores", type=Path, metavar="FILE.csv", help="table of `evaluate --csv`, for the card")
    parser.add_argument("--card", type=Path, metavar="FILE.md", help="the card (default: beside the weights)")
    parser.add_argument("--licence", metavar="TEXT", help="licence of the weights (default: those of their data)")
    for name in THRESHOLDS:
        spec = PolygonizeOptions.spec(name)
        parser.add_argument(
            flag_of(spec), dest=name, type=float, metavar="VALUE", help=f"{spec.metadata['help'].split(';')[0]}"
        )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run the command."""
    for path, extension in ((arguments.onnx, ".onnx"), (arguments.card, ".md")):
        if path:
            check_target(path, (extension,))
    weights = arguments.checkpoint
    scores = read_scores(arguments.scores) if arguments.scores else []
    if weights.suffix != ".safetensors":
        weights = _export(arguments)
    elif arguments.data or arguments.weights:
        raise BadInput(
            f"{weights} is a weights file already; expected a checkpoint, or no more than --onnx and --scores."
        )
    card = arguments.card or weights.with_suffix(".md")
    if weights is not arguments.checkpoint or scores:
        card.write_text(card_of(weights, scores), encoding="utf-8")
        print(f"{card}: what the weights are, for a model card")
    if arguments.onnx:
        from ..deepness import export_onnx  # onnxruntime only where it is asked for

        difference = export_onnx(weights, arguments.onnx)
        print(f"{arguments.onnx}: largest difference between onnxruntime and torch: {difference:.2g}")


def _export(arguments: argparse.Namespace) -> Path:
    target: Path | None = arguments.weights
    if arguments.data is None or target is None:
        raise BadInput(
            "A checkpoint needs DATA, the places it was trained on, and WEIGHTS.safetensors, the file to write."
        )
    check_target(target, (".safetensors",))
    given = {name: getattr(arguments, name) for name in THRESHOLDS if getattr(arguments, name) is not None}
    PolygonizeOptions(**given)  # says what is out of its limits
    checkpoint = read_checkpoint(arguments.checkpoint)
    places = read_places(arguments.data)
    difference = export(checkpoint, places, given, target, arguments.licence or "")
    size = target.stat().st_size / 1e6
    print(f"{target}: {size:.1f} MB; largest change of a probability by half precision: {difference:.2g}")
    return target
