"""What can be wrong with a source: each is one sentence that names the file, with exit code 2 and no target."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from affine import Affine
from makers import make_place
from prepare_makers import (
    UTM,
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

Make = Callable[[Path], tuple[Any, ...]]


def town(*more: object) -> Make:
    """The words for a raster with its footprints, and `more`."""

    def make(folder: Path) -> tuple[Any, ...]:
        raster, truth = make_town(folder)
        return (raster, "--truth", truth, *more)

    return make


def town_with(change: Callable[[Path, Path], object], *more: object) -> Make:
    """The same, after `change(raster, truth)`."""

    def make(folder: Path) -> tuple[Any, ...]:
        raster, truth = make_town(folder)
        change(raster, truth)
        return (raster, "--truth", truth, *more)

    return make


def spacenet_with(change: Callable[[Path], object], *more: object) -> Make:
    def make(folder: Path) -> tuple[Any, ...]:
        change(make_spacenet(folder, range(1, 4)))
        return (folder, *more)

    return make


def masks_with(mask: np.ndarray | None, *more: object) -> Make:
    def make(folder: Path) -> tuple[Any, ...]:
        write_picture(folder / "images" / "one.png", np.zeros((20, 30, 3), np.uint8))
        (folder / "masks").mkdir()
        if mask is not None:
            write_picture(folder / "masks" / "one.png", mask)
        return (folder, *more)

    return make


def place_with(change: Callable[[Path], object]) -> Make:
    def make(folder: Path) -> tuple[Any, ...]:
        change(make_place(folder / "town"))
        return (folder,)

    return make


def two_towns(folder: Path) -> tuple[Any, ...]:
    """Rasters of 0.5 m and of 2 m in one folder."""
    raster, truth = make_town(folder)
    coarse = np.zeros((3, 20, 20), np.uint8)
    write_raster(raster.with_name("coarse.tif"), coarse, Affine(2, 0, 500_000, 0, -2, 4_000_000), "EPSG:32631")
    return (folder, "--truth", truth)


def cut_off(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def shapefile_without_crs(raster: Path, truth: Path) -> None:
    path = truth.with_name("plain.shp")
    warnings.filterwarnings("ignore", message="'crs' was not provided")
    pyogrio.raw.write(
        path, shapely.to_wkb([shapely.box(500_000, 3_999_990, 500_010, 4_000_000)]), [], [], geometry_type="Polygon",
        crs=None, driver="ESRI Shapefile",
    )  # fmt: skip


ERRORS = [
    pytest.param(lambda folder: (folder / "gone",), "There is no file or folder .*gone; expected", id="wrong path"),
    pytest.param(lambda folder: (folder,), "is no source of labels; expected a SpaceNet-2", id="an empty folder"),
    pytest.param(lambda folder: make_town(folder)[:1], "needs its footprints, --truth", id="a raster alone"),
    pytest.param(town("--bands", "1,2,7"), "Band 7 was asked for; .*town.tif has bands 1 to 3", id="wrong band"),
    pytest.param(town("--chip", "0"), "--chip|chip_px", id="wrong size"),
    pytest.param(
        town("--images", "city"),
        "There is no image city in .*in; expected names without",
        id="an image that is not there",
    ),
    pytest.param(
        town_with(lambda raster, truth: cut_off(raster, 9000)), "town.tif could not be read at row", id="broken raster"
    ),
    pytest.param(
        town_with(lambda raster, truth: raster.write_text("hello")), "town.tif cannot be opened as a raster", id="text"
    ),
    pytest.param(
        town_with(lambda raster, truth: write_raster(raster, np.zeros((3, 9, 9), np.uint8), UTM, "")),
        "town.tif has no CRS; give one with --crs",
        id="raster without CRS",
    ),
    pytest.param(
        town_with(lambda raster, truth: write_geojson(truth, [square(Affine(1, 0, 5, 0, -1, 50), 0, 0, 1)])),
        r"houses.geojson \(extent 5,49,6,50\) and .*town.tif \(extent 3,36.14\d*,3.00\d*,36.14\d*\) do not overlap in",
        id="footprints elsewhere: both extents",
    ),
    pytest.param(
        town_with(lambda raster, truth: write_geojson(truth, [])), "houses.geojson holds no polygon", id="no footprint"
    ),
    pytest.param(
        town_with(lambda raster, truth: cut_off(truth, 300)),
        "houses.geojson .*(is not|could not be read)",
        id="cut off",
    ),
    pytest.param(
        town_with(lambda raster, truth: truth.write_text('{"type": "Point", "coordinates": [3, 36.1]}')),
        "holds points; expected polygons",
        id="points",
    ),
    pytest.param(town("--aoi", "nowhere.gpkg"), "There is no file nowhere.gpkg", id="no such area"),
    pytest.param(
        lambda folder: (make_spacenet(folder / "AOI", range(1, 4)), "--aoi", "a.gpkg"),
        "--aoi is for raster; the sources are spacenet",
        id="an option that would be passed over",
    ),
    pytest.param(
        lambda folder: (
            *masks_with(np.zeros((20, 30), np.uint8), "--image-gsd", 1)(folder),
            write_picture(folder / "images" / "one.jpg", np.zeros((20, 30, 3), np.uint8)).name,
        )[:3],
        "one.jpg and .*one.png would both be called one",
        id="a name twice",
    ),
    pytest.param(two_towns, r"from 0.5 m \(town.tif\) to 2 m \(coarse.tif\) per pixel", id="two resolutions"),
    pytest.param(
        spacenet_with(lambda f: (f / "geojson/buildings/buildings_AOI_2_Vegas_img2.geojson").unlink()),
        r"1 of 3 images have no footprints .*: AOI_2_Vegas_img2; expected buildings_AOI_2_Vegas_img2.geojson",
        id="missing footprints are named",
    ),
    pytest.param(
        spacenet_with(lambda f: (f / "geojson/buildings/buildings_AOI_2_Vegas_img2.geojson").write_text("{")),
        "buildings_AOI_2_Vegas_img2.geojson is not a vector file",
        id="a broken geojson is named",
    ),
    pytest.param(
        masks_with(None, "--image-gsd", 1), "1 of 1 images have no mask in .*: one; expected one.png", id="mask"
    ),
    pytest.param(masks_with(np.zeros((20, 30), np.uint8)), "give --image-gsd", id="no resolution"),
    pytest.param(
        masks_with(np.zeros((20, 31), np.uint8), "--image-gsd", 1), "20 x 31 pixels and its image 20 x 30", id="size"
    ),
    pytest.param(
        masks_with(np.tile(np.arange(3, dtype=np.uint8), (20, 10)), "--image-gsd", 1),
        "holds the values 1, 2; expected 0 and one more: name the one that means building with --mask-value",
        id="a mask of several classes",
    ),
    pytest.param(
        place_with(lambda place: (place / "place.json").write_text("{}")), "place.json has gsd_m None", id="no gsd_m"
    ),
    pytest.param(
        place_with(lambda place: (place / "place.json").write_text('{"gsd_m": 1, "split_hint": "training"}')),
        "split_hint 'training'; expected one of train, val, test",
        id="no such split",
    ),
    pytest.param(
        place_with(lambda place: (place / "place.json").write_text("{")), "place.json cannot be read as JSON", id="json"
    ),
    pytest.param(
        place_with(lambda place: (place / "images" / "t1.jpg").unlink()), "t1.jpg does not exist", id="no picture"
    ),
    pytest.param(
        place_with(lambda place: cut_off(place / "images" / "t1.jpg", 2000)),
        "t1.jpg (could not|cannot)",
        id="JPEG ends",
    ),
    pytest.param(
        place_with(lambda place: cut_off(place / "instances" / "t1.png", 100)),
        "t1.png could not be read",
        id="PNG ends",
    ),
]


@pytest.mark.parametrize(("make", "message"), ERRORS)
def test_one_sentence(make: Make, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    words = make(tmp_path / "in")
    assert run(words[0], tmp_path / "out", *words[1:]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(message, line)
    assert line.startswith("Error: ")
    assert line.endswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_footprints_without_a_crs_can_be_given_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raster, truth = make_town(tmp_path / "in")
    shapefile_without_crs(raster, truth)
    words = (raster, tmp_path / "out", "--truth", truth.with_name("plain.shp"), "--split", "train")
    assert run(*words) == 2
    assert "plain.shp has no CRS; give one with --truth-crs" in capsys.readouterr().err
    assert run(*words, "--truth-crs", "EPSG:32631") == 0
    instances = prepared(tmp_path / "out")["town"].read("town")[1]
    assert (instances == 1).sum() == 400
    assert (instances[:20, :20] == 1).all()


@pytest.mark.parametrize(("missing", "ids"), [("skip", 2), ("empty", 3)])
def test_images_without_footprints_are_left_out_by_name_or_taken_as_empty(
    missing: str, ids: int, tmp_path: Path
) -> None:
    source = make_spacenet(tmp_path / "AOI", range(1, 4))
    (source / "geojson" / "buildings" / "buildings_AOI_2_Vegas_img2.geojson").unlink()
    assert run(source, tmp_path / "out", "--missing", missing, "--split", "train") == 0
    (entry,) = manifest(tmp_path / "out")["places"]
    assert len(entry["sources"]) == ids
    assert entry["without_labels"] == (["AOI_2_Vegas_img2"] if missing == "skip" else [])


def test_a_raster_beside_the_footprints_is_left_out_by_name(tmp_path: Path) -> None:
    """Two rasters, and footprints of one: the other one has no labels, rather than no buildings."""
    raster, truth = make_town(tmp_path / "in")
    away = Affine(0.5, 0, 520_000, 0, -0.5, 4_000_000)
    write_raster(raster.with_name("away.tif"), np.zeros((3, 50, 50), np.uint8), away, "EPSG:32631")
    words = (raster.parent, tmp_path / "out", "--truth", truth, "--split", "train")
    assert run(*words) == 2
    assert run(*words, "--missing", "skip") == 0
    (entry,) = manifest(tmp_path / "out")["places"]
    assert entry["without_labels"] == ["away.tif"]
    assert prepared(tmp_path / "out")["in"].ids == ("town",)
