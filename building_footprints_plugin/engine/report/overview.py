"""The overview map of a comparison; for SpaceNet tables, the images with the most mistakes side by side."""

from __future__ import annotations

from html import escape

import numpy as np
import shapely

from ..comparison import Comparison
from ..score import Score
from ..vector import bounds_of
from .charts import BLUE, GREEN, GREY, INK, RED
from .drawing import MOST_SHAPES, SHARES, Shapes, View, draw_grid, draw_shapes, scale_bar

MOST_IMAGES = 12
SMALLEST_PX = 1.5  # side of the middle one of the polygons in the drawing; smaller ones could not be seen


def overview(comparison: Comparison) -> str:
    """Return the map with its legend as HTML, or a sentence where there is nothing to draw."""
    if comparison.unit == "px":
        return _images(comparison)
    shapes = _shapes(comparison.score)
    bounds = bounds_of(shapes.all)
    if bounds is None:
        return '<p class="none">There is nothing to draw: neither side has a polygon that counts.</p>'
    view = View.of(bounds)
    size_px = float(np.median(np.sqrt(shapely.area(shapes.all)))) * view.scale
    coarse = len(shapes.all) > MOST_SHAPES or size_px < SMALLEST_PX
    drawing = (draw_grid if coarse else draw_shapes)(shapes, view) + scale_bar(view)
    outline = _area_of_interest(comparison.score, view)
    return _svg(view, outline + drawing) + (_grid_legend() if coarse else _legend())


def _svg(view: View, content: str) -> str:
    return (
        f'<svg class="map" viewBox="0 0 {view.width:.0f} {view.height:.0f}" role="img" '
        f'aria-label="Map of what was found, false and missed">{content}</svg>'
    )


def _shapes(score: Score) -> Shapes:
    matched = score.truth_of >= 0
    return Shapes(
        score.proposals.geometry[score.counted & matched],
        score.proposals.geometry[score.counted & ~matched],
        score.truth.geometry[score.truth_counted & ~score.found],
    )


def _area_of_interest(score: Score, view: View) -> str:
    if score.rule.aoi is None:
        return ""
    rings = shapely.get_rings(shapely.get_parts(score.rule.aoi))
    lines = [" ".join(f"{x:.1f},{y:.1f}" for x, y in view.place(shapely.get_coordinates(ring))) for ring in rings]
    style = f'fill="none" stroke="{INK}" stroke-width="1.5" stroke-dasharray="8 4"'
    return "".join(f'<polygon points="{line}" {style}/>' for line in lines)


def _images(comparison: Comparison) -> str:
    mistakes = np.array([counts.fp + counts.fn for counts in comparison.score.images], dtype=np.intp)
    drawn = np.array([counts.tp for counts in comparison.score.images], dtype=np.intp) + mistakes
    worst = [int(i) for i in np.argsort(-mistakes, kind="stable") if drawn[i]][:MOST_IMAGES]
    if not worst:
        return '<p class="none">There is nothing to draw: no image has a polygon that counts.</p>'
    tiles = "".join(_image(comparison, number) for number in worst)
    more = int((drawn > 0).sum()) - len(worst)
    rest = f'<p class="small">The images with the most mistakes; {more:,} more are not shown.</p>' if more else ""
    return f'<div class="tiles">{tiles}</div>{_legend()}{rest}'


def _image(comparison: Comparison, number: int) -> str:
    score = comparison.score
    mine, theirs = score.proposals.image == number, score.truth.image == number
    matched = score.truth_of >= 0
    upright = [
        shapely.transform(each, lambda xy: xy * (1.0, -1.0))  # pixels count downwards
        for each in (
            score.proposals.geometry[mine & matched],
            score.proposals.geometry[mine & ~matched],
            score.truth.geometry[theirs & ~score.found],
        )
    ]
    shapes = Shapes(*upright)
    box = bounds_of(shapes.all) or (0.0, -1.0, 1.0, 0.0)
    view = View.of((min(box[0], 0.0), min(box[1], -box[2]), max(box[2], -box[1]), max(box[3], 0.0)))
    counts = score.images[number]
    caption = f"{counts.tp} found, {counts.fp} false, {counts.fn} missed"
    name = escape(comparison.image_names[number])
    return (
        f"<figure>{_svg(view, draw_shapes(shapes, view))}<figcaption><b>{name}</b><br>{caption}</figcaption></figure>"
    )


def _legend() -> str:
    return (
        '<p class="legend">'
        f'<span><i style="background:{GREEN}"></i>found: footprints matched with a building</span>'
        f'<span><i style="background:{RED}"></i>false: footprints without a building</span>'
        f'<span><i style="border:2px dashed {BLUE}"></i>missed: buildings without a footprint</span></p>'
    )


def _grid_legend() -> str:
    steps = "".join(f'<i style="background:{colour}"></i>' for colour in SHARES)
    return (
        f'<p class="legend"><span>{steps} 0 to 100 % right, in steps of 20</span>'
        f'<span style="color:{GREY}">Each square: what was found, as a share of what was found, false or missed there. '
        "The polygons are too many, or too small here, to draw one by one; the output layers have them all.</span></p>"
    )
