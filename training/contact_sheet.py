"""A contact sheet of the best, the median and the worst tiles of an evaluation: what was found, invented and missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from building_footprints_plugin.engine.raster import apply_affine
from building_footprints_plugin.engine.score import Counts
from building_footprints_plugin.engine.vector import reproject

from .judging import Judged
from .scenes import Picture, Scene, Tile

PANEL_PX, CAPTION_PX, GAP_PX = 420, 40, 8
CAPTION_CHARACTERS = 46
EACH = 3  # tiles of each kind
FOUND, FALSE, MISSED = (60, 220, 80), (255, 60, 50), (70, 140, 255)
LEGEND = "green: found   red: false   blue: missed"


@dataclass(frozen=True)
class Look:
    """A tile with what was judged on its scene, and the counts of the buildings whose centre lies in it."""

    tile: Tile
    judged: Judged
    counts: Counts


def looks_of(scene: Scene, judged: Judged) -> list[Look]:
    """Return every tile of a scene on which there is, or should be, a building."""
    looks = []
    for tile in scene.tiles:
        mine, theirs = (_centred_in(tile, side, judged.crs) for side in (judged.proposals, judged.truth))
        tp = int(theirs[judged.pairs[:, 1]].sum())
        counts = Counts(tp, int((mine & (judged.building < 0)).sum()), int((theirs & judged.missed).sum()))
        if counts.tp + counts.fp + counts.fn:
            looks.append(Look(tile, judged, counts))
    return looks


def _centred_in(tile: Tile, polygons: NDArray[np.object_], crs: str | None) -> NDArray[np.bool_]:
    if not len(polygons):
        return np.zeros(0, dtype=bool)
    centres = reproject(np.asarray(shapely.centroid(polygons), dtype=object), crs, tile.crs)
    x, y = shapely.get_x(centres), shapely.get_y(centres)
    left, bottom, right, top = tile.box
    return np.asarray((x >= left) & (x < right) & (y > bottom) & (y <= top))


def choose(looks: Sequence[Look]) -> list[tuple[str, Look]]:
    """Return up to three looks each of the highest, the middle and the lowest F1, best first, none of them twice."""
    ranked = sorted(looks, key=lambda look: -look.counts.f1)
    middle = max(0, (len(ranked) - EACH) // 2)
    spans = {"best": ranked[:EACH], "worst": ranked[-EACH:], "median": ranked[middle : middle + EACH]}
    kind_of = {id(look): kind for kind in ("median", "worst", "best") for look in spans[kind]}
    return [(kind_of[id(look)], look) for look in ranked if id(look) in kind_of]


def write_contact_sheet(path: Path, looks: Sequence[Look]) -> None:
    """Draw the chosen tiles three in a row; the format follows the extension of `path`."""
    chosen = choose(looks)
    rows = max(1, -(-len(chosen) // EACH))
    cell = PANEL_PX + GAP_PX
    sheet = Image.new("RGB", (EACH * cell + GAP_PX, rows * (cell + CAPTION_PX) + GAP_PX + CAPTION_PX), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for index, (kind, look) in enumerate(chosen):
        x, y = GAP_PX + (index % EACH) * cell, GAP_PX + (index // EACH) * (cell + CAPTION_PX)
        sheet.paste(_panel(look), (x, y))
        counts = look.counts
        pen.text((x, y + PANEL_PX + 2), f"{kind}: {look.tile.name}"[:CAPTION_CHARACTERS], fill="black", font=font)
        caption = f"F1 {counts.f1:.2f}   found {counts.tp}, false {counts.fp}, missed {counts.fn}"
        pen.text((x, y + PANEL_PX + 20), caption, fill="black", font=font)
    pen.text((GAP_PX, sheet.height - CAPTION_PX), LEGEND, fill="black", font=font)
    sheet.save(path)


def _panel(look: Look) -> Image.Image:
    picture = look.tile.read()
    height, width = picture.pixels.shape[:2]
    scale = PANEL_PX / max(height, width)
    panel = Image.new("RGB", (PANEL_PX, PANEL_PX), "white")
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    panel.paste(Image.fromarray(picture.pixels).resize(size, Image.Resampling.LANCZOS))
    pen, judged = ImageDraw.Draw(panel), look.judged
    matched = judged.building >= 0
    layers = [
        (judged.truth[judged.missed], MISSED),
        (judged.proposals[~matched], FALSE),
        (judged.proposals[matched], FOUND),
    ]
    for polygons, colour in layers:
        for line in _lines(polygons, judged.crs, picture):
            pen.line([(x * scale, y * scale) for x, y in line], fill=colour, width=2)
    return panel


def _lines(polygons: NDArray[np.object_], crs: str | None, picture: Picture) -> list[NDArray[np.float64]]:
    """Return the rings (k, 2), in pixels (x, y) of the picture, of the polygons that touch it."""
    height, width = picture.pixels.shape[:2]
    placed = reproject(polygons, crs, picture.crs)
    on_pixels = shapely.transform(placed, lambda xy: np.column_stack(apply_affine(~picture.transform, *xy.T)))
    near = np.asarray(on_pixels, dtype=object)[shapely.intersects(on_pixels, shapely.box(0, 0, width, height))]
    return [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(near))]
