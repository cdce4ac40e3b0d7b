"""Print what the demo found, in figures.

Usage: python -m tools.demo_report demo
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(argv: list[str]) -> int:
    folder = Path(argv[0])
    run: dict[str, Any] = json.loads((folder / "run.json").read_text())
    score: dict[str, Any] = json.loads((folder / "score.json").read_text())
    print(report(folder, run, score))
    return 0


def report(folder: Path, run: dict[str, Any], score: dict[str, Any]) -> str:
    """Return the demo's figures as lines of text."""
    rows = [
        ("footprints extracted", f"{run['COUNT']} on {run['DEVICE_USED']}, {run['TOTAL_AREA']:,.0f} m²"),
        ("buildings in the ground truth", f"{score['tp'] + score['fn']}"),
        ("found / false / missed", f"{score['tp']} / {score['fp']} / {score['fn']}"),
        ("precision, recall, F1 at IoU 0.5", f"{score['precision']:.3f}, {score['recall']:.3f}, {score['f1']:.3f}"),
        ("mean IoU of the found", f"{score['mean_iou']:.3f}"),
    ]
    files = [
        ("buildings.gpkg", "the footprints"),
        ("scored.gpkg", "the footprints marked found or false, and the missed buildings"),
        ("report.html", "the score in figures and charts, to read in a browser"),
        ("preview.png", "all of it drawn over the image"),
    ]
    return "\n".join([
        "",
        *(f"  {label:<34}{value}" for label, value in rows),
        "",
        *(f"  {folder / name!s:<24}{what}" for name, what in files),
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
