"""What the engine's `chips` (Export training data in QGIS) writes is a place that training reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine

from building_footprints_plugin.engine.__main__ import main
from building_footprints_plugin.engine.burning import IGNORE
from building_footprints_plugin.engine.options import LABEL_QUALITIES, SPLITS
from building_footprints_plugin.engine.vector import Layer, write_layer
from training.config import TrainOptions
from training.dataset import Crops
from training.places import IGNORE_INSTANCE, TRUST, read_places


def test_training_reads_the_tiles(tmp_path: Path) -> None:
    transform = Affine(0.3, 0, 500_000, 0, -0.3, 3_000_000)
    profile = {"width": 96, "height": 80, "count": 3, "dtype": "uint8", "crs": "EPSG:32645", "transform": transform}
    with rasterio.open(tmp_path / "image.tif", "w", driver="GTiff", **profile) as made:
        made.write(np.full((3, 80, 96), 120, np.uint8))
    houses = np.array([shapely.box(500_003, 2_999_985, 500_009, 2_999_994)], dtype=object)
    write_layer(tmp_path / "truth.gpkg", Layer(houses, {}, "EPSG:32645"))
    files = [str(tmp_path / name) for name in ("image.tif", "truth.gpkg", "data/town")]
    assert main(["chips", *files, "--chip", "64"]) == 0
    (place,) = read_places(tmp_path / "data", "train")
    assert (place.name, place.gsd_m, place.trust, len(place.ids)) == ("town", 0.3, 1.0, 4)
    image, instances = place.read(place.ids[0])
    assert image.shape == (*instances.shape, 3)
    assert np.count_nonzero(instances) == 20 * 20  # of 20 x 30 px, what lies above the cut at row 40
    pixels, classes, _ = Crops([place], TrainOptions(crop_px=64, batch_size=1, steps=2))[0]
    assert pixels.shape == (3, 64, 64)
    assert classes.shape == (64, 64)


def test_both_sides_mean_the_same_words() -> None:
    assert (IGNORE, set(LABEL_QUALITIES)) == (IGNORE_INSTANCE, set(TRUST))
    assert set(SPLITS) >= {"train", "val"}
