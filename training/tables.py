"""The table of an evaluation: aligned on the terminal, and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

# name of a figure -> (heading, digits after the point)
SCORES = {
    "buildings": ("true", 0),
    "tp": ("TP", 0),
    "fp": ("FP", 0),
    "fn": ("FN", 0),
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "f1": ("F1", 3),
    "average_precision": ("AP 50:95", 3),
    "pixel_iou": ("pixel IoU", 3),
    "boundary_m": ("boundary m", 2),
}
SHAPES = {
    "pairs": ("matched", 0),
    "mean_iou": ("mean IoU", 3),
    "hausdorff": ("Hausdorff m", 2),
    "polis": ("PoLiS m", 2),
    "rotation_error_deg": ("rotation deg", 2),
    "vertex_ratio": ("vertices", 2),
    "right_angles": ("right angles", 3),
    "right_angles_truth": ("of truth", 3),
    "right_off_frame": ("off the frame", 3),  # without the corners where the picture cuts a building
    "right_off_frame_truth": ("of truth", 3),
    "overlaps": ("overlaps", 0),
    "invalid": ("invalid", 0),
}
CALIBRATION = {"footprints": ("footprints", 0), "said": ("said", 3), "right": ("right", 3), "gap": ("gap", 3)}
GAP = "  "


def table(rows: Sequence[Row], columns: dict[str, tuple[str, int]], first: str = "place") -> str:
    """Return the rows under their headings, numbers aligned to the right; what a row lacks is a dash."""
    lines = [[first, *(heading for heading, _ in columns.values())]]
    for row in rows:
        lines.append([str(row[first]), *(text_of(row.get(name), digits) for name, (_, digits) in columns.items())])
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: list[str], widths: list[int]) -> str:
    numbers = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return GAP.join([cells[0].ljust(widths[0]), *numbers])


def text_of(value: Any, digits: int) -> str:
    """Return a figure with so many digits after the point, a dash for None."""
    return "-" if value is None else f"{value:.{digits}f}"


def mean_row(rows: Sequence[Row]) -> Row:
    """Return the mean of every ratio and length over the rows, places counting alike; counts have no mean."""
    means: Row = {"place": "mean of places"}
    for name, (_, digits) in {**SCORES, **SHAPES}.items():
        values = [row[name] for row in rows if row.get(name) is not None]
        if digits and values:
            means[name] = sum(values) / len(values)
    return means


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write every figure of every row."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["place", *SCORES, *SHAPES], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
