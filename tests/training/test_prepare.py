"""Preparing tiles: resolution, labels, and SpaceNet's 16-bit images in degrees."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from makers import make_place
from PIL import Image

from building_footprints_plugin.engine.errors import BadInput
from training.places import read_places
from training.prepare import prepare_places, prepare_spacenet, resample_labels, resample_picture


def test_pictures_are_averaged_not_picked() -> None:
    """A board of single black and white pixels becomes grey at a third of the resolution."""
    board = np.kron(np.indices((60, 60)).sum(0) % 2, np.ones((1, 1), int)) * 255
    small = resample_picture(np.repeat(board[..., None], 3, axis=2).astype(np.uint8), 1 / 3)
    assert small.shape == (20, 20, 3)
    assert abs(small[2:-2, 2:-2].astype(int) - 127).max() < 25


def test_labels_keep_their_numbers() -> None:
    labels = np.kron(np.array([[1, 65535], [0, 300]]), np.ones((20, 20), int)).astype(np.uint16)
    np.testing.assert_array_equal(resample_labels(labels, 0.5), labels[::2, ::2])


def test_a_coarse_place_is_left_alone_and_a_fine_one_made_coarser(tmp_path: Path) -> None:
    make_place(tmp_path / "in" / "fine", gsd_m=0.1)
    make_place(tmp_path / "in" / "coarse", gsd_m=0.5)
    assert prepare_places(tmp_path / "in", tmp_path / "out", 0.2) == 4
    places = {place.name: place for place in read_places(tmp_path / "out")}
    assert (places["fine"].gsd_m, places["coarse"].gsd_m) == (0.2, 0.5)
    assert places["fine"].read("t0")[1].shape == (48, 48)
    assert places["coarse"].read("t0")[1].shape == (96, 96)
    assert places["fine"].info["attribution"] == "made for fine"


def test_running_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    make_place(tmp_path / "in" / "fine", gsd_m=0.1)
    for name in ("a", "b"):
        prepare_places(tmp_path / "in", tmp_path / name, 0.2)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) == 5
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


@pytest.fixture
def spacenet(tmp_path: Path) -> Path:
    """A SpaceNet-2 folder with one dark 16-bit tile, north-up in degrees, and one house of 20 x 20 px."""
    folder = tmp_path / "AOI"
    (folder / "RGB-PanSharpen").mkdir(parents=True)
    (folder / "geojson" / "buildings").mkdir(parents=True)
    step = 0.3 / 111_000
    transform = Affine(step, 0, -115.0, 0, -step, 0.01)  # near the equator, where a degree is a degree
    pixels = np.random.default_rng(0).integers(100, 400, (3, 100, 100)).astype(np.uint16)
    pixels[:, 40:60, 30:50] = 2000
    with rasterio.open(
        folder / "RGB-PanSharpen" / "RGB-PanSharpen_img1.tif", "w", driver="GTiff", width=100, height=100, count=3,
        dtype="uint16", crs="EPSG:4326", transform=transform,
    ) as dataset:  # fmt: skip
        dataset.write(pixels)
    left, top = -115.0 + 30 * step, 0.01 - 40 * step
    ring = [
        [left, top],
        [left + 20 * step, top],
        [left + 20 * step, top - 20 * step],
        [left, top - 20 * step],
        [left, top],
    ]
    house = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (folder / "geojson" / "buildings" / "buildings_img1.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [house]})
    )
    (folder / "place.json").write_text(
        json.dumps({"name": "AOI", "gsd_m": 0.3, "split_hint": "train", "label_quality": "good", "attribution": "me"})
    )
    return folder


def test_spacenet_tiles_are_stretched_and_their_houses_burnt_where_they_stand(spacenet: Path, tmp_path: Path) -> None:
    assert prepare_spacenet(spacenet, tmp_path / "out" / "held", ["img1"], "val") == 1
    (place,) = read_places(tmp_path / "out", "val")
    image, instances = place.read("img1")
    house = instances == 1
    assert house.sum() == pytest.approx(400, rel=0.1)
    assert image[house].mean() > 200
    assert image[instances == 0].mean() < 90


def test_missing_footprints_are_named(spacenet: Path, tmp_path: Path) -> None:
    (spacenet / "geojson" / "buildings" / "buildings_img1.geojson").unlink()
    with pytest.raises(BadInput, match=r"buildings_img1\.geojson is missing"):
        prepare_spacenet(spacenet, tmp_path / "out", ["img1"], "val")


def test_pictures_are_jpeg_without_colour_subsampling(tmp_path: Path) -> None:
    make_place(tmp_path / "in" / "fine", gsd_m=0.1)
    prepare_places(tmp_path / "in", tmp_path / "out", 0.2)
    with Image.open(tmp_path / "out" / "fine" / "images" / "t0.jpg") as picture:
        assert [component[1:3] for component in picture.layer] == [(1, 1)] * 3
