"""Areas of cells: those of each building are exact, and the same to the last bit whichever others are beside it."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from building_footprints_plugin.engine.regularize.cells import Lines, cells_between

Floats = NDArray[np.float64]
RNG = np.random.default_rng(4)
ACROSS = 5  # lines each way


def star() -> Floats:
    """Return the corners of an outline about the origin, clockwise."""
    angle = np.sort(RNG.uniform(0, 2 * np.pi, 17))[::-1]
    return np.asarray(RNG.uniform(3, 9, 17)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))


def covered(outlines: list[Floats], places: list[Floats]) -> Floats:
    """Return the area (buildings, cells) of outlines in the cells between lines at `places`, the same both ways."""
    start = np.arange(len(outlines) + 1)
    lines = Lines(np.concatenate(places), start * ACROSS, np.zeros(len(outlines) * ACROSS, dtype=bool))
    edge = np.concatenate([np.concatenate([xy, np.roll(xy, -1, axis=0)], axis=1) for xy in outlines])
    return cells_between(lines, lines, edge, start * len(outlines[0])).covered.reshape(len(outlines), -1)


def test_areas_of_cells() -> None:
    outlines = [star() for _ in range(40)]
    places = [np.sort(RNG.uniform(-8, 8, ACROSS)) for _ in outlines]
    together = covered(outlines, places)
    for outline, at, areas in zip(outlines, places, together, strict=True):
        np.testing.assert_array_equal(covered([outline], [at])[0], areas)
        x, y = np.meshgrid(at, at)
        cells = shapely.box(x[:-1, :-1], y[:-1, :-1], x[1:, 1:], y[1:, 1:]).ravel()
        np.testing.assert_allclose(
            areas, shapely.area(shapely.intersection(cells, shapely.Polygon(outline))), atol=1e-9
        )
