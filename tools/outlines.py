"""Draw the outlines of one dense and one suburban scene as traced, simplified and rectangular, side by side.

Usage: python -m tools.outlines FOLDER
FOLDER gets outlines_dense.jpg and outlines_suburban.jpg, with the attribution that the images' licences ask for.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from PIL import Image

matplotlib.use("Agg")
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.patheffects import withStroke

from building_footprints_plugin.engine.extract import Model, Source, Target, extract, polygonize
from building_footprints_plugin.engine.manifest import DEFAULT_WEIGHTS
from building_footprints_plugin.engine.options import REGULARIZE_METHODS, PolygonizeOptions, SegmentOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.raster import RasterReader, open_raster
from building_footprints_plugin.engine.vector import read_layer
from tools.preview import BACKGROUND, add_scale_bar, brightened, in_pixels, outline

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "training" / "data"
ANYWHERE = ("EPSG:32645", 500_000, 3_000_000)  # tiles for training have a size on the ground, but no place
PANEL_PX, HEAD_PX, FOOT_PX, GAP_PX, DPI = 520, 44, 34, 8, 100
TITLES = {"none": "as traced (none)", "simplify": "simplify", "rectangular": "rectangular"}
COLOUR = "#ffd23f"


@dataclass(frozen=True)
class Scene:
    """A square part of an image: its left upper corner and side in pixels of `gsd_m` metres, and whose image it is."""

    name: str
    image: Path
    gsd_m: float
    square: tuple[int, int, int]
    credit: str


def main(argv: list[str]) -> int:
    if len(argv) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    for scene in (dense(), suburban()):
        target = Path(argv[0]) / f"outlines_{scene.name}.jpg"
        with tempfile.TemporaryDirectory() as folder:
            figure = draw(scene, Path(folder))
        figure.savefig(target, dpi=DPI, facecolor=BACKGROUND, pil_kwargs={"quality": 80})
        print(f"{target}: {target.stat().st_size / 1000:.0f} kB")
    return 0


def dense() -> Scene:
    """Return a part of Banepa's centre: houses wall to wall."""
    place = json.loads((DATA / "banepa" / "place.json").read_text(encoding="utf-8"))
    image = DATA / "banepa" / "images" / "z19x2_386694_220242.jpg"
    credit = f"Banepa, Nepal. {place['attribution']}; {place['licence']}"
    return Scene("dense", image, place["gsd_m"], (40, 40, 260), credit)


def suburban() -> Scene:
    """Return a part of the demo's image: houses in gardens."""
    image = ROOT / "tests" / "data" / "demo" / "vegas.tif"
    credit = "Las Vegas, USA. Imagery © DigitalGlobe / Maxar (WorldView-3); SpaceNet 2 on AWS, CC BY-SA 4.0"
    return Scene("suburban", image, 0.3, (100, 120, 210), credit)


def draw(scene: Scene, folder: Path) -> Figure:
    """Return the picture of a scene; `folder` takes what is made on the way."""
    image = placed(scene, folder)
    footprints = extracted(image, folder)
    width, height = 3 * PANEL_PX + 2 * GAP_PX, HEAD_PX + PANEL_PX + FOOT_PX
    figure = Figure(figsize=(width / DPI, height / DPI), facecolor=BACKGROUND)
    with open_raster(image, gsd_m=scene.gsd_m) as raster:
        pixels = brightened(raster)
        for number, (method, file) in enumerate(footprints.items()):
            left = number * (PANEL_PX + GAP_PX) / width
            box = (left, FOOT_PX / height, PANEL_PX / width, PANEL_PX / height)
            add_panel(figure, box, scene, (pixels, shown(file, raster, scene)), TITLES[method])
    figure.text(0.5, 0.35 * FOOT_PX / height, scene.credit, color="#aab2bd", ha="center", fontsize=10)
    return figure


def placed(scene: Scene, folder: Path) -> Path:
    """Return the image as a file that knows where it lies and how large its pixels are."""
    if scene.image.suffix == ".tif":
        return scene.image
    crs, left, top = ANYWHERE
    with Image.open(scene.image) as picture:
        pixels = np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
    place = {"crs": crs, "transform": Affine(scene.gsd_m, 0, left, 0, -scene.gsd_m, top)}
    shape = {"count": pixels.shape[0], "height": pixels.shape[1], "width": pixels.shape[2], "dtype": "uint8"}
    with rasterio.open(folder / "image.tif", "w", driver="GTiff", **place, **shape) as made:
        made.write(pixels)
    return folder / "image.tif"


def extracted(image: Path, folder: Path) -> dict[str, Path]:
    """Return a file of footprints for each way to straighten them; the network runs once."""
    probability, reporter = folder / "probability.tif", Reporter()
    model = Model(DEFAULT_WEIGHTS, SegmentOptions())
    extract(Source(str(image)), Target(probability=probability), model, PolygonizeOptions(), reporter)
    files = {method: folder / f"{method}.gpkg" for method in REGULARIZE_METHODS}
    for method, file in files.items():
        polygonize(Source(str(probability)), Target(file), PolygonizeOptions(regularize=method), reporter)
    return files


def shown(file: Path, raster: RasterReader, scene: Scene) -> NDArray[Any]:
    """Return the footprints that reach into the scene's square, in pixels of the image."""
    layer = read_layer(file)
    polygons = in_pixels(layer.geometry, layer.crs, raster)
    left, top, side = scene.square
    inside: NDArray[Any] = polygons[shapely.intersects(polygons, shapely.box(left, top, left + side, top + side))]
    return inside


def add_panel(
    figure: Figure, box: tuple[float, float, float, float], scene: Scene, content: tuple[Any, NDArray[Any]], title: str
) -> None:
    """Draw an image and the footprints over it, their corners as dots."""
    pixels, polygons = content
    left, top, side = scene.square
    axes = figure.add_axes(box)
    axes.imshow(pixels, interpolation="lanczos", extent=(0, pixels.shape[1], pixels.shape[0], 0))
    for polygon in polygons:
        patch = PathPatch(outline(polygon), facecolor="none", edgecolor=COLOUR, linewidth=1.6)
        patch.set_path_effects([withStroke(linewidth=3.2, foreground="#00000099")])
        axes.add_patch(patch)
    corners = shapely.get_coordinates(polygons)
    axes.scatter(corners[:, 0], corners[:, 1], s=5, color="white", edgecolors="black", linewidths=0.4, zorder=3)
    axes.set(xlim=(left, left + side), ylim=(top + side, top))
    axes.set_axis_off()
    add_scale_bar(axes, (left + side, top + side), scene.gsd_m)
    rings = sum(1 + len(polygon.interiors) for polygon in polygons)
    each = (len(corners) - rings) / max(len(polygons), 1)
    axes.set_title(f"{title}: {each:.0f} corners a building", color="white", fontsize=15)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
