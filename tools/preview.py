"""Draw an image with what was found, what is false and what was missed.

Usage: python -m tools.preview IMAGE.tif SCORED.gpkg OUTPUT.png [--credit TEXT]
SCORED.gpkg is what `engine score --output` writes.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib
import numpy as np
import shapely
from numpy.typing import NDArray

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from building_footprints_plugin.engine.errors import FootprintsError
from building_footprints_plugin.engine.raster import RasterReader, open_raster
from building_footprints_plugin.engine.vector import layer_names, read_layer, reproject

GSD_M = 0.3
SCALE = 2  # picture pixels per grid pixel
FOOTER_PX = 92
DPI = 100
GAMMA = 0.75  # asphalt and trees would be black on most screens
BACKGROUND = "#15181c"


@dataclass(frozen=True)
class Kind:
    """How one kind of polygon is drawn; colours stay apart for the colour-blind, dashes say the rest."""

    label: str
    colour: str
    dashes: Literal["solid", "dashed"] = "solid"


FOUND = Kind("found", "#2ee65c")
FALSE = Kind("false", "#ff3b30")
MISSED = Kind("missed", "#3fa9ff", "dashed")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("image", "scored", "output"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--credit", default="", help="the attribution that the image's licence asks for")
    arguments = parser.parse_args(argv)
    try:
        with open_raster(arguments.image, gsd_m=GSD_M) as raster:
            figure = draw(raster, polygons(arguments.scored, raster), arguments.credit)
    except FootprintsError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    figure.savefig(arguments.output, dpi=DPI, facecolor=BACKGROUND)
    return 0


def polygons(scored: Path, raster: RasterReader) -> dict[Kind, NDArray[Any]]:
    """Return the polygons of each kind in pixels of the raster's grid, x to the right and y down."""
    names = layer_names(scored)
    missed_name = next(name for name in names if name.endswith("missed"))
    proposals = read_layer(scored, next(name for name in names if name != missed_name))
    missed = read_layer(scored, missed_name)
    status = proposals.fields["status"]
    by_kind = {
        FOUND: proposals.geometry[status == "matched"],
        FALSE: proposals.geometry[status == "false"],
        MISSED: missed.geometry,
    }
    return {kind: in_pixels(geometry, missed.crs, raster) for kind, geometry in by_kind.items()}


def in_pixels(geometry: NDArray[Any], crs: str | None, raster: RasterReader) -> NDArray[Any]:
    """Return geometries of CRS `crs` in pixels of the raster's grid, x to the right and y down."""
    inverse = ~raster.grid.transform
    matrix = np.array([[inverse.a, inverse.d], [inverse.b, inverse.e]])
    moved = reproject(geometry, crs, raster.grid.crs.to_wkt())
    return np.asarray(shapely.transform(moved, lambda xy: xy @ matrix + (inverse.c, inverse.f)))


def brightened(raster: RasterReader) -> NDArray[Any]:
    """Return the whole image `(height, width, 4)` as red, green, blue and opacity from 0 to 1."""
    pixels, valid = raster.read(0, 0, raster.grid.height, raster.grid.width)
    return np.dstack([*(pixels / 255) ** GAMMA, valid])


def draw(raster: RasterReader, by_kind: dict[Kind, NDArray[Any]], credit: str) -> Figure:
    """Return the picture: the image, the outlines over it, and a footer with legend, scale bar and credit."""
    grid = raster.grid
    width, height = grid.width * SCALE, grid.height * SCALE
    figure = Figure(figsize=(width / DPI, (height + FOOTER_PX) / DPI), facecolor=BACKGROUND)
    share = FOOTER_PX / (height + FOOTER_PX)
    axes = figure.add_axes((0, share, 1, 1 - share))
    axes.imshow(brightened(raster), interpolation="lanczos", extent=(0, grid.width, grid.height, 0))
    axes.set_axis_off()
    for kind, geometry in by_kind.items():
        add_outlines(axes, kind, geometry)
    axes.set(xlim=(0, grid.width), ylim=(grid.height, 0))
    add_scale_bar(axes, (grid.width, grid.height), GSD_M)
    add_footer(figure, by_kind, credit)
    return figure


def add_outlines(axes: Axes, kind: Kind, geometry: NDArray[Any]) -> None:
    """Draw polygons, holes included, with a dark line beneath so that they show on any roof."""
    parts = shapely.get_parts(geometry)
    patches = [PathPatch(outline(polygon)) for polygon in parts if not polygon.is_empty]
    axes.add_collection(
        PatchCollection(patches, facecolor=kind.colour, edgecolor="none", alpha=0.0 if kind is MISSED else 0.10)
    )
    lines = PatchCollection(patches, facecolor="none", edgecolor=kind.colour, linewidth=2.0, linestyle=kind.dashes)
    lines.set_path_effects([withStroke(linewidth=3.6, foreground="#00000099")])
    axes.add_collection(lines)


def outline(polygon: Any) -> Outline:
    """Return a polygon, holes included, as matplotlib draws it."""
    rings = [polygon.exterior, *polygon.interiors]
    return Outline.make_compound_path(*(Outline(shapely.get_coordinates(ring), closed=True) for ring in rings))


def add_scale_bar(axes: Axes, corner: tuple[float, float], gsd_m: float) -> None:
    """Draw a bar of a round length, about a sixth of the picture's width, at its right lower `corner` in pixels."""
    width_px = abs(axes.get_xlim()[1] - axes.get_xlim()[0])
    length_m = max(step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000) if step <= width_px * gsd_m / 6 + 1)
    length_px, unit = length_m / gsd_m, width_px / 538
    left, top = corner[0] - 14 * unit - length_px, corner[1] - 18 * unit
    axes.add_patch(Rectangle((left, top), length_px, 3 * unit, facecolor="white", edgecolor="black"))
    axes.text(left + length_px / 2, top - 4 * unit, f"{length_m} m", color="white", ha="center", va="bottom",
              fontsize=12, fontweight="bold", path_effects=[withStroke(linewidth=3, foreground="black")])  # fmt: skip


def add_footer(figure: Figure, by_kind: dict[Kind, NDArray[Any]], credit: str) -> None:
    """Say below the image which colour is what, how many there are, and whose image it is."""
    handles = [
        Line2D([], [], color=kind.colour, linestyle=kind.dashes, linewidth=3, label=f"{kind.label} {len(geometry)}")
        for kind, geometry in by_kind.items()
    ]
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 34 / DPI / figure.get_figheight()), ncols=3,
        frameon=False, labelcolor="white", fontsize=15, handlelength=2.6, columnspacing=2.4,
    )  # fmt: skip
    figure.text(0.5, 14 / DPI / figure.get_figheight(), credit, color="#aab2bd", ha="center", fontsize=8.5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
