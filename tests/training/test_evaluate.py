"""`evaluate`: figures by hand, what is judged, and that it runs what users run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from makers import make_place
from PIL import Image
from rasterio import Affine
from weights_files import Bright, write_weights

from building_footprints_plugin.engine import extract
from building_footprints_plugin.engine.options import PolygonizeOptions, SegmentOptions
from building_footprints_plugin.engine.vector import Layer, write_layers
from building_footprints_plugin.engine.weights import read_manifest
from training import scenes
from training.__main__ import main
from training.contact_sheet import FOUND, Look, choose, looks_of
from training.evaluate import by_model, evaluate, row_of
from training.judging import Judged, figures_of, judge, together
from training.places import read_places
from training.scenes import Choice, read_scenes
from training.tables import SCORES, mean_row, table

UTM = "EPSG:32611"
HOUSES = [shapely.box(x, 0, x + 10, 10) for x in (0, 20, 40)]
PROPOSALS = [shapely.box(0, 0, 10, 10), shapely.box(21, 0, 31, 10), shapely.box(80, 0, 90, 10)]


def write_polygons(path: Path, polygons: list[shapely.Polygon], confidence: list[float] | None = None) -> Path:
    fields = {} if confidence is None else {"confidence": np.array(confidence)}
    write_layers(path, {"polygons": Layer(np.array(polygons, dtype=object), fields, UTM)})
    return path


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """A house found to the millimetre, one a metre off (IoU 90/110), one missed; and a footprint of nothing."""
    return judge(
        write_polygons(tmp_path / "found.gpkg", PROPOSALS, [0.9, 0.8, 0.7]),
        write_polygons(tmp_path / "truth.gpkg", HOUSES),
    )


def test_figures_by_hand(judged: Judged) -> None:
    row = row_of("here", [judged])
    assert [row[name] for name in ("buildings", "tp", "fp", "fn")] == [3, 2, 1, 1]
    assert row["precision"] == row["recall"] == pytest.approx(2 / 3)
    assert row["f1"] == pytest.approx(2 / 3)
    # two right ones at the limits 0.5 to 0.8, one at 0.85, 0.9 and 0.95; each time ranked before the false one
    assert row["average_precision"] == pytest.approx((7 * 2 / 3 + 3 * 1 / 3) / 10)
    assert row["pixel_iou"] == pytest.approx(190 / 410)
    # PoLiS of the second pair: two corners of four lie a metre off, on both sides; of the first 0
    assert row["boundary_m"] == pytest.approx(0.25)
    assert row["mean_iou"] == pytest.approx((1 + 90 / 110) / 2)
    assert (row["overlaps"], row["invalid"], row["vertex_ratio"]) == (0, 0, 1.0)


def test_scenes_are_taken_together_building_by_building(judged: Judged, tmp_path: Path) -> None:
    other = judge(
        write_polygons(tmp_path / "f.gpkg", HOUSES[:1], [0.75]), write_polygons(tmp_path / "t.gpkg", HOUSES[:1])
    )
    figures = figures_of(together([judged, other]))
    assert [figures[name] for name in ("tp", "fp", "fn")] == [3, 1, 1]
    assert figures["pixel_iou"] == pytest.approx((190 + 100) / (410 + 100))
    # ranks: 0.9 right, 0.8 right, 0.75 right, 0.7 false, of 4; from 0.85 on the second is wrong: 1/4 * (1 + 2/3)
    assert figures["average_precision"] == pytest.approx((7 * 3 / 4 + 3 * (1 + 2 / 3) / 4) / 10)


def test_nothing_found_of_nothing_is_zero(tmp_path: Path) -> None:
    empty = judge(write_polygons(tmp_path / "f.gpkg", []), write_polygons(tmp_path / "t.gpkg", []))
    row = row_of("empty", [empty])
    assert (row["f1"], row["average_precision"], row["pixel_iou"], row["boundary_m"]) == (0.0, 0.0, 0.0, None)


@pytest.fixture
def bright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "_load", lambda model: (Bright(), read_manifest(model.weights)))


def test_it_runs_what_users_run(tmp_path: Path, bright: None) -> None:
    """Bright houses, two of them touching, found as three; the corner that is not labelled counts for nothing."""
    data = make_place(tmp_path / "data" / "far", split="val", tiles=3).parent
    model = extract.Model(write_weights(tmp_path / "w.safetensors"), SegmentOptions())
    find = by_model(model, PolygonizeOptions(regularize="none"))
    [row] = [row_of(*each) for each in evaluate(data, Choice(), find)]
    assert row["buildings"] == 9
    assert row["pixel_iou"] > 0.97
    assert row["fp"] <= 3  # touching houses of one colour are one


def test_a_tile_is_a_raster_of_its_own(tmp_path: Path) -> None:
    """What lies beside it in the folder does not lie beside it on the ground."""
    [place] = read_places(make_place(tmp_path / "data" / "far", split="val", tiles=3).parent)
    for name, scene in zip(place.ids, read_scenes(place.folder.parent, Choice(), tmp_path), strict=True):
        with rasterio.open(scene.picture) as dataset:
            np.testing.assert_array_equal(dataset.read().transpose(1, 2, 0), place.read(name)[0])
            assert dataset.bounds == scene.ground == scene.tiles[0].box


def test_the_command_prints_and_writes(tmp_path: Path, bright: None, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("here", "there"):
        make_place(tmp_path / "data" / name, split="val")
    weights, table_file, sheet = (tmp_path / name for name in ("w.safetensors", "t.csv", "s.png"))
    words = ["evaluate", str(tmp_path / "data"), "--weights", str(write_weights(weights)), "--record", "--shapes"]
    assert main([*words, "--csv", str(table_file), "--contact-sheet", str(sheet)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in printed[:5]] == [
        "place",
        "here",
        "there",
        "all buildings",
        "mean of places",
    ]
    assert len({len(line) for line in printed[:5]}) == 1  # aligned
    assert "rotation deg" in printed[6]
    rows = {row["place"]: row for row in csv.DictReader(table_file.open())}
    assert int(rows["all buildings"]["tp"]) == int(rows["here"]["tp"]) + int(rows["there"]["tp"])
    scores = read_manifest(weights).scores
    assert scores["here"]["f1"] == pytest.approx(float(rows["here"]["f1"]), abs=1e-4)
    drawn = np.asarray(Image.open(sheet))
    assert (drawn == FOUND).all(axis=2).sum() > 100


def test_means_count_places_alike() -> None:
    rows = [
        {"place": "a", "tp": 1, "f1": 0.2, "boundary_m": None},
        {"place": "b", "tp": 9, "f1": 0.4, "boundary_m": 1.0},
    ]
    mean = mean_row(rows)
    assert mean == {"place": "mean of places", "f1": pytest.approx(0.3), "boundary_m": 1.0}
    last = table([*rows, mean], SCORES).splitlines()[-1].split()
    assert last[:4] == ["mean", "of", "places", "-"]


def test_the_sheet_shows_best_median_and_worst(judged: Judged) -> None:
    from building_footprints_plugin.engine.score import Counts
    from training.scenes import Tile

    def look(tp: int) -> Look:
        return Look(Tile(str(tp), (0, 0, 1, 1), UTM, lambda: None), judged, Counts(tp, 10 - tp, 10 - tp))

    chosen = [(kind, look.tile.name) for kind, look in choose([look(tp) for tp in range(11)])]
    kinds = ["best"] * 3 + ["median"] * 3 + ["worst"] * 3
    assert chosen == list(zip(kinds, ["10", "9", "8", "6", "5", "4", "2", "1", "0"], strict=True))
    assert [kind for kind, _ in choose([look(1), look(2)])] == ["best", "best"]
    assert choose([]) == []


def test_a_building_belongs_to_the_tile_of_its_centre(judged: Judged, tmp_path: Path) -> None:
    tiles = tuple(
        scenes.Tile(name, box, UTM, lambda: None) for name, box in (("w", (0, 0, 35, 10)), ("e", (35, 0, 99, 10)))
    )
    scene = scenes.Scene("place", None, tmp_path / "truth.gpkg", tiles)
    counts = {look.tile.name: look.counts for look in looks_of(scene, judged)}
    assert {name: (one.tp, one.fp, one.fn) for name, one in counts.items()} == {"w": (2, 0, 0), "e": (0, 1, 1)}


def spacenet(folder: Path, houses: list[shapely.Polygon]) -> Path:
    """A SpaceNet-2 folder of one 16-bit image of 0.3 m on a degree grid at the equator, and its footprints."""
    for part in ("RGB-PanSharpen", "geojson/buildings"):
        (folder / part).mkdir(parents=True)
    step = 0.3 / 111_319.49
    bright = rasterio.features.rasterize(houses, (200, 200)) if houses else np.zeros((200, 200), np.uint8)
    profile = {"driver": "GTiff", "width": 200, "height": 200, "count": 3, "dtype": "uint16", "crs": "EPSG:4326"}
    with rasterio.open(
        folder / "RGB-PanSharpen" / "RGB-PanSharpen_a.tif", "w", **profile, transform=Affine(step, 0, 9, 0, -step, 0.1)
    ) as file:
        file.write(np.stack([200 + 1500 * bright.astype(np.uint16)] * 3))
    degrees = shapely.transform(np.array(houses, dtype=object), lambda xy: xy * (step, -step) + (9, 0.1))
    features = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(one)} for one in degrees]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "geojson" / "buildings" / "buildings_a.geojson").write_text(text)
    return folder


def test_spacenet_folders_are_judged_as_they_are(
    tmp_path: Path, bright: None, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = spacenet(tmp_path / "vegas", [shapely.box(40, 40, 90, 80), shapely.box(120, 40, 160, 100)])
    words = ["evaluate", str(folder), "--weights", str(write_weights(tmp_path / "w.safetensors"))]
    assert main([*words, "--contact-sheet", str(tmp_path / "s.png")]) == 0
    place, true, tp, fp, fn = capsys.readouterr().out.splitlines()[1].split()[:5]
    assert (place, true, tp, fp, fn) == ("vegas", "2", "2", "0", "0")
    assert (np.asarray(Image.open(tmp_path / "s.png")) == FOUND).all(axis=2).sum() > 100


@pytest.mark.parametrize("angle", [0, 17, 45, 80])
def test_truth_vectorised_back_is_the_truth(tmp_path: Path, angle: float, capsys: pytest.CaptureFixture[str]) -> None:
    """An L and a rectangle, at any angle, lose little: as the issue asks, but without a network."""
    ell = shapely.Polygon([(0, 0), (14, 0), (14, 7), (8, 7), (8, 15), (0, 15)])
    truth = [shapely.affinity.rotate(one, angle, origin=(0, 0)) for one in (ell, shapely.box(20, 0, 30, 8))]
    file = write_polygons(tmp_path / "truth.gpkg", [shapely.affinity.translate(one, 5e5, 4e6) for one in truth])
    assert main(["evaluate", str(file), "--from-truth", "--csv", str(tmp_path / "t.csv")]) == 0
    row = next(csv.DictReader((tmp_path / "t.csv").open()))
    assert row["tp"] == "2"
    assert float(row["mean_iou"]) >= 0.93
    assert float(row["rotation_error_deg"]) <= 1.5
    assert 0.8 <= float(row["vertex_ratio"]) <= 1.3
    assert "rotation deg" in capsys.readouterr().out


def test_truth_of_a_place_is_vectorised_only_where_it_is_labelled(tmp_path: Path) -> None:
    make_place(tmp_path / "data" / "far", split="val", tiles=2)
    assert main(["evaluate", str(tmp_path / "data"), "--from-truth", "--csv", str(tmp_path / "t.csv")]) == 0
    row = next(csv.DictReader((tmp_path / "t.csv").open()))
    assert (row["buildings"], row["tp"], row["fp"]) == ("6", "6", "0")
    assert float(row["pixel_iou"]) > 0.97


def test_truth_without_buildings_gives_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(spacenet(tmp_path / "desert", [])), "--from-truth"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:5] == ["desert", "0", "0", "0", "0"]


def test_long_truth_is_burnt_in_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training import from_truth

    houses = [shapely.box(5e5, 4e6 - 20 * n, 5e5 + 9, 4e6 - 20 * n + 12) for n in range(12)]
    file = write_polygons(tmp_path / "truth.gpkg", houses)
    found = {}
    for rows in (1024, 50):
        monkeypatch.setattr(from_truth, "STRIP_ROWS", rows)
        from_truth.vectorise_truth(
            scenes.Scene("x", None, file), from_truth.Burning(), PolygonizeOptions(), tmp_path / f"{rows}.gpkg"
        )
        found[rows] = judge(tmp_path / f"{rows}.gpkg", file).proposals
    assert len(found[50]) == 12
    assert shapely.equals_exact(shapely.normalize(found[50]), shapely.normalize(found[1024]), 1e-6).all()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").symlink_to("/dev/full")
    assert main(["evaluate", str(places_only(tmp_path)), "--from-truth", "--csv", str(tmp_path / "t.csv")]) == 1
    printed = capsys.readouterr().err
    assert "No space left on device" in printed
    assert printed.count("\n") == 1


def places_only(folder: Path) -> Path:
    make_place(folder / "data" / "far", split="val")
    return folder / "data"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "There is no folder nowhere"),
        (["{data}", "--split", "test"], "No test place in"),
        (["{data}", "--places", "far,near"], "There is no place near in .* it has far"),
        (["{data}", "--weights", "none.safetensors"], "no weights file .*none.safetensors"),
        (["{data}", "--weights", "{text}"], "is not a whole .safetensors file"),
        (["{data}", "--weights", "none.pt"], "There is no checkpoint none.pt"),
        (["{data}", "--from-truth", "--burn-gsd", "0"], "--burn-gsd is 0; expected a value from"),
        (["{mosaic}"], "There is no .*buildings.geojson"),
        (["{vector}"], "is truth without a picture"),
        (["{data}", "--contact-sheet", "sheet.xyz"], "extension .*png"),
        (["{data}", "--csv", "no/where.csv", "--from-truth"], "There is no folder no;"),
    ],
)
def test_mistakes_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    import re

    made = {"data": places_only(tmp_path), "text": tmp_path / "text.safetensors", "mosaic": tmp_path / "mosaic"}
    made["text"].write_text("weights")
    made["mosaic"].mkdir()
    (made["mosaic"] / "image.tif").write_text("no image")
    made["vector"] = write_polygons(tmp_path / "truth.gpkg", HOUSES)
    assert main(["evaluate", *(word.format(**made) for word in words)]) in (1, 2)
    printed = capsys.readouterr().err
    assert re.search(sentence, printed), printed
    assert printed.count("\n") == 1


def test_a_split_of_places_and_named_places(tmp_path: Path) -> None:
    make_place(tmp_path / "data" / "far", split="val", tiles=1)
    make_place(tmp_path / "data" / "near", split="train", tiles=1)
    for choice, expected in (
        (Choice("val"), ["far"]),
        (Choice("train"), ["near"]),
        (Choice(None), ["far", "near"]),
        (Choice("val", ("near", "far", "near")), ["near", "far"]),
    ):
        assert [scene.place for scene in read_scenes(tmp_path / "data", choice, tmp_path)] == expected
