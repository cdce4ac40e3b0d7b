"""What a server left out of a picture: QGIS takes a tile that did not come for a transparent one and says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from osgeo import gdal
from qgis.core import QgsFeedback, QgsProcessingFeedback, QgsRectangle

from ..translation import tr
from .errors import BridgeError
from .rendering import TILE_PX

Window = tuple[int, int, int, int]  # x, y, width, height in pixels
TOLD_SHARE = 0.005  # of a picture, from which the user is told of gaps


@dataclass(frozen=True)
class Gaps:
    """Shares (0..1) of a picture that are transparent, and that are tiles of a single colour."""

    missing: float
    plain: float


def find_gaps(path: str, asked: QgsRectangle) -> Gaps:
    """Look through what the GeoTIFF `path` shows of `asked`, tile by tile; memory: one tile."""
    dataset = gdal.Open(path)
    last = dataset.GetRasterBand(dataset.RasterCount)
    has_alpha = last.GetColorInterpretation() == gdal.GCI_AlphaBand
    colours = range(1, dataset.RasterCount + (0 if has_alpha else 1))
    area = missing = plain = 0
    for window in _tiles(_window(dataset, asked)):
        size = window[2] * window[3]
        transparent = bytes(last.ReadRaster(*window)).count(0) if has_alpha else 0
        area, missing = area + size, missing + transparent
        if transparent < size and all(_is_plain(dataset.GetRasterBand(band), window) for band in colours):
            plain += size
    return Gaps(missing / area, plain / area)


def _window(dataset: gdal.Dataset, asked: QgsRectangle) -> Window:
    left, dx, _, top, _, dy = dataset.GetGeoTransform()
    columns = [(x - left) / dx for x in (asked.xMinimum(), asked.xMaximum())]
    rows = [(y - top) / dy for y in (asked.yMaximum(), asked.yMinimum())]
    x, y = min(int(columns[0]), dataset.RasterXSize - 1), min(int(rows[0]), dataset.RasterYSize - 1)
    end = min(round(columns[1]), dataset.RasterXSize), min(round(rows[1]), dataset.RasterYSize)
    return x, y, max(end[0] - x, 1), max(end[1] - y, 1)


def tell_gaps(gaps: Gaps, errors: Sequence[str], feedback: QgsFeedback) -> None:
    """Warn of what a server left out, with what it said; raise BridgeError if that is everything."""
    said = " ".join(dict.fromkeys(errors))
    if gaps.missing == 1:
        text = tr(
            "The map server gave no picture of this extent; check the address, the connection and the log of network "
            "messages, and whether the map has imagery there."
        )
        raise BridgeError(f"{text} {said}".strip())
    warnings = []
    if gaps.missing > TOLD_SHARE:
        text = tr("{:.1%} of the picture did not come from the map server; nothing is found there. Try again later.")
        warnings.append(f"{text.format(gaps.missing)} {said}".strip())
    if gaps.plain > TOLD_SHARE:
        text = tr("{:.1%} of the picture are tiles of one colour; the map has no imagery there, or not at this scale.")
        warnings.append(text.format(gaps.plain))
    if isinstance(feedback, QgsProcessingFeedback):
        for warning in warnings:
            feedback.pushWarning(warning)


def _tiles(window: Window) -> Iterator[Window]:
    """Yield the parts of the tiles, counted from the picture's own corner, that lie in `window`."""
    left, top, width, height = window
    for row in range(top // TILE_PX, (top + height - 1) // TILE_PX + 1):
        for column in range(left // TILE_PX, (left + width - 1) // TILE_PX + 1):
            x, y = max(column * TILE_PX, left), max(row * TILE_PX, top)
            right, bottom = min((column + 1) * TILE_PX, left + width), min((row + 1) * TILE_PX, top + height)
            yield x, y, right - x, bottom - y


def _is_plain(band: gdal.Band, window: Window) -> bool:
    cells = bytes(band.ReadRaster(*window))
    size = len(cells) // (window[2] * window[3])
    return cells == cells[:size] * (len(cells) // size)
