"""A manifest for the tests, as a weights file of the default network has it."""

from __future__ import annotations

from building_footprints_plugin.engine.manifest import Manifest

MANIFEST = Manifest(
    architecture="unet_efficientnet_lite0",
    bands=("red", "green", "blue"),
    gsd_m=0.3,
    mean=(127.0,) * 3,
    std=(128.0,) * 3,
    classes=("background", "interior", "border"),
    building_classes=("interior", "border"),
    seed_class="interior",
    thresholds={"threshold": 0.4, "seed_threshold": 0.6, "min_area_m2": 12.0},
    licence="CC BY-SA 4.0",
    attribution=("somebody",),
)
