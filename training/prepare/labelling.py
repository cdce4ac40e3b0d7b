"""Labels of an image as instance numbers on its grid: from footprints, and from a raster of the same pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import geometry_mask

from building_footprints_plugin.engine.burning import burn
from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import Grid, RasterReader, apply_affine, shifted
from building_footprints_plugin.engine.vector import bounds_of, crs_name, polygons_of, read_layer, reproject

from .chips import Window
from .resample import labels_on
from .source import Labelled

EDGE_DIVISIONS = 32  # vertices per side of an extent that is moved to another CRS, so that it bends with it
UNKNOWN = -1


@dataclass(frozen=True)
class NoBuildings:
    """Of an image that shows none."""

    file: Path | None = None

    def on(self, reader: RasterReader, name: str) -> Labelled:
        """Return background everywhere."""
        return Labelled(whole(reader.grid), lambda window: np.zeros(window[2:], np.int32))


@dataclass(frozen=True)
class Footprints:
    """Polygons of a vector file, in any CRS; outside of the polygons in `aoi` nothing is known.

    `missing` says what becomes of an image outside of the footprints' extent: "stop", "skip" or "empty".
    """

    file: Path
    crs: str | None = None
    aoi: Path | None = None
    missing: str = "stop"

    def on(self, reader: RasterReader, name: str) -> Labelled | None:
        """Return the footprints on the image's grid.

        Raises BadInput if a file cannot be used, or if `missing` is "stop" and it and the image lie apart.
        """
        truth, area = known_ground(self.file, self.crs), None
        polygons = truth.near(reader)
        if polygons is None and self.missing != "empty":
            _stop_unless(self.missing == "skip", truth, reader, name)
            return None
        if self.aoi is not None:
            region = known_ground(self.aoi, None)
            labelled = region.near(reader)
            if labelled is None:
                _stop_unless(self.missing != "stop", region, reader, name)
                return None
            area = shapely.union_all(labelled)
        found = np.empty(0, dtype=object) if polygons is None else polygons
        return Labelled(_window_of(reader.grid, area), _burner(reader.grid, found, area))


@dataclass(frozen=True)
class OnPixels:
    """Base of labels that come as numbers on the image's own pixels; `numbers` of a subclass gives them."""

    file: Path

    def numbers(self, shape: tuple[int, int]) -> NDArray[np.int32]:
        """Return label numbers of the image's own (height, width), 0 background, below 0 unknown."""
        raise NotImplementedError

    def on(self, reader: RasterReader, name: str) -> Labelled:
        """Return the labels on the image's grid, resampled by the most frequent number."""
        source, grid = reader.source_shape, reader.grid
        own = reader.source_transform
        step = (1.0, 1.0) if grid.shape == source else (grid.pixel_m / own.a, grid.pixel_m / -own.e)
        found = labels_on(grid.shape, step, self.numbers(source))
        return Labelled(whole(grid), lambda w: found[w[0] : w[0] + w[2], w[1] : w[1] + w[3]])


def whole(grid: Grid) -> Window:
    """Return the window of all of a grid."""
    return 0, 0, grid.height, grid.width


@dataclass(frozen=True)
class Ground:
    """The valid polygons of a file, in its CRS, and a tree to find them in."""

    file: Path
    polygons: NDArray[np.object_]
    crs: str
    tree: shapely.STRtree

    def near(self, reader: RasterReader) -> NDArray[np.object_] | None:
        """Return the polygons that may reach into the image, in its grid's CRS; None if all of them lie elsewhere.

        A file without any polygon lies nowhere else: its image shows no building.
        """
        box, extent = self.box_of(reader), bounds_of(self.polygons)
        if extent is not None and not shapely.box(*extent).intersects(box):
            return None
        rows = np.sort(self.tree.query(box))
        moved = reproject(self.polygons[rows], self.crs, reader.grid.crs.to_wkt())
        invalid = ~shapely.is_valid(moved)
        moved[invalid] = shapely.buffer(moved[invalid], 0.0)
        return moved

    def box_of(self, reader: RasterReader) -> shapely.Geometry:
        """Return the box, in the file's CRS, around the image."""
        grid = reader.grid
        xs, ys = apply_affine(grid.transform, np.array([0, grid.width]), np.array([0, grid.height]))
        bent = shapely.segmentize(shapely.box(xs[0], ys[1], xs[1], ys[0]), (xs[1] - xs[0]) / EDGE_DIVISIONS)
        return shapely.box(*reproject(np.array([bent], dtype=object), grid.crs.to_wkt(), self.crs)[0].bounds)


@lru_cache(maxsize=2)
def known_ground(file: Path, crs: str | None) -> Ground:
    """Return the polygons of a vector file; kept, because many images may share it. `crs` stands in for its own.

    Raises BadInput if it cannot be read, holds no polygons but points or lines, or has no CRS.
    """
    layer = replace(read_layer(file, columns=[]), name=str(file))
    crs = crs or layer.crs
    if crs is None:
        raise BadInput(f"{file} has no CRS; give one with --truth-crs EPSG:N, or set it with ogr2ogr -a_srs.")
    polygons = polygons_of(layer).geometry
    return Ground(file, polygons, crs, shapely.STRtree(polygons))


def _stop_unless(fine: bool, ground: Ground, reader: RasterReader, name: str) -> None:
    if fine:
        return
    extents = (bounds_of(ground.polygons) or (), ground.box_of(reader).bounds)
    polygons, image = (",".join(f"{value:.9g}" for value in box) for box in extents)
    raise BadInput(
        f"{ground.file} (extent {polygons}) and {name} (extent {image}) do not overlap in {crs_name(ground.crs)}; "
        "check both CRS, or leave out images without labels with --missing skip."
    )


def _window_of(grid: Grid, area: shapely.Geometry | None) -> Window:
    """Return the part of the grid that holds `area`."""
    if area is None:
        return whole(grid)
    left, bottom, right, top = area.bounds
    cols, rows = apply_affine(~grid.transform, np.array([left, right]), np.array([top, bottom]))
    row, col = max(0, int(np.floor(rows[0]))), max(0, int(np.floor(cols[0])))
    end_row, end_col = min(grid.height, int(np.ceil(rows[1]))), min(grid.width, int(np.ceil(cols[1])))
    return row, col, max(0, end_row - row), max(0, end_col - col)


def _burner(
    grid: Grid, polygons: NDArray[np.object_], area: shapely.Geometry | None
) -> Callable[[Window], NDArray[np.int32]]:
    tree = shapely.STRtree(polygons)

    def read(window: Window) -> NDArray[np.int32]:
        row, col, height, width = window
        transform = shifted(grid.transform, row, col)
        xs, ys = apply_affine(transform, np.array([0, width]), np.array([0, height]))
        near = np.sort(tree.query(shapely.box(xs[0], ys[1], xs[1], ys[0])))
        numbers = burn(polygons[near], transform, (height, width))
        if area is not None:
            numbers[geometry_mask([area], (height, width), transform)] = UNKNOWN
        return numbers

    return read
