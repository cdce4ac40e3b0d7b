"""`evaluate`: what users would get. Each place goes through the same `extract` and `score` that they run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import shapes

from building_footprints_plugin.engine import comparison
from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.options import PolygonizeOptions, ScoreOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.vector import Layer, read_layer, write_layers

from .places import IGNORE_INSTANCE, Place

CRS = "EPSG:32631"  # the tiles of a place have no position of their own; they are laid out on a flat plane
ORIGIN = (500_000.0, 5_000_000.0)
GAP_PX = 64  # ground that is not there, between tiles
# As `spacenet`, but a pair that overlaps and also touches along a line keeps its IoU: outlines along the same pixels
# do that often.
PRESET = "solaris"


@dataclass(frozen=True)
class Sheet:
    """The tiles of a place on one canvas: pixels `(3, height, width)`, the others `(height, width)`."""

    pixels: NDArray[np.uint8]
    instances: NDArray[np.uint16]
    there: NDArray[np.bool_]


def evaluate_place(place: Place, model: Model, options: PolygonizeOptions) -> dict[str, Any]:
    """Return the score of a place: its tiles on one sheet, with gaps between them, extracted in one run.

    A footprint that lies by more than half on unlabelled ground is left out. Truth is cut at tile edges, as stored.
    """
    sheet = lay_out(place)
    transform = Affine(place.gsd_m, 0, ORIGIN[0], 0, -place.gsd_m, ORIGIN[1])
    with TemporaryDirectory() as folder:
        raster, truth, found = (Path(folder) / name for name in ("sheet.tif", "truth.gpkg", "found.gpkg"))
        _write_raster(raster, sheet, transform)
        labelled = np.where(sheet.instances == IGNORE_INSTANCE, 0, sheet.instances)
        write_layers(truth, {"truth": Layer(_outlines(labelled, transform), {}, CRS)})
        extract(Source(str(raster)), Target(footprints=found), model, options, Reporter())
        unknown = (sheet.instances == IGNORE_INSTANCE) & sheet.there
        _drop_on_unknown(found, _outlines(unknown.astype(np.uint16), transform))
        return score(found, truth)


def evaluate_mosaic(folder: Path, model: Model, options: PolygonizeOptions) -> dict[str, Any]:
    """Return the score of a place that is one georeferenced `image.tif` with its `buildings.geojson`."""
    with TemporaryDirectory() as scratch:
        found = Path(scratch) / "found.gpkg"
        extract(Source(str(folder / "image.tif")), Target(footprints=found), model, options, Reporter())
        return score(found, folder / "buildings.geojson")


def score(found: Path, truth: Path) -> dict[str, Any]:
    """Return the figures of `score`, for two vector files."""
    request = comparison.Request(
        proposals=comparison.Source(str(found)),
        truth=comparison.Source(str(truth)),
        options=ScoreOptions(preset=PRESET),
        aoi=None,
        bounds=None,
        all_columns=False,
    )
    return comparison.results_of(comparison.compare(request, Reporter()))


def lay_out(place: Place) -> Sheet:
    """Return all tiles of a place on one canvas, row by row, with instances numbered anew."""
    tiles = [place.read(tile_id) for tile_id in place.ids]
    cell = max(max(instances.shape) for _, instances in tiles) + GAP_PX
    across = math.ceil(math.sqrt(len(tiles)))
    height, width = cell * math.ceil(len(tiles) / across), cell * across
    sheet = Sheet(
        np.zeros((3, height, width), np.uint8), np.zeros((height, width), np.uint16), np.zeros((height, width), bool)
    )
    number = 0
    for index, (image, instances) in enumerate(tiles):
        row, col = (index // across) * cell, (index % across) * cell
        window = np.s_[row : row + instances.shape[0], col : col + instances.shape[1]]
        known = (instances > 0) & (instances != IGNORE_INSTANCE)
        sheet.pixels[(slice(None), *window)] = image.transpose(2, 0, 1)
        sheet.there[window] = True
        sheet.instances[window] = np.where(known, instances + number, instances)
        number += int(instances[known].max(initial=0))
    return sheet


def _write_raster(path: Path, sheet: Sheet, transform: Affine) -> None:
    count, height, width = sheet.pixels.shape
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=width,
            height=height,
            count=count,
            dtype="uint8",
            crs=CRS,
            transform=transform,
        ) as dataset,
    ):
        dataset.write(sheet.pixels)
        dataset.write_mask(sheet.there)


def _outlines(numbers: NDArray[np.uint16], transform: Affine) -> NDArray[np.object_]:
    """Return one polygon per number, or several where its pixels are not connected, in metres."""
    found = shapes(numbers.astype(np.int32), mask=numbers > 0, transform=transform)
    polygons = [shapely.Polygon(shape["coordinates"][0], shape["coordinates"][1:]) for shape, _ in found]
    return np.array(polygons, dtype=object)


def _drop_on_unknown(found: Path, unknown: NDArray[np.object_]) -> None:
    if not len(unknown):
        return
    layer = read_layer(found)
    ground = shapely.union_all(unknown)
    shapely.prepare(ground)
    near = shapely.intersects(ground, layer.geometry)
    share = np.zeros(len(layer.geometry))
    share[near] = shapely.area(shapely.intersection(layer.geometry[near], ground)) / shapely.area(layer.geometry[near])
    kept = share <= 0.5
    fields = {name: values[kept] for name, values in layer.fields.items()}
    name = pyogrio.list_layers(found)[0][0]
    write_layers(found, {name: Layer(layer.geometry[kept], fields, layer.crs)})
