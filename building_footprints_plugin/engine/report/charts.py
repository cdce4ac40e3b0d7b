"""Charts as inline SVG: a line or bars in a frame, drawn with nothing but text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

GREEN, RED, BLUE, INK, GREY, LIGHT = "#1f8a4c", "#d1372c", "#2563c4", "#1d2733", "#6b7785", "#e3e7ec"
WIDTH, HEIGHT = 460, 270
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 44
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Bar:
    """One bar: its `value` in units of the y axis, the `label` under it, a `note` above it and its colour."""

    value: float
    label: str
    note: str = ""
    colour: str = GREEN


@dataclass(frozen=True)
class Axes:
    """Ranges and titles of the two axes; `y_ticks` are what the grid lines stand at."""

    x_title: str
    y_title: str
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    x_ticks: Sequence[float] = TICKS
    y_ticks: Sequence[float] = TICKS

    def x(self, value: float) -> float:
        """Return the horizontal place of a value in the drawing."""
        low, high = self.x_range
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return the vertical place of a value in the drawing."""
        low, high = self.y_range
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def line_chart(axes: Axes, points: Sequence[tuple[float, float]], mark: tuple[float, float, str] | None = None) -> str:
    """Return an SVG of one line through `points`, with one of them marked by a dot and a text."""
    path = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in points)
    parts = [_frame(axes, numbers=True)]
    if points:
        base, first, last = axes.y(axes.y_range[0]), axes.x(points[0][0]), axes.x(points[-1][0])
        parts.append(
            f'<polygon points="{first:.1f},{base:.1f} {path} {last:.1f},{base:.1f}" fill="{GREEN}" opacity="0.08"/>'
        )
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{GREEN}" stroke-width="2.2" stroke-linejoin="round"/>'
        )
    if mark is not None:
        parts.append(_mark(axes, mark))
    return _svg(parts, f"{axes.y_title} against {axes.x_title}")


def bar_chart(axes: Axes, bars: Sequence[Bar]) -> str:
    """Return an SVG of bars side by side over the whole width."""
    step = (WIDTH - LEFT - RIGHT) / max(len(bars), 1)
    base = axes.y(axes.y_range[0])
    parts = [_frame(axes, numbers=False)]
    for number, bar in enumerate(bars):
        left, top = LEFT + number * step, axes.y(bar.value)
        middle = left + step / 2
        parts.append(
            f'<rect x="{left + step * 0.12:.1f}" y="{top:.1f}" width="{step * 0.76:.1f}" '
            f'height="{max(base - top, 0):.1f}" fill="{bar.colour}"/>'
        )
        if bar.note:
            parts.append(_text(middle, top - 4, bar.note))
        if bar.label:
            parts.append(_text(middle, base + 14, bar.label))
    return _svg(parts, f"{axes.y_title} by {axes.x_title}")


def nice_ticks(highest: float, whole: bool = True) -> list[float]:
    """Return up to six round numbers from 0 that reach `highest`."""
    if highest <= 0:
        return [0.0, 1.0]
    step = 1.0
    while highest / step > 5:
        step *= 2.5 if f"{step:g}".startswith("2") else 2
    while not whole and highest / step < 2:
        step /= 2
    count = int(-(-highest // step))
    return [step * number for number in range(count + 1)]


def _frame(axes: Axes, numbers: bool) -> str:
    right, base = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick in axes.y_ticks:
        y = axes.y(tick)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{LIGHT}"/>')
        parts.append(_text(LEFT - 7, y + 3.5, f"{tick:,g}", anchor="end", colour=GREY))
    for tick in axes.x_ticks if numbers else ():
        parts.append(_text(axes.x(tick), base + 15, f"{tick:,g}", colour=GREY))
    parts.append(f'<line x1="{LEFT}" y1="{base}" x2="{right}" y2="{base}" stroke="{GREY}"/>')
    parts.append(_text((LEFT + right) / 2, HEIGHT - 8, axes.x_title, colour=INK))
    middle = (TOP + base) / 2
    parts.append(
        f'<text transform="translate(13 {middle:.0f}) rotate(-90)" text-anchor="middle" '
        f'font-size="11" fill="{INK}">{escape(axes.y_title)}</text>'
    )
    return "".join(parts)


def _mark(axes: Axes, mark: tuple[float, float, str]) -> str:
    x, y = axes.x(mark[0]), axes.y(mark[1])
    anchor, step = ("end", -9) if x > (WIDTH + LEFT) / 2 else ("start", 9)
    below = y < HEIGHT - BOTTOM - 30 and (anchor == "end" or y < TOP + 20)
    dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{INK}" stroke="#fff" stroke-width="1.5"/>'
    return dot + _text(x + step, y + 16 if below else y - 9, mark[2], anchor=anchor, colour=INK)


def _text(x: float, y: float, text: str, anchor: str = "middle", colour: str = INK) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="10.5" fill="{colour}">{escape(text)}</text>'


def _svg(parts: Sequence[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label, quote=True)}">'
        + "".join(parts)
        + "</svg>"
    )
