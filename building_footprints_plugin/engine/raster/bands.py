"""Which bands of a raster are read, and what a palette's indexes stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp

from ..errors import BadInput


def choose_bands(dataset: Any, bands: Sequence[int] | None, expected: int) -> tuple[int, ...]:
    """Return the bands to read, counted from 1: `expected` of them, or a single one to be repeated.

    Without `bands`, the first ones that are not alpha. Raises BadInput if they do not fit the raster.
    """
    if not dataset.count:
        parts = f", such as {dataset.subdatasets[0]}" if dataset.subdatasets else ""
        raise BadInput(f"{dataset.name} holds no bands itself; open one of the rasters inside it{parts}.")
    alpha = alpha_bands(dataset)
    colour = tuple(index for index in dataset.indexes if index not in alpha)
    if bands is None:
        chosen = colour[:1] if len(colour) == 1 else colour[:expected]
        if len(chosen) not in (1, expected) or not chosen:
            raise BadInput(
                f"{dataset.name} has {len(colour)} bands besides alpha; the weights expect {expected}: see --bands."
            )
        return chosen
    chosen = tuple(bands)
    listed = ",".join(map(str, chosen))
    for band in chosen:
        if band not in dataset.indexes:
            raise BadInput(f"Band {band} was asked for; {dataset.name} has bands 1 to {dataset.count}.")
    if len(set(chosen)) != len(chosen):
        raise BadInput(f"Bands {listed} name one band twice; expected {expected} different ones, or a single one.")
    if len(chosen) not in (1, expected):
        raise BadInput(f"Bands {listed} were asked for; the weights expect {expected}, or one to be repeated.")
    return chosen


def alpha_bands(dataset: Any) -> tuple[int, ...]:
    """Return the bands, counted from 1, that the raster declares to be alpha."""
    meanings = dataset.colorinterp  # asks all bands, so once: there may be thousands
    return tuple(index for index in dataset.indexes if meanings[index - 1] == ColorInterp.alpha)


def palette_of(dataset: Any, band: int) -> NDArray[np.uint8] | None:
    """Return the colour table as (entries, red green blue alpha), or None if the band is not a palette."""
    if dataset.colorinterp[band - 1] != ColorInterp.palette:
        return None
    table = dataset.colormap(band)
    colours = np.zeros((max(table) + 2, 4), np.uint8)  # the last entry stands for indexes beyond the table
    for index, colour in table.items():
        colours[index] = colour
    return colours
