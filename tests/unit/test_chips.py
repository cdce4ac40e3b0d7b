"""`chips`: tiles for training show the same pixels as extraction sees, and every building where it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from PIL import Image
from rasters import EAST, NORTH, UTM, noise, north_up, write_raster

from building_footprints_plugin.engine import chips
from building_footprints_plugin.engine.__main__ import main
from building_footprints_plugin.engine.burning import IGNORE
from building_footprints_plugin.engine.chips import cut
from building_footprints_plugin.engine.vector import Layer, reproject, write_layer

PIXEL_M = 0.3
HEIGHT, WIDTH = 70, 100


def house(left: int, top: int, right: int, bottom: int) -> shapely.Polygon:
    """A building whose walls lie on the borders of pixels."""
    return shapely.box(EAST + left * PIXEL_M, NORTH - bottom * PIXEL_M, EAST + right * PIXEL_M, NORTH - top * PIXEL_M)


def write_truth(folder: Path, *houses: shapely.Geometry, crs: str | None = UTM, name: str = "truth.gpkg") -> Path:
    write_layer(folder / name, Layer(np.array(houses, dtype=object), {}, crs))
    return folder / name


@pytest.fixture
def image(tmp_path: Path) -> str:
    return write_raster(tmp_path / "image.tif", noise(3, HEIGHT, WIDTH))


def tile(place: Path, name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    with (
        Image.open(place / "images" / f"{name}.jpg") as picture,
        Image.open(place / "instances" / f"{name}.png") as png,
    ):
        return np.asarray(picture), np.asarray(png).astype(np.uint16)


def whole(place: Path) -> NDArray[np.uint16]:
    """Return the instances of all tiles side by side; numbers are those of each tile."""
    result = np.full((HEIGHT, WIDTH), 9999, np.uint16)
    for path in (place / "instances").glob("*.png"):
        row, col = map(int, path.stem.split("_"))
        found = tile(place, path.stem)[1]
        result[row : row + found.shape[0], col : col + found.shape[1]] = found
    return result


@pytest.mark.parametrize(
    ("window", "side", "expected"),
    [
        pytest.param((0, 0, 64, 64), 64, [(0, 0, 64, 64)], id="one"),
        pytest.param((5, 7, 30, 20), 64, [(5, 7, 30, 20)], id="smaller than a tile"),
        pytest.param((0, 0, 10, 65), 64, [(0, 0, 10, 32), (0, 32, 10, 33)], id="one pixel too wide: two alike"),
        pytest.param((1, 0, 9, 4), 5, [(1, 0, 4, 4), (5, 0, 5, 4)], id="rows"),
    ],
)
def test_tiles_are_few_alike_and_cover_each_pixel_once(
    window: tuple[int, int, int, int], side: int, expected: list[tuple[int, int, int, int]]
) -> None:
    assert list(cut(window, side)) == expected


def test_pixels_and_buildings_keep_their_place(image: str, tmp_path: Path) -> None:
    truth = write_truth(tmp_path, house(10, 5, 20, 15), house(55, 30, 90, 60))
    assert main(["chips", image, str(truth), str(tmp_path / "data" / "town"), "--chip", "64"]) == 0
    place = tmp_path / "data" / "town"
    assert sorted(path.stem for path in (place / "images").iterdir()) == [
        "000000_000000", "000000_000050", "000035_000000", "000035_000050",
    ]  # fmt: skip
    expected = np.zeros((HEIGHT, WIDTH), np.uint16)
    expected[5:15, 10:20] = expected[30:60, 55:90] = 1  # each is the only one on its tiles
    np.testing.assert_array_equal(whole(place), expected)
    picture, _ = tile(place, "000035_000050")
    wanted = noise(3, HEIGHT, WIDTH)[:, 35:, 50:].transpose(1, 2, 0).astype(int)
    assert np.abs(picture.astype(int) - wanted).mean() < 8, "a picture of noise, after JPEG"


def test_place_json_says_what_training_asks_for(image: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = write_truth(tmp_path, house(10, 5, 20, 15))
    said = ["--split", "val", "--quality", "fair", "--licence", "CC0", "--attribution", "Käthe", "--json"]
    assert main(["chips", image, str(truth), str(tmp_path / "town"), *said]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["tiles"], figures["instances"], figures["gsd_m"]) == (1, 1, PIXEL_M)
    assert json.loads((tmp_path / "town" / "place.json").read_text(encoding="utf-8")) == {
        "name": "town",
        "gsd_m": PIXEL_M,
        "split_hint": "val",
        "label_quality": "fair",
        "licence": "CC0",
        "attribution": "Käthe",
        "source": "image.tif",
    }


def test_unknown_ground_is_ignored(tmp_path: Path) -> None:
    """No data in the image, outside of the extent and of the area; tiles without anything known are not made."""
    pixels = noise(3, HEIGHT, WIDTH)
    pixels[:, :12, :30] = 0
    image = write_raster(tmp_path / "image.tif", pixels, nodata=0)
    truth = write_truth(tmp_path, house(10, 5, 20, 15))
    area = write_truth(tmp_path, house(0, 0, 40, 70), name="area.gpkg")
    bounds = ",".join(map(str, (EAST, NORTH - 40 * PIXEL_M, EAST + 60 * PIXEL_M, NORTH)))
    words = ["chips", image, str(truth), str(tmp_path / "town"), "--chip", "32", "--aoi", str(area)]
    assert main([*words, "--bounds", bounds]) == 0
    expected = np.full((HEIGHT, WIDTH), 9999, np.uint16)
    expected[:40, :40] = 0
    expected[12:15, 10:20] = 1
    expected[:12, :30] = IGNORE
    np.testing.assert_array_equal(whole(tmp_path / "town"), expected)


def test_the_smaller_of_two_buildings_is_on_top_and_numbers_have_no_gaps(image: str, tmp_path: Path) -> None:
    hidden = house(42, 12, 48, 18)
    truth = write_truth(tmp_path, hidden, house(42, 12, 48, 18), house(40, 10, 60, 30), house(1, 1, 5, 5))
    assert main(["chips", image, str(truth), str(tmp_path / "town")]) == 0
    found = whole(tmp_path / "town")
    assert sorted(np.unique(found)) == [0, 1, 2, 3]
    assert len({found[2, 2], found[11, 41], found[15, 45]}) == 3


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_truth_in_any_coordinate_system_and_images_that_are_resampled(tmp_path: Path, crs: str) -> None:
    image = write_raster(tmp_path / "fine.tif", noise(3, 4 * HEIGHT, 4 * WIDTH), transform=north_up(PIXEL_M / 4))
    moved = reproject(np.array([house(10, 6, 30, 26)], dtype=object), UTM, crs)
    truth = write_truth(tmp_path, *moved, crs=crs)
    assert main(["chips", image, str(truth), str(tmp_path / "town"), "--gsd", "0.6"]) == 0
    _, found = tile(tmp_path / "town", "000000_000000")
    assert found.shape == (HEIGHT // 2, WIDTH // 2)
    expected = np.zeros_like(found)
    expected[3:13, 5:15] = 1
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["none.tif", "truth.gpkg", "town"], "none.tif", id="no image"),
        pytest.param(["image.tif", "none.gpkg", "town"], "There is no file none.gpkg", id="no truth"),
        pytest.param(["image.tif", "truth.gpkg", "there"], "there is there already; choose another name", id="twice"),
        pytest.param(["image.tif", "nowhere.gpkg", "town"], "nowhere.gpkg has no coordinate", id="truth without CRS"),
        pytest.param(["empty.tif", "truth.gpkg", "town"], "holds no valid pixel", id="image without data"),
        pytest.param(["image.tif", "truth.gpkg", "town", "--chip", "8"], "chip", id="too small tiles"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    write_raster("image.tif", noise(3, 40, 40))
    write_raster("empty.tif", np.zeros((3, 40, 40), np.uint8), nodata=0)
    write_truth(Path(), house(1, 1, 5, 5))
    write_truth(Path(), house(1, 1, 5, 5), crs=None, name="nowhere.gpkg")
    before = sorted(Path().iterdir())
    assert main(["chips", *words]) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed
    assert sorted(Path().iterdir()) == before


def test_ground_without_buildings_is_worth_a_warning(
    image: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = write_truth(tmp_path, house(1000, 1000, 1010, 1010))
    assert main(["chips", image, str(truth), str(tmp_path / "town")]) == 0
    assert "The tiles show no building" in capsys.readouterr().err
    assert not whole(tmp_path / "town").any()


def test_a_folder_where_nothing_may_be_made_is_believed_at_once(
    tmp_path: Path, image: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On Windows tempfile takes the refusal for a name that is taken, and tries the next one of two billion."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    truth = write_truth(tmp_path, house(10, 10, 30, 30))
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(chips, "try_to_write", refuse)
    monkeypatch.setattr(chips, "TemporaryDirectory", lambda **_: pytest.fail("tempfile was asked"))
    assert main(["chips", image, str(truth), str(tmp_path / "place"), "--licence", "CC0", "--attribution", "me"]) == 1
    assert "could not be written" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
