"""What the engine says of its options is shown in the words of the dialog."""

from __future__ import annotations

import processing
import pytest
from conftest import ROOT, Listener
from osgeo import gdal
from qgis.core import QgsProcessingException

from building_footprints_plugin.algorithms.labels import SETTINGS, with_labels
from building_footprints_plugin.bridge.errors import BridgeError
from building_footprints_plugin.bridge.run import Limits, run_command

DEMO = ROOT / "tests" / "data" / "demo" / "vegas.tif"


@pytest.mark.parametrize(
    ("algorithm", "text", "expected"),
    [
        ("extractbuildings", "truncated; see --damaged.", "truncated; see “Where the image cannot be read”."),
        ("extractbuildings", "--min-area is -1", "“Smallest footprint (m²)” is -1"),
        ("scorefootprints", "--min-area is -1", "“Smallest polygon compared (m²)” is -1"),
        ("segmentbuildings", "has 2 bands: see --bands, --weights", "has 2 bands: see “Bands”, “Weights”"),
        ("segmentbuildings", "--bounds or --aoi", "“Extent” or “Mask polygons”"),
        ("segmentbuildings", "--threshold", "--threshold"),  # another algorithm's
        ("extractbuildings", "a -- b, --crs EPSG:1, --", "a -- b, --crs EPSG:1, --"),
    ],
)  # fmt: skip
def test_flags_become_labels(provider, algorithm, text, expected):
    assert with_labels(provider.algorithm(algorithm).create(), text) == expected


def test_a_flag_means_one_parameter():
    names = {(setting.flag, setting.name) for setting in SETTINGS}
    assert len(names) == len({flag for flag, _ in names})


def test_refusals_and_messages_go_through_it(fake_engine, feedback):
    limits = Limits(wording=str.upper)
    run_command(fake_engine("good"), feedback, limits)
    assert (feedback.infos, feedback.warnings) == (["A FACT"], ["A DOUBT"])
    with pytest.raises(BridgeError, match="BAND 9 WAS ASKED FOR"):
        run_command(fake_engine("says_error"), feedback, limits)


def test_a_damaged_image_is_refused_in_the_words_of_the_dialog(provider, tmp_path):
    image = tmp_path / "image.tif"
    gdal.Translate(str(image), str(DEMO), creationOptions=["COMPRESS=DEFLATE", "TILED=YES"])
    dataset = gdal.Open(str(image))
    begin = int(dataset.GetRasterBand(1).GetMetadataItem("BLOCK_OFFSET_1_1", "TIFF"))
    with image.open("r+b") as file:
        file.seek(begin)
        file.write(b"\xff" * 40)
    parameters, feedback = {"INPUT": str(image), "OUTPUT": str(tmp_path / "p.tif")}, Listener()
    with pytest.raises(QgsProcessingException, match="see “Where the image cannot be read”"):
        processing.run("buildingfootprints:segmentbuildings", parameters)
    processing.run("buildingfootprints:segmentbuildings", {**parameters, "DAMAGED": "skip"}, feedback=feedback)
    assert any("is damaged" in text for text in feedback.warnings)
