"""Crops: where they come from, that labels follow the image, that they are the same every time."""

from __future__ import annotations

import json
import math
import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import make_place
from PIL import Image

from building_footprints_plugin.engine.errors import BadInput
from training.augment import View, random_view, recolour, take_view
from training.config import TrainOptions
from training.dataset import Crops, epoch_crops
from training.places import Place, read_places
from training.prepare import resample_picture
from training.sampling import sampling, towards_building

STRAIGHT = View(0.5, 0.5, 1.0, 0.0, flip=False)


def picture(height: int = 40, width: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (height, width, 3)).astype(np.uint8), rng.integers(0, 60_000, (height, width)).astype(
        np.uint16
    )


def test_a_straight_view_is_the_middle_of_the_picture() -> None:
    image, numbers = picture()
    crop, labels = take_view(image, numbers, STRAIGHT, 20)
    np.testing.assert_array_equal(crop, image[10:30, 20:40])
    np.testing.assert_array_equal(labels, numbers[10:30, 20:40])


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_quarter_turns_move_pixels_without_changing_them(quarter: int) -> None:
    image, numbers = picture()
    crop, labels = take_view(image, numbers, replace(STRAIGHT, turn=quarter * math.pi / 2), 20)
    np.testing.assert_array_equal(labels, np.rot90(numbers[10:30, 20:40], quarter))
    assert abs(crop.astype(int) - np.rot90(image[10:30, 20:40], quarter)).max() <= 1


def test_flip_and_scale() -> None:
    image, numbers = picture()
    _, flipped = take_view(image, numbers, replace(STRAIGHT, flip=True), 20)
    np.testing.assert_array_equal(flipped, numbers[10:30, 20:40][:, ::-1])
    blocks = np.kron(np.arange(1, 13).reshape(3, 4), np.ones((20, 20))).astype(np.uint16)
    _, half = take_view(np.zeros((60, 80, 3), np.uint8), blocks, replace(STRAIGHT, scale=2.0), 30)
    np.testing.assert_array_equal(half, blocks[1:60:2, 11:70:2])  # every second pixel of the 60 x 60 in the middle


def test_small_pictures_fill_a_crop_by_mirroring() -> None:
    image, numbers = picture(10, 10)
    _, labels = take_view(image, numbers, STRAIGHT, 20)
    np.testing.assert_array_equal(labels[5:15, 5:15], numbers)
    np.testing.assert_array_equal(labels[4, 5:15], numbers[0])  # mirrored about the edge itself


def test_random_views_stay_in_their_range() -> None:
    views = [random_view(np.random.default_rng(seed), 1.5, 0.4) for seed in range(300)]
    scales = np.array([view.scale for view in views]) / 1.5
    assert scales.min() >= 1 / 1.4
    assert scales.max() <= 1.4
    assert np.median(scales) == pytest.approx(1, abs=0.1)


def test_colours_change_but_stay_a_picture() -> None:
    image, _ = picture()
    changed = [recolour(image, np.random.default_rng(seed)) for seed in range(30)]
    assert {one.dtype for one in changed} == {np.dtype(np.uint8)}
    assert {one.shape for one in changed} == {image.shape}
    assert sum(not np.array_equal(one, image) for one in changed) > 25


@pytest.fixture
def data(tmp_path: Path) -> Path:
    make_place(tmp_path / "good_town")
    make_place(tmp_path / "fair_town", quality="fair", gsd_m=0.2, tiles=8)
    make_place(tmp_path / "shifted_town", quality="offset")
    make_place(tmp_path / "far_town", split="val")
    return tmp_path


def test_crops_are_the_same_every_time_and_differ_from_one_another(data: Path) -> None:
    options = TrainOptions(crop_px=64)
    first, second = (Crops(read_places(data, "train"), options) for _ in range(2))
    for number in (0, 7):
        assert all(torch.equal(a, b) for a, b in zip(first[number], second[number], strict=True))
    assert not torch.equal(first[0][0], first[1][0])
    other = Crops(read_places(data, "train"), replace(options, seed=2))
    assert not torch.equal(first[0][0], other[0][0])


def test_labels_follow_the_image(data: Path) -> None:
    """Bright is building in these places, whatever the view; colours may be changed but not their order."""
    crops = Crops(read_places(data, "train"), TrainOptions(crop_px=64))
    agreed = []
    for number in range(20):
        pixels, classes, _ = crops[number]
        grey = pixels.float().mean(0)
        building, ground = (classes == 1) | (classes == 2), classes == 0
        if building.any() and ground.any():
            agreed.append(float(grey[building].mean() - grey[ground].mean()))
    assert len(agreed) > 10
    assert min(agreed) > 10


def test_places_that_are_not_trusted_are_not_drawn(data: Path) -> None:
    crops = Crops(read_places(data, "train"), TrainOptions(crop_px=32))
    trusted = {round(float(crops[number][2].min()), 3) for number in range(30)}
    assert trusted <= {0.7, 1.0, 2.1, 3.0}  # fair and good; a crop that lies wholly between buildings counts threefold
    assert len(trusted) > 1


def test_pixels_between_buildings_weigh_more(data: Path) -> None:
    weight = Crops(read_places(data, "train"), TrainOptions(crop_px=64, contact_weight=5.0))[0][2]
    assert float(weight.max() / weight.min()) == pytest.approx(5.0)


def spread_out(data: Path) -> list[Place]:
    """A place of two large tiles, of which one holds a single small building and the other none."""
    folder = make_place(data / "wide", size=400)
    for number in (0, 1):
        instances = np.zeros((400, 400), np.uint16)
        if number == 0:
            instances[10:16, 380:388] = 7
        Image.fromarray(instances).save(folder / "instances" / f"t{number}.png")
    return [place for place in read_places(data) if place.name == "wide"]


def shares_of_buildings(places: list[Place], share: float, count: int = 40) -> float:
    crops = Crops(places, TrainOptions(crop_px=64, building_share=share, contact_weight=1))
    return float(np.mean([((crops[n].classes == 1) | (crops[n].classes == 2)).any().item() for n in range(count)]))


def test_buildings_are_looked_for_and_empty_ground_is_still_seen(data: Path) -> None:
    """By chance a crop of 64 px shows that building in few of a hundred; a share of 0.5 shows it in about half."""
    places = spread_out(data)
    assert shares_of_buildings(places, 0.0) < 0.1
    assert 0.3 < shares_of_buildings(places, 0.5) < 0.7
    assert shares_of_buildings(places, 1.0) > 0.8  # where four tiles in a row were the empty one it stays empty


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), row=st.integers(15, 84), col=st.integers(15, 64))
def test_a_building_looked_for_is_seen_at_any_angle(seed: int, row: int, col: int) -> None:
    rng = np.random.default_rng(seed)
    instances = np.zeros((100, 80), np.uint16)
    instances[row - 1 : row + 2, col - 1 : col + 2] = 5
    view = towards_building(random_view(rng, 1.0, 0.3), instances, 40, rng)
    assert (take_view(np.zeros((100, 80, 3), np.uint8), instances, view, 40)[1] == 5).any()


def test_a_tile_without_buildings_is_taken_as_it_comes() -> None:
    rng = np.random.default_rng(0)
    unknown = np.full((50, 50), 65535, np.uint16)
    assert towards_building(STRAIGHT, unknown, 20, rng) == STRAIGHT


def test_chips_cover_every_pixel_and_the_last_are_shifted_inside(data: Path) -> None:
    """A tile of 100 x 70 in chips of 40: 3 x 2 of them, whose rows begin at 0, 40, 60 and columns at 0, 30."""
    folder = make_place(data / "odd", tiles=1)
    numbers = np.arange(1, 7001).reshape(100, 70).astype(np.uint16)
    Image.fromarray(numbers).save(folder / "instances" / "t0.png")
    Image.fromarray(np.zeros((100, 70, 3), np.uint8)).save(folder / "images" / "t0.jpg")
    options = TrainOptions(crop_px=40, sampling="chips", augment="none")
    place = next(place for place in read_places(data) if place.name == "odd")
    cut = sampling([place], options)
    chips = [cut(number, np.random.default_rng(0)).instances for number in range(6)]
    corners = {tuple(int(v) for v in np.argwhere(numbers == chip[0, 0])[0]) for chip in chips}
    assert corners == {(row, col) for row in (0, 40, 60) for col in (0, 30)}
    for chip in chips:
        row, col = np.argwhere(numbers == chip[0, 0])[0]
        np.testing.assert_array_equal(chip, numbers[row : row + 40, col : col + 40])


def test_every_chip_once_an_epoch_in_a_new_order(data: Path) -> None:
    options = TrainOptions(crop_px=48, sampling="chips", augment="none")
    places = [place for place in read_places(data, "train") if place.name == "good_town"]
    assert epoch_crops(places, options) == 8  # two tiles of 96 px in four chips each
    crops = Crops(places, options)
    epochs = [[crops[number].pixels.numpy().tobytes() for number in range(n * 8, n * 8 + 8)] for n in (0, 1)]
    assert len(set(epochs[0])) == 8
    assert set(epochs[0]) == set(epochs[1])
    assert epochs[0] != epochs[1]


def test_a_tile_smaller_than_a_chip_is_one_chip(data: Path) -> None:
    places = [place for place in read_places(data, "train") if place.name == "good_town"]
    assert epoch_crops(places, TrainOptions(crop_px=256)) == 2


def test_nothing_is_changed_without_augmentation(data: Path) -> None:
    """Every crop is a part of a tile as it is, at its own resolution."""
    places = [place for place in read_places(data, "train") if place.name == "good_town"]
    crop = Crops(places, TrainOptions(crop_px=96, augment="none", border_ring="straddling"))[0]
    tiles = [place.read(tile)[0] for place in places for tile in place.ids]
    assert any(np.array_equal(crop.pixels.numpy().transpose(1, 2, 0), tile) for tile in tiles)


def test_a_broken_tile_is_named(data: Path) -> None:
    (data / "good_town" / "images" / "t0.jpg").write_bytes(b"\xff\xd8 broken")
    place = next(place for place in read_places(data) if place.name == "good_town")
    with pytest.raises(BadInput, match=r"t0\.jpg cannot be read"):
        place.read("t0")


def test_sizes_that_differ_are_named(data: Path) -> None:
    place = next(place for place in read_places(data) if place.name == "good_town")
    (data / "good_town" / "instances" / "t1.png").write_bytes(
        (make_place(data / "big", size=128) / "instances" / "t1.png").read_bytes()
    )
    with pytest.raises(BadInput, match=r"Tile t1 of good_town has an image of \(96, 96\) and labels of \(128, 128\)"):
        place.read("t1")


def test_no_place_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No train place"):
        read_places(tmp_path, "train")


def test_area_counts_ground_not_pixels(data: Path) -> None:
    areas = {place.name: place.area_m2 for place in read_places(data)}
    assert areas["good_town"] == pytest.approx(2 * (96 * 0.3) ** 2)
    assert areas["fair_town"] == pytest.approx(8 * (96 * 0.2) ** 2)
    assert json.loads((data / "far_town" / "place.json").read_text())["split_hint"] == "val"


@pytest.mark.parametrize("scale", [1.25, 1.5, 2.0])
def test_a_coarser_crop_is_what_extraction_would_read(scale: float) -> None:
    """Noise resampled by the engine's rule and by a view differ by little of what sampling single pixels gives."""
    noise = np.random.default_rng(0).normal(128, 40, (240, 240, 3)).clip(0, 255).astype(np.uint8)
    read = resample_picture(noise, 1 / scale).astype(float)
    view = View(0.5, 0.5, scale, 0.0, False)
    seen = take_view(noise, np.zeros((240, 240), np.uint16), view, read.shape[0])[0].astype(float)
    assert seen[8:-8, 8:-8].std() == pytest.approx(read[8:-8, 8:-8].std(), rel=0.2)


@pytest.mark.parametrize("kind", ["random", "chips"])
def test_memory_does_not_grow_with_the_data(data: Path, kind: str) -> None:
    """Ten crops of 4,000 tiles take hardly more than ten of 40: tiles are read when they are drawn."""
    used = {}
    for count in (40, 4000):
        folder = make_place(data / f"town_{count}", tiles=1)
        for number in range(1, count):
            os.link(folder / "images" / "t0.jpg", folder / "images" / f"t{number}.jpg")
            os.link(folder / "instances" / "t0.png", folder / "instances" / f"t{number}.png")
        tracemalloc.start()
        places = [place for place in read_places(data) if place.folder == folder]
        crops = Crops(places, TrainOptions(crop_px=64, sampling=kind, contact_weight=1))
        assert all(crops[number].pixels.shape == (3, 64, 64) for number in range(0, count, count // 10))
        used[count] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert used[4000] - used[40] < 4000 * 300  # names and places of tiles: bytes a tile, where its image has 27,648
