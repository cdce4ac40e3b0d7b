"""The section of a model card that a weights file can answer for, as Markdown."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.weights import load_network

from .tables import SCORES, Row, text_of

SPLITS = {"train": "trained on", "val": "chosen by", "test": "kept out"}
NAMED = {"places": "trained on", "validation_places": "chosen by"}


def read_scores(path: Path) -> list[Row]:
    """Return place and figures, None where there is none, of the rows that `evaluate --csv` wrote.

    Raises BadInput if the file is none of these.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read ({error}); expected a table of `evaluate --csv`.") from error
    try:
        found = [{"place": row["place"], **{name: _number(row.get(name)) for name in SCORES}} for row in rows]
    except (KeyError, ValueError):
        found = []
    if not any(row["f1"] is not None for row in found):
        raise BadInput(f"{path} is no table of `evaluate --csv`; expected columns place, f1, ….")
    return found


def _number(cell: str | None) -> float | None:
    return float(cell) if cell else None


def card_of(weights: Path, scores: list[Row]) -> str:
    """Return the section: what the weights are, their data and licences, how they were trained, how good they are.

    `scores` are rows of an evaluation; without any, those recorded in the manifest are shown.
    """
    network, manifest = load_network(weights)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    rows = scores or [{"place": place, **values} for place, values in manifest.scores.items()]
    size = weights.stat().st_size / 1e6
    thresholds = ", ".join(f"{name} {value:g}" for name, value in manifest.thresholds.items())
    parts = [
        f"# {weights.stem}",
        f"`{weights.name}`, {size:.1f} MB: {manifest.architecture}, {parameters:,} parameters, convolutions in half "
        f"precision. Bands {', '.join(manifest.bands)} at {manifest.gsd_m:g} m per pixel; classes "
        f"{', '.join(manifest.classes)}. Thresholds: {thresholds}.",
        f"**Licence of the weights:** {manifest.licence or 'not stated'}.",
        "## What they were made from",
        _data(manifest.training),
        "Attribution: " + ("; ".join(manifest.attribution) or "none stated") + ".",
        "## How they were trained",
        _options(manifest.training),
        "## How good they are",
        _scores(rows),
    ]
    return "\n\n".join(parts) + "\n"


def _data(training: dict[str, Any]) -> str:
    places = training.get("data", [])
    if not places:
        named = [f"{use} {', '.join(training[key])}" for key, use in NAMED.items() if training.get(key)]
        return ("; ".join(named) or "The weights file does not say") + "."
    rows = [
        [p["name"], SPLITS.get(p["split"], p["split"]), p["tiles"], p["label_quality"], p["licence"]] for p in places
    ]
    return _table(["place", "use", "tiles", "labels", "licence"], rows)


def _options(training: dict[str, Any]) -> str:
    if not training:
        return "The weights file does not say."
    before = training.get("fine_tuned_from", {}).get("training", {})
    begun = f" Fine-tuned from weights trained on {', '.join(before.get('places', ['?']))}." if before else ""
    options = ", ".join(f"{name} {value}" for name, value in training.get("options", {}).items())
    return f"{training.get('steps', '?')} steps with {options}.{begun}"


def _scores(rows: list[Row]) -> str:
    if not rows:
        return "Not measured; `python -m training evaluate` with `--csv` measures it."
    known = {name: column for name, column in SCORES.items() if any(row.get(name) is not None for row in rows)}
    cells = [[row["place"], *(text_of(row.get(name), digits) for name, (_, digits) in known.items())] for row in rows]
    table = _table(["place", *(heading for heading, _ in known.values())], cells)
    return (
        "`python -m training evaluate`: extracted and scored as users do, object F1 at IoU 0.5, pixel IoU by area, "
        f"boundary the mean PoLiS distance of matched outlines.\n\n{table}"
    )


def _table(heads: list[str], rows: list[list[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in line) + " |" for line in lines)
