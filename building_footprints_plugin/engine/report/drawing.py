"""Polygons as SVG: shapes where there are few, a grid of shares where there are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .charts import BLUE, GREEN, INK, RED

MOST_SHAPES = 6000  # polygons drawn one by one; beyond, the file would be too large to mail
SIZE_PX = 1000.0
CELLS = 90  # across the longer side of the grid
SHARES = ("#c8372d", "#ef9a5a", "#f4e3a1", "#9cc9b4", "#1f8a4c")
SIMPLIFY_PX = 0.25


@dataclass(frozen=True)
class Shapes:
    """What was found, what is false and what was missed, in one coordinate system with y up."""

    found: NDArray[np.object_]
    false: NDArray[np.object_]
    missed: NDArray[np.object_]

    @property
    def all(self) -> NDArray[np.object_]:
        return np.concatenate([self.found, self.false, self.missed])


@dataclass(frozen=True)
class View:
    """How ground coordinates become places in a drawing: (x - left) * scale and (top - y) * scale, both >= 0."""

    left: float
    top: float
    scale: float
    width: float
    height: float

    @classmethod
    def of(cls, bounds: tuple[float, float, float, float]) -> View:
        """Fit `bounds` into a square of 1000 px with a margin of 1.5 %."""
        width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
        margin = 0.015 * max(width, height, 1e-9)
        scale = SIZE_PX / (max(width, height, 1e-9) + 2 * margin)
        return cls(
            bounds[0] - margin, bounds[3] + margin, scale, (width + 2 * margin) * scale, (height + 2 * margin) * scale
        )

    def place(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return places (n, 2) in the drawing of coordinates (n, 2)."""
        return np.column_stack(((xy[:, 0] - self.left) * self.scale, (self.top - xy[:, 1]) * self.scale))


def draw_shapes(shapes: Shapes, view: View) -> str:
    """Return the polygons as three SVG paths: found filled green, false filled red, missed outlined blue."""
    return (
        _path(shapes.found, view, f'fill="{GREEN}" fill-opacity="0.45" stroke="{GREEN}" stroke-width="0.8"')
        + _path(shapes.false, view, f'fill="{RED}" fill-opacity="0.6" stroke="{RED}" stroke-width="0.8"')
        + _path(
            shapes.missed,
            view,
            f'fill="{BLUE}" fill-opacity="0.3" stroke="{BLUE}" stroke-width="1.4" stroke-dasharray="4 2"',
        )
    )


def draw_grid(shapes: Shapes, view: View) -> str:
    """Return squares coloured by the share of right ones among all that were found, false or missed in each."""
    side = SIZE_PX / CELLS
    columns, rows = int(np.ceil(view.width / side)), int(np.ceil(view.height / side))
    counts = [_count(each, view, (columns, rows), side) for each in (shapes.found, shapes.false, shapes.missed)]
    total = counts[0] + counts[1] + counts[2]
    cells = []
    for column, row in zip(*np.nonzero(total), strict=True):
        share = counts[0][column, row] / total[column, row]
        colour = SHARES[min(int(share * len(SHARES)), len(SHARES) - 1)]
        cells.append(f'<rect x="{column * side:.1f}" y="{row * side:.1f}" fill="{colour}"/>')
    style = f"<style>.cells rect{{width:{side:.2f}px;height:{side:.2f}px}}</style>"
    return f'{style}<g class="cells" shape-rendering="crispEdges">{"".join(cells)}</g>'


def scale_bar(view: View) -> str:
    """Return a bar of a round number of metres, about a fifth of the drawing long."""
    wanted = 0.2 * view.width / view.scale
    power = 10 ** np.floor(np.log10(wanted))
    length = max((m * power for m in (1, 2, 5) if m * power <= wanted), default=power)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    y, end = view.height - 14, 14 + length * view.scale
    middle = (14 + end) / 2
    return (
        f'<g><rect x="6" y="{y - 22:.0f}" width="{end + 8:.0f}" height="32" fill="#fff" opacity="0.85" rx="3"/>'
        f'<path d="M14 {y - 5:.0f}V{y:.0f}H{end:.1f}V{y - 5:.0f}" fill="none" stroke="{INK}" stroke-width="1.6"/>'
        f'<text x="{middle:.1f}" y="{y - 7:.0f}" text-anchor="middle" font-size="13" fill="{INK}">{text}</text></g>'
    )


def _path(geometry: NDArray[np.object_], view: View, style: str) -> str:
    moved = shapely.transform(geometry, view.place)
    rings = shapely.get_rings(shapely.get_parts(shapely.simplify(moved, SIMPLIFY_PX)))
    data = "".join(_ring(shapely.get_coordinates(ring)) for ring in rings)
    return f'<path d="{data}" fill-rule="evenodd" {style}/>' if data else ""


def _ring(xy: NDArray[np.float64]) -> str:
    points: Sequence[str] = [f"{x:.1f} {y:.1f}" for x, y in xy[:-1]]
    return f"M{'L'.join(points)}Z"


def _count(geometry: NDArray[np.object_], view: View, shape: tuple[int, int], side: float) -> NDArray[np.float64]:
    places = view.place(shapely.get_coordinates(shapely.centroid(geometry)))
    edges = [np.arange(count + 1) * side for count in shape]
    counts: NDArray[np.float64] = np.histogram2d(places[:, 0], places[:, 1], bins=edges)[0]
    return counts
