"""`prepare` from the command line: every kind of source, splits, manifest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from makers import make_place
from PIL import Image
from prepare_makers import (
    UTM,
    make_coco,
    make_spacenet,
    make_town,
    manifest,
    prepared,
    run,
    square,
    write_geojson,
    write_picture,
    write_raster,
)

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def test_spacenet_pairs_by_name_stretches_and_burns_houses_where_they_stand(tmp_path: Path) -> None:
    """img10 sorts before img9, and there are footprints of an image that is not there: order would mix them up."""
    source = make_spacenet(tmp_path / "AOI_2_Vegas_Train", range(8, 12))
    (source / "RGB-PanSharpen" / "RGB-PanSharpen_AOI_2_Vegas_img8.tif").unlink()
    assert run(source, tmp_path / "out", "--split", "val") == 0
    (place,) = prepared(tmp_path / "out").values()
    assert (place.name, place.split, place.gsd_m) == ("AOI_2_Vegas_Train", "val", 0.3)
    for number in (9, 10, 11):
        image, instances = place.read(f"AOI_2_Vegas_img{number}")
        house = instances == 1
        assert house.sum() == pytest.approx(400, rel=0.1)
        assert np.nonzero(house)[1].min() == pytest.approx(20 + number, abs=1)
        assert image[house].mean() > 200
        assert image[instances == 0].mean() < 90


def test_spacenet_images_without_buildings_may_lack_their_geojson(tmp_path: Path) -> None:
    """The table of solutions lists them; without it, it is said which images have no footprints."""
    source = make_spacenet(tmp_path / "AOI_3_Paris", range(1, 4), aoi="AOI_3_Paris")
    (source / "geojson" / "buildings" / "buildings_AOI_3_Paris_img2.geojson").unlink()
    assert run(source, tmp_path / "none", "--split", "train") == 2
    (source / "summaryData").mkdir()
    (source / "summaryData" / "AOI_3_Paris_Train_Building_Solutions.csv").write_text(
        "ImageId,BuildingId,PolygonWKT_Pix,PolygonWKT_Geo\n"
        'AOI_3_Paris_img1,1,"POLYGON ((0 0 0,9 0 0,9 9 0,0 0 0))","POLYGON ((0 0 0,9 0 0,9 9 0,0 0 0))"\n'
        "AOI_3_Paris_img2,-1,POLYGON EMPTY,POLYGON EMPTY\n"
    )
    assert run(source, tmp_path / "out", "--split", "train") == 0
    (place,) = prepared(tmp_path / "out").values()
    assert [int(place.read(name)[1].max(initial=0, where=place.read(name)[1] < 65535)) for name in place.ids] == [
        1,
        0,
        1,
    ]


def test_a_raster_with_footprints_in_another_crs(tmp_path: Path) -> None:
    """0.5 m pixels are coarser than --gsd: the pixels stay as they are, and so the squares are exact."""
    raster, truth = make_town(tmp_path / "in")
    assert run(raster, tmp_path / "out", "--truth", truth, "--split", "train", "--format", "png") == 0
    (place,) = prepared(tmp_path / "out").values()
    image, instances = place.read("town")
    expected = np.zeros((60, 100), np.uint16)
    expected[10:20, 10:20], expected[30:40, 60:70] = 1, 2
    np.testing.assert_array_equal(instances, expected)
    np.testing.assert_array_equal(image[..., 0], np.where(expected > 0, 200, 90))


def test_outside_of_the_area_nothing_is_known(tmp_path: Path) -> None:
    """The area is columns 0 to 30: the house at column 60 is neither building nor background."""
    raster, truth = make_town(tmp_path / "in")
    aoi = write_geojson(tmp_path / "aoi.geojson", [square(UTM, 0, 0, 30)], 32631)
    assert run(raster, tmp_path / "out", "--truth", truth, "--aoi", aoi, "--split", "train") == 0
    (place,) = prepared(tmp_path / "out").values()
    instances = place.read("town")[1]
    assert instances.shape == (30, 30)
    assert (instances == 1).sum() == 100


def test_nodata_is_unknown_and_chips_cover_everything(tmp_path: Path) -> None:
    """100 x 60 in chips of 40: columns 0, 40, 60 and rows 0, 20. The first 5 columns are nodata."""
    raster, truth = make_town(tmp_path / "in")
    pixels = np.full((3, 60, 100), 90, np.uint8)
    pixels[:, :, :5] = 0
    write_raster(raster, pixels, UTM, "EPSG:32631", nodata=0)
    words = (raster, tmp_path / "out", "--truth", truth, "--chip", 40, "--split")
    assert run(*words, "train") == 0
    place = prepared(tmp_path / "out")["town"]
    names = [f"town_{row}_{col}" for row in (0, 20) for col in (0, 40, 60)]
    assert sorted(place.ids) == sorted(names)
    assert (place.read("town_0_0")[1][:, :5] == 65535).all()
    assert all((place.read(name)[1][:, 5:] != 65535).all() for name in names)
    # Judged by, not trained on: each pixel has a label in one chip only.
    assert run(*words, "val", "--overwrite") == 0
    place = prepared(tmp_path / "out")["town"]
    assert sum(int((place.read(name)[1] != 65535).sum()) for name in names) == 60 * 95


def test_masks_become_buildings_by_their_parts(tmp_path: Path) -> None:
    """Two squares that touch at a corner only are two; 0.5 m pixels given by hand."""
    mask = np.zeros((30, 40), np.uint8)
    mask[5:10, 5:10] = mask[10:15, 10:15] = 255
    for number in range(2):
        write_picture(tmp_path / "in" / "images" / f"{number}.png", np.full((30, 40, 3), 90, np.uint8))
        write_picture(tmp_path / "in" / "masks" / f"{number}_mask.png", mask)
    assert run(tmp_path / "in", tmp_path / "out", "--image-gsd", 0.5, "--split", "train") == 0
    place = prepared(tmp_path / "out")["in"]
    expected = np.zeros((30, 40), np.uint16)
    expected[5:10, 5:10], expected[10:15, 10:15] = 1, 2
    np.testing.assert_array_equal(place.read("1")[1], expected)


def test_masks_in_a_folder_elsewhere(tmp_path: Path) -> None:
    write_picture(tmp_path / "rgb" / "one.jpg", np.full((30, 40, 3), 90, np.uint8))
    write_picture(tmp_path / "classes" / "one.png", np.tile(np.arange(4, dtype=np.uint8).repeat(10), (30, 1)))
    words = ("--masks", tmp_path / "classes", "--mask-value", 2, "--image-gsd", 0.5, "--split", "train")
    assert run(tmp_path / "rgb", tmp_path / "out", *words) == 0
    expected = np.zeros((30, 40), np.uint16)
    expected[:, 20:30] = 1
    np.testing.assert_array_equal(prepared(tmp_path / "out")["rgb"].read("one")[1], expected)


def test_chips_are_cut_out_of_the_whole_image(tmp_path: Path) -> None:
    """16-bit values are scaled over the whole image, so a chip looks as its part of the image does."""
    source = make_spacenet(tmp_path / "AOI", range(1, 4))
    words = ("--split", "train", "--format", "png")
    assert run(source, tmp_path / "whole", *words) == 0
    assert run(source, tmp_path / "chips", "--chip", 40, *words) == 0
    (whole,), (chips,) = prepared(tmp_path / "whole").values(), prepared(tmp_path / "chips").values()
    for name in chips.ids:
        key, row, col = name.rsplit("_", 2)
        window = np.s_[int(row) : int(row) + 40, int(col) : int(col) + 40]
        image, instances = whole.read(key)
        np.testing.assert_array_equal(chips.read(name)[0], image[window])
        np.testing.assert_array_equal(chips.read(name)[1], instances[window])


def test_a_coarse_place_is_left_alone_and_a_fine_one_made_coarser(tmp_path: Path) -> None:
    make_place(tmp_path / "in" / "fine", gsd_m=0.1)
    make_place(tmp_path / "in" / "coarse", gsd_m=0.5, split="val")
    assert run(tmp_path / "in", tmp_path / "out") == 0
    places = prepared(tmp_path / "out")
    assert (places["fine"].gsd_m, places["coarse"].gsd_m) == (0.2, 0.5)
    assert (places["fine"].split, places["coarse"].split) == ("train", "val")
    assert places["fine"].read("t0")[1].shape == (48, 48)
    before = prepared(tmp_path / "in")["coarse"].read("t0")[1]
    np.testing.assert_array_equal(places["coarse"].read("t0")[1], before)  # 65535 included
    assert {split: total["buildings"] for split, total in manifest(tmp_path / "out")["totals"].items()} == {
        "train": 6,
        "val": 6,
        "test": 0,
    }
    assert places["fine"].info["attribution"] == "made for fine"


def test_pictures_are_jpeg_without_colour_subsampling(tmp_path: Path) -> None:
    make_place(tmp_path / "in" / "fine", gsd_m=0.1)
    run(tmp_path / "in", tmp_path / "out")
    with Image.open(tmp_path / "out" / "fine" / "images" / "t0.jpg") as picture:
        assert [component[1:3] for component in picture.layer] == [(1, 1)] * 3


def test_images_are_split_70_15_15_and_the_manifest_says_so(tmp_path: Path) -> None:
    source = make_spacenet(tmp_path / "AOI_2_Vegas_Train", range(1, 21), size=64)
    assert run(source, tmp_path / "out", "--chip", 40, "--licence", "CC0") == 0
    found = manifest(tmp_path / "out")
    assert {split: total["images"] for split, total in found["totals"].items()} == {"train": 14, "val": 3, "test": 3}
    by_image = {src["image"]: place["split"] for place in found["places"] for src in place["sources"]}
    assert len(by_image) == 20  # no image in two splits
    assert found["parameters"]["seed"] == 1
    for place in found["places"]:
        assert (place["licence"], place["gsd_m"]) == ("CC0", 0.3)
        for source_entry in place["sources"]:
            assert source_entry["crs"] == "EPSG:4326"
            assert source_entry["sha256"] == hashlib.sha256((source / source_entry["image"]).read_bytes()).hexdigest()
            for chip in source_entry["chips"]:
                for file, checksum in chip["sha256"].items():
                    written = (tmp_path / "out" / place["name"] / file).read_bytes()
                    assert hashlib.sha256(written).hexdigest() == checksum
    assert run(source, tmp_path / "other", "--chip", 40, "--seed", 2) == 0
    assert {s["image"]: p["split"] for p in manifest(tmp_path / "other")["places"] for s in p["sources"]} != by_image


def test_a_lone_raster_is_split_into_ground_that_does_not_overlap(tmp_path: Path) -> None:
    """2000 px of 0.5 m: stretches of 1400, 300 and 300 px less 20 m of gap between each two."""
    raster, truth = make_town(tmp_path / "in", height=60, width=2000)
    assert run(raster, tmp_path / "out", "--truth", truth) == 0
    found = {place["split"]: place["sources"] for place in manifest(tmp_path / "out")["places"]}
    spans = {
        split: (min(c["col"] for c in s[0]["chips"]), max(c["col"] + c["width"] for c in s[0]["chips"]))
        for split, s in found.items()
    }
    (a, b), (c, d), (e, f) = sorted(spans.values())
    assert (a, f) == (0, 2000)
    assert (c - b, e - d) == (40, 40)
    assert spans["train"][1] - spans["train"][0] in (1380, 1360)  # at an end, or in the middle


def test_coco_folders_keep_their_own_splits(tmp_path: Path) -> None:
    outline = {"segmentation": [[10, 5, 20, 5, 20, 15, 10, 15]]}
    for name in ("train", "valid", "test"):
        make_coco(tmp_path / "roofs" / name, [outline])
        (tmp_path / "roofs" / name / "one.png").rename(tmp_path / "roofs" / name / f"{name}.png")
        file = tmp_path / "roofs" / name / "_annotations.coco.json"
        file.write_text(file.read_text().replace("one.png", f"{name}.png"))
    assert run(tmp_path / "roofs", tmp_path / "out", "--image-gsd", 0.5) == 0
    places = prepared(tmp_path / "out")
    assert {name: place.ids for name, place in places.items()} == {
        "roofs-train": ("train",),
        "roofs-val": ("valid",),
        "roofs-test": ("test",),
    }
    assert (places["roofs-val"].read("valid")[1][5:15, 10:20] == 1).all()


def test_help_reads_as_a_manual(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    said = capsys.readouterr().out
    assert "python -m training prepare AOI_2_Vegas_Train data/vegas" in said
    assert max(map(len, said.splitlines())) <= 120


def test_place_json_of_a_source_is_respected_and_what_the_user_says_wins(tmp_path: Path) -> None:
    source = make_spacenet(tmp_path / "AOI_2_Vegas_Train", range(1, 4))
    info = {"gsd_m": 0.3, "split_hint": "val", "licence": "CC BY-SA 4.0", "country": "USA", "label_quality": "good"}
    (source / "place.json").write_text(json.dumps(info))
    assert run(source, tmp_path / "out", "--quality", "fair", "--name", "vegas") == 0
    (place,) = prepared(tmp_path / "out").values()
    assert (place.name, place.split, place.trust, place.info["country"]) == ("vegas", "val", 0.7, "USA")
    assert place.info["licence"] == "CC BY-SA 4.0"
    assert run(source, tmp_path / "drawn", "--split", "draw") == 0
    assert {split: total["images"] for split, total in manifest(tmp_path / "drawn")["totals"].items()} == {
        "train": 1,
        "val": 1,
        "test": 1,
    }
