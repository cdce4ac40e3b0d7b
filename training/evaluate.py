"""`evaluate`: what users would get. Each place goes through the same `extract` and `score` that they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.extract import Model, Source, Target, extract
from building_footprints_plugin.engine.options import PolygonizeOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.vector import Layer, read_layer, write_layers

from .coarser import coarsen
from .from_truth import Burning, vectorise_truth
from .judging import Judged, figures_of, judge, shapes_of, together
from .scenes import Choice, Scene, read_scenes

Finder = Callable[[Scene, Path], None]  # writes the footprints of a scene
Viewer = Callable[[Scene, Judged], None]  # is shown what came out, while the scene's files are still there


def by_model(model: Model, options: PolygonizeOptions, seen_at_m: float | None = None) -> Finder:
    """Return what finds the footprints of a scene with a network, as `extract` does for its users.

    With `seen_at_m`, in the picture as it would be with pixels of so many metres.
    """

    def find(scene: Scene, target: Path) -> None:
        if scene.picture is None:
            raise BadInput(f"{scene.truth} is truth without a picture; give a folder with both, or use --from-truth.")
        picture = scene.picture
        if seen_at_m is not None:
            picture = coarsen(picture, seen_at_m, target.with_name("coarser.tif"))
        extract(Source(str(picture)), Target(footprints=target), model, options, Reporter())

    return find


def by_truth(burning: Burning, options: PolygonizeOptions) -> Finder:
    """Return what vectorises the truth itself: the best that polygonize and regularize could do."""
    return lambda scene, target: vectorise_truth(scene, burning, options, target)


def evaluate(
    data: Path, choice: Choice, find: Finder, show: Viewer = lambda scene, judged: None
) -> Iterator[tuple[str, list[Judged]]]:
    """Yield each place of `data` with what its scenes came to. A footprint mostly on unlabelled ground is left out.

    Truth is cut at the edges of tiles, as stored. Raises BadInput where data or weights cannot be used.
    """
    with TemporaryDirectory() as folder:
        found = Path(folder) / "found.gpkg"
        for place, scenes in groupby(read_scenes(data, choice, Path(folder)), key=lambda scene: scene.place):
            judged = []
            for scene in scenes:
                found.unlink(missing_ok=True)
                find(scene, found)
                _drop_on_unknown(found, scene.unknown)
                judged.append(judge(found, scene.truth, scene.tiles))
                show(scene, judged[-1])
            yield place, judged


def row_of(name: str, judged: list[Judged]) -> dict[str, Any]:
    """Return a row of the table: every figure of some scenes together, `boundary_m` being the mean PoLiS distance."""
    shapes = shapes_of(judged)
    return {"place": name, **figures_of(together(judged)), "boundary_m": shapes["polis"], **shapes}


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
