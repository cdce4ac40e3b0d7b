"""The rule of microsoft/SpaceNetExploration (pipeline/polygonize.py) to the letter, to compare footprints with.

It knows no thresholds, watershed or straightening: the most probable of three classes is taken, border counts as
background, and connected pixels of interior are the buildings, about 2.5 px smaller on each side than these are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes

from .errors import BadInput
from .labelling import CODE_MAX, NOT_THERE, Codes
from .options import ReferenceOptions
from .progress import Reporter
from .raster import open_probability
from .vector import check_target, image_id_of, stage
from .vector.commit import commit
from .vector.spacenet_csv import HEADER

Polygons = NDArray[np.object_]
Areas = NDArray[np.float64]

INTERIOR = 1  # of background, interior, border, the order in which ties are decided


def exploration_polygons(building: Codes, interior: Codes, min_area_px: float) -> tuple[Polygons, Areas]:
    """Return the outer rings of 4-connected interior as polygons in pixels, the largest first, and their areas.

    Both codes are (height, width), 1/250 of a probability, 255 for what is not there, which is background. A polygon
    is kept if its area, holes filled, is above `min_area_px`.
    """
    probability = np.stack([building, interior]).astype(np.int16)
    there = (building != NOT_THERE) & (interior != NOT_THERE)
    classes = np.stack([CODE_MAX - probability[0], probability[1], probability[0] - probability[1]])
    chosen = (there & (classes.argmax(axis=0) == INTERIOR)).astype(np.uint8)
    rings = [shape["coordinates"][0] for shape, _ in shapes(chosen, mask=chosen == 1, connectivity=4)]
    polygons = np.empty(len(rings), dtype=object)
    polygons[:] = [shapely.Polygon(ring) for ring in rings]
    area = np.asarray(shapely.area(polygons), dtype=np.float64)
    order = np.argsort(-area, kind="stable")
    order = order[area[order] > min_area_px]
    return polygons[order], area[order]


def write_reference(path: Path, target: Path, options: ReferenceOptions, reporter: Reporter) -> dict[str, int]:
    """Write the table of a probability raster of ours, or of all .tif files in a folder; return how much is in it.

    Coordinates are pixels of the probability raster. An image without polygons has no row. Memory: one raster.
    Raises BadInput for what the user can mend.
    """
    check_target(target, (".csv",))
    rasters = sorted(path.glob("*.tif")) if path.is_dir() else [path]
    if not rasters:
        raise BadInput(f"The folder {path} holds no .tif file; expected the probability rasters of `segment`.")
    count = 0
    with stage(target) as folder:
        made = Path(folder) / target.name
        with made.open("w", newline="", encoding="utf-8") as stream:
            stream.write(",".join(HEADER) + "\n")
            for number, raster in enumerate(rasters):
                reporter.progress(number / len(rasters))
                for line in _lines(raster, options.min_polygon_area_px):
                    stream.write(line)
                    count += 1
        commit(made, target)
    return {"count": count, "images": len(rasters)}


def _lines(path: Path, min_area_px: float) -> Iterator[str]:
    with closing(open_probability(path)) as reader:
        if not reader.has_interior:
            raise BadInput(f"{path} has no interior probability; expected a probability raster made by `segment`.")
        building, interior = reader.read(0, 0, reader.grid.height, reader.grid.width)
    polygons, area = exploration_polygons(building, interior, min_area_px)
    for number, text in enumerate(shapely.to_wkt(polygons, rounding_precision=0)):
        yield f'{image_id_of(path)},{number + 1},"{text}",{area[number] / area[0]:.6f}\n'
