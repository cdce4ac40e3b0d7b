"""Putting the page together from a comparison."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path

import numpy as np

from ... import __version__
from ..comparison import Comparison
from ..errors import FootprintsError
from ..vector import stage
from .charts import BLUE, GREEN, Axes, Bar, bar_chart, line_chart, nice_ticks
from .figures import Figure, all_figures, headline, summary
from .overview import overview
from .parameters import parameters_of
from .shapes import shape_figures_of
from .template import PAGE, STYLE

CURVE_POINTS = 400
MOST_AREAS = 60
NO_CURVE = '<p class="none">No curve: the footprints have no confidence to be sorted by.</p>'
NO_BUILDINGS = '<p class="none">There is no building that counts.</p>'


def write_report(comparison: Comparison, path: str | Path) -> None:
    """Write the report as one HTML file that appears only when whole; raises FootprintsError when it cannot."""
    target = Path(path)
    try:
        with stage(target) as folder:
            made = Path(folder) / target.name
            made.write_text(render(comparison), encoding="utf-8")
            os.replace(made, target)
    except OSError as error:
        raise FootprintsError(f"{target} could not be written ({error.strerror}).") from error


def render(comparison: Comparison, now: datetime | None = None) -> str:
    """Return the report as HTML, about 50 kB and at most a few MB; `now` is the date printed on it."""
    score, request = comparison.score, comparison.request
    date = (now or datetime.now().astimezone()).strftime("%Y-%m-%d %H:%M %Z").strip()
    limit = f"{score.rule.iou_threshold:g}"
    names = escape(request.proposals.name), escape(request.truth.name)
    return PAGE.substitute(
        version=__version__,
        style=STYLE,
        date=date,
        f1=f"{score.f1:.3f}",
        subtitle=f"<b>{names[0]}</b> against <b>{names[1]}</b> · {date}",
        cards="".join(_card(figure) for figure in headline(score)),
        summary=summary(score),
        warnings=_warnings(comparison.warnings),
        map=overview(comparison),
        curve=_curve(comparison),
        sweep=_sweep(comparison),
        sweep_text=f"How many matches survive when the outlines must fit better. The dot is the figure at {limit}.",
        histogram=_histogram(comparison),
        histogram_text=f"Each building by its best overlap with a footprint: green from {limit} on, blue below. "
        "The first bar holds those that nothing touches.",
        sizes=_sizes(comparison),
        sizes_text="Share of the buildings of each size that were found, with how many there are.",
        figures=_figure_table(all_figures(comparison)),
        shapes=_shapes(comparison),
        areas=_areas(comparison),
        parameters=_table(parameters_of(comparison)),
    )


def _card(figure: Figure) -> str:
    return f'<div class="card">{figure.name}<b>{figure.value}</b><small>{figure.meaning}</small></div>'


def _warnings(warnings: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in warnings)
    return f'<section class="warn"><h2>To know before reading on</h2><ul>{items}</ul></section>' if items else ""


def _curve(comparison: Comparison) -> str:
    curve = comparison.score.curve
    if curve is None:
        return NO_CURVE
    kept = np.unique(np.linspace(0, len(curve.recall) - 1, min(len(curve.recall), CURVE_POINTS)).astype(int))
    points = list(zip(curve.recall[kept].tolist(), curve.precision[kept].tolist(), strict=True))
    if not points:
        return '<p class="none">No curve: there is no footprint that counts.</p>'
    mark = (*points[-1], f"all {comparison.score.counts.tp + comparison.score.counts.fp:,}")
    limit = f"{comparison.score.rule.iou_threshold:g}"
    text = (
        f"Each point keeps the footprints down to one confidence, the dot all of them; a match needs an IoU of {limit}."
    )
    return (
        line_chart(Axes("recall", "precision"), [(0.0, points[0][1]), *points], mark) + f'<p class="small">{text}</p>'
    )


def _sweep(comparison: Comparison) -> str:
    score = comparison.score
    points = sorted(score.f1_by_iou.items())
    limit = score.rule.iou_threshold
    mark = (limit, score.f1, f"{score.f1:.3f}") if points[0][0] <= limit <= points[-1][0] else None
    axes = Axes("IoU a match needs", "F1", x_range=(0.5, 0.95), x_ticks=(0.5, 0.6, 0.7, 0.8, 0.9))
    return line_chart(axes, points, mark)


def _histogram(comparison: Comparison) -> str:
    score = comparison.score
    iou = score.truth_iou[score.truth_counted]
    if not len(iou):
        return NO_BUILDINGS
    untouched = int((iou <= 0).sum())
    counts = np.histogram(iou[iou > 0], bins=20, range=(0.0, 1.0))[0]
    limit = score.rule.iou_threshold
    labels = ["none", *("" if step % 4 or not step else f"{step / 20:g}" for step in range(20))]
    colours = [BLUE, *(GREEN if step / 20 >= limit - 1e-9 else BLUE for step in range(20))]
    heights = [untouched, *counts.tolist()]
    bars = [Bar(height, label, colour=colour) for height, label, colour in zip(heights, labels, colours, strict=True)]
    ticks = nice_ticks(max(heights))
    return bar_chart(Axes("best IoU", "buildings", y_range=(0.0, ticks[-1]), y_ticks=ticks), bars)


def _sizes(comparison: Comparison) -> str:
    sizes = comparison.score.sizes
    if not any(size.buildings for size in sizes):
        return NO_BUILDINGS
    labels = [
        f"{_short(size.lower)}+" if size.upper is None else f"{_short(size.lower)}–{_short(size.upper)}"
        for size in sizes
    ]
    bars = [Bar(size.recall, label, f"{size.buildings:,}") for size, label in zip(sizes, labels, strict=True)]
    return bar_chart(Axes(f"area of the building, {comparison.unit}²", "recall", y_range=(0.0, 1.08)), bars)


def _short(number: float) -> str:
    return f"{number / 1000:g}k" if number >= 1000 else f"{number:g}"


def _figure_table(figures: Sequence[Figure]) -> str:
    rows = (f'<tr><th>{f.name}</th><td class="n">{f.value}</td><td>{f.meaning}</td></tr>' for f in figures)
    return f"<table>{''.join(rows)}</table>"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = (f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{''.join(cells)}</table>"


def _shapes(comparison: Comparison) -> str:
    figures = shape_figures_of(comparison)
    return f"<section><h2>Shapes</h2>{_figure_table(figures)}</section>" if figures else ""


def _areas(comparison: Comparison) -> str:
    areas = [area for area in comparison.score.areas if area.name]
    if comparison.unit != "px" or not areas:
        return ""
    head = "".join(
        f'<th class="n">{name}</th>' for name in ("images", "found", "false", "missed", "precision", "recall", "F1")
    )
    rows = []
    for area in areas[:MOST_AREAS]:
        c = area.counts
        values = [f"{n:,}" for n in (area.images, c.tp, c.fp, c.fn)] + [
            f"{r:.4f}" for r in (c.precision, c.recall, c.f1)
        ]
        cells = "".join(f'<td class="n">{value}</td>' for value in values)
        rows.append(f"<tr><th>{escape(area.name)}</th>{cells}</tr>")
    more = len(areas) - MOST_AREAS
    rest = f'<p class="small">{more:,} more areas are not shown.</p>' if more > 0 else ""
    table = f"<table><thead><tr><th>area</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<section><h2>Areas of interest</h2>{table}{rest}</section>"
