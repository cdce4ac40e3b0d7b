"""The map of a comparison: what was right, wrong and missed, as layers of a GeoPackage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..score import areal
from ..vector import Layer, write_layers
from .inputs import Comparison


def write_map(comparison: Comparison, path: str | Path) -> None:
    """Write layers `proposals` and `missed`, each with its own attributes, CRS and original outlines.

    `proposals` gains `status` (`matched` or `false`), `iou` (of the match, else the best with any building) and
    `truth_id` (null when false); `missed` gains `iou`, the best any proposal reached. Only what counts is written.
    """
    write_layers(path, {"proposals": _proposals(comparison), "missed": _missed(comparison)})


def _proposals(comparison: Comparison) -> Layer:
    score = comparison.score
    counted = np.flatnonzero(score.counted)
    truth_of = score.truth_of[counted]
    matched = truth_of >= 0
    added: dict[str, NDArray[Any]] = {
        "status": np.where(matched, "matched", "false").astype(object),
        "iou": score.proposal_iou[counted],
        "truth_id": _truth_ids(comparison, truth_of),
    }
    return _with(comparison.proposals, score.proposals.row[counted], added)


def _missed(comparison: Comparison) -> Layer:
    score = comparison.score
    missed = np.flatnonzero(score.truth_counted & ~score.found)
    return _with(comparison.truth, score.truth.row[missed], {"iou": score.truth_iou[missed]})


def _truth_ids(comparison: Comparison, truth_of: NDArray[np.intp]) -> NDArray[Any]:
    ids = comparison.truth.ids()
    matched = truth_of >= 0
    found = np.zeros(len(truth_of), dtype=ids.dtype)
    found[matched] = ids[comparison.score.truth.row[truth_of[matched]]]
    if ids.dtype == object:
        found[~matched] = None
        return found
    return np.ma.MaskedArray(found, mask=~matched)


def _with(layer: Layer, rows: NDArray[np.intp], added: dict[str, NDArray[Any]]) -> Layer:
    """Return the rows of a layer with fields added; fields it has already under those names are renamed."""
    fields = dict(added)
    for name, values in layer.fields.items():
        free, number = name, 1
        while free.lower() in (other.lower() for other in fields):
            free, number = f"{name}_{number}", number + 1
        fields[free] = values[rows]
    ordered = {name: fields[name] for name in [*(n for n in fields if n not in added), *added]}
    return Layer(areal(layer.geometry[rows]), ordered, layer.crs)
