"""What vectorising alone loses: the truth burnt into a perfect probability raster, and vectorised back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.features import geometry_mask
from rasterio.transform import array_bounds

from building_footprints_plugin.engine.burning import burn, renumbered
from building_footprints_plugin.engine.extract import Source, Target, polygonize
from building_footprints_plugin.engine.options import PolygonizeOptions
from building_footprints_plugin.engine.parameters import Options, parameter
from building_footprints_plugin.engine.polygonize import CODE_MAX
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.raster import NODATA, Grid, ProbabilityWriter, shifted
from building_footprints_plugin.engine.vector import (
    Layer,
    bounds_of,
    metric_crs,
    polygons_of,
    read_layer,
    reproject,
    write_layers,
)

from .config import TrainOptions
from .labels import BACKGROUND, INTERIOR, classes_from_instances
from .scenes import Scene

STRIP_ROWS = 1024
MARGIN_PX = 64  # ground around the truth, and what is burnt beyond a strip so that its labels are whole
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Burning(Options):
    """How truth is burnt: the border class as in training."""

    burn_gsd_m: float = parameter(
        0.3,
        "with --from-truth: metres per pixel of the burnt truth",
        unit="m",
        minimum=0.01,
        maximum=100.0,
        flag="--burn-gsd",
    )
    border_m: float = parameter(
        TrainOptions.default("border_m"), "with --from-truth: depth of the border class", unit="m", minimum=0.0
    )


def vectorise_truth(scene: Scene, burning: Burning, options: PolygonizeOptions, target: Path) -> None:
    """Write `target`: the truth of a scene rasterised (pixel centres), labelled as in training, and vectorised back.

    Building probability is 1 on buildings, interior probability 1 where training says interior, else 0; where the
    ground is not labelled nothing is there. Memory: a strip.
    """
    layer = read_layer(scene.truth)
    found = polygons_of(layer).geometry
    box = bounds_of(found)
    if box is None:
        write_layers(target, {"footprints": Layer(found, {}, layer.crs)})
        return
    crs = metric_crs(layer.crs, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
    ground = np.array([] if scene.ground is None else [shapely.box(*scene.ground)], dtype=object)
    truth, unknown, ground = (reproject(shapes, layer.crs, crs) for shapes in (found, scene.unknown, ground))
    grid = _grid(bounds_of(truth) or box, crs, burning.burn_gsd_m)
    raster = target.with_suffix(".probability.tif")
    with ProbabilityWriter(raster, grid, (0, 0, *grid.shape)) as writer:
        for row, codes in _strips(truth, grid, burning):
            transform = shifted(grid.transform, row, 0)
            codes[:, _hidden(codes.shape[1:], transform, unknown, ground)] = NODATA
            writer.write(row, codes)
    polygonize(Source(str(raster)), Target(footprints=target), options, Reporter())


def _grid(box: tuple[float, float, float, float], crs: str | None, gsd_m: float) -> Grid:
    left, top = box[0] - MARGIN_PX * gsd_m, box[3] + MARGIN_PX * gsd_m
    width, height = (int(np.ceil(length / gsd_m)) + 2 * MARGIN_PX for length in (box[2] - box[0], box[3] - box[1]))
    known = CRS.from_user_input(crs) if crs else CRS.from_epsg(32631)  # without a CRS coordinates are metres
    return Grid(known, Affine(gsd_m, 0, left, 0, -gsd_m, top), width, height)


def _strips(truth: NDArray[np.object_], grid: Grid, burning: Burning) -> Iterator[tuple[int, Codes]]:
    """Yield the first row and the codes `(2, rows, width)` of building and interior of every strip."""
    tree = shapely.STRtree(truth)
    for row in range(0, grid.height, STRIP_ROWS):
        first, end = max(0, row - MARGIN_PX), min(grid.height, row + STRIP_ROWS + MARGIN_PX)
        transform = shifted(grid.transform, first, 0)
        size = (end - first, grid.width)
        near = tree.query(shapely.box(*array_bounds(*size, transform)))
        burnt = renumbered(burn(truth[np.sort(near)], transform, size))
        classes = classes_from_instances(burnt, burning.border_m / burning.burn_gsd_m)[row - first :][:STRIP_ROWS]
        yield row, np.stack([classes != BACKGROUND, classes == INTERIOR]).astype(np.uint8) * np.uint8(CODE_MAX)


def _hidden(
    size: tuple[int, ...], transform: Affine, unknown: NDArray[np.object_], ground: NDArray[np.object_]
) -> NDArray[np.bool_]:
    hidden = np.zeros(size, dtype=bool)
    if len(unknown):
        hidden |= geometry_mask(unknown, size, transform, invert=True)
    if len(ground):
        hidden |= geometry_mask(ground, size, transform)
    return hidden
