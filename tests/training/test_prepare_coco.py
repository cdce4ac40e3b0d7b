"""COCO: outlines of several parts, both kinds of run lengths, crowds, and what such files lack."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prepare_makers import make_coco, prepared, run

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

SQUARE = [[10, 5, 20, 5, 20, 15, 10, 15]]
SHAPE = (40, 60)


def box(rows: slice, cols: slice, number: int = 1) -> np.ndarray:
    found = np.zeros(SHAPE, int)
    found[rows, cols] = number
    return found


def uncompressed(mask: np.ndarray) -> dict[str, Any]:
    """Return run lengths, column by column from a run of zeros, made without the library that reads them."""
    flat = np.concatenate([[0], mask.T.ravel() > 0, [0]]).astype(int)
    changes = np.flatnonzero(np.diff(flat))
    edges = np.concatenate([[0], changes, [] if mask[-1, -1] else [mask.size]]).astype(int)
    return {"size": list(mask.shape), "counts": np.diff(edges).tolist()}


PART = box(slice(25, 35), slice(40, 50))
# Made by pycocotools 2.0.11 from PART, and from a picture full of crowd.
PART_COMPRESSED = {"size": [40, 60], "counts": "ib1:n000000000000000000g;"}
ALL_COMPRESSED = {"size": [40, 60], "counts": "0P[2"}
# A house of 4 columns x 3 rows at (2, 1) of a picture of 40 rows, by hand: 2 columns and 1 row of nothing, then a
# column's 3 rows, then the 37 to the next column's.
BY_HAND = {"size": [40, 60], "counts": [81, 3, 37, 3, 37, 3, 37, 3, 2400 - 81 - 12 - 111]}

CASES = [
    pytest.param([{"segmentation": SQUARE}], box(slice(5, 15), slice(10, 20)), id="one polygon"),
    pytest.param(
        [{"segmentation": [*SQUARE, [40, 25, 50, 25, 50, 35, 40, 35]]}],
        box(slice(5, 15), slice(10, 20)) + PART,
        id="two parts are one building",
    ),
    pytest.param(
        [{"segmentation": [*SQUARE, [12, 7, 22, 7, 22, 17, 12, 17]]}],
        np.maximum(box(slice(5, 15), slice(10, 20)), box(slice(7, 17), slice(12, 22))),
        id="parts that overlap are joined, not cut out of each other",
    ),
    pytest.param([{"segmentation": BY_HAND}], box(slice(1, 4), slice(2, 6)), id="uncompressed run lengths, by hand"),
    pytest.param([{"segmentation": uncompressed(PART)}], PART, id="uncompressed run lengths"),
    pytest.param([{"segmentation": PART_COMPRESSED}], PART, id="compressed run lengths"),
    pytest.param(
        [{"segmentation": SQUARE}, {"segmentation": ALL_COMPRESSED, "iscrowd": 1}],
        np.where(box(slice(5, 15), slice(10, 20)) > 0, 1, 65535),
        id="a crowd is unknown, but for the building told apart in it",
    ),
    pytest.param(
        [{"segmentation": SQUARE, "iscrowd": 1}], box(slice(5, 15), slice(10, 20), 65535), id="a crowd as polygon"
    ),
    pytest.param(
        [{"segmentation": SQUARE}, {"segmentation": [[1, 1, 5, 5]]}],
        box(slice(5, 15), slice(10, 20)),
        id="a line is no building",
    ),
    pytest.param([{"segmentation": [[30.4, 8.1, 30.6, 8.1, 30.6, 8.3]]}], box(slice(8, 9), slice(30, 31)), id="tiny"),
    pytest.param([], np.zeros(SHAPE, int), id="an image without annotations shows no building"),
]


@pytest.mark.parametrize(("annotations", "expected"), CASES)
def test_outlines(annotations: list[dict[str, Any]], expected: np.ndarray, tmp_path: Path) -> None:
    file = make_coco(tmp_path / "in", annotations)
    assert run(file, tmp_path / "out", "--image-gsd", 0.5, "--split", "train") == 0
    np.testing.assert_array_equal(prepared(tmp_path / "out")["in"].read("one")[1], expected)


def test_crowdai_has_its_pictures_in_a_folder(tmp_path: Path) -> None:
    make_coco(tmp_path / "train", [{"segmentation": SQUARE}]).rename(tmp_path / "train" / "annotation.json")
    (tmp_path / "train" / "images").mkdir()
    (tmp_path / "train" / "one.png").rename(tmp_path / "train" / "images" / "one.png")
    assert run(tmp_path / "train", tmp_path / "out", "--image-gsd", 0.3) == 0
    assert prepared(tmp_path / "out")["train"].split == "train"


def test_a_category_is_chosen_by_name(tmp_path: Path) -> None:
    other = [[40, 25, 50, 25, 50, 35, 40, 35]]
    file = make_coco(tmp_path / "in", [{"segmentation": SQUARE}, {"segmentation": other, "category_id": 0}])
    words = (file, tmp_path / "out", "--image-gsd", 0.5, "--split", "train", "--categories", "things")
    assert run(*words) == 0
    np.testing.assert_array_equal(prepared(tmp_path / "out")["in"].read("one")[1], PART)


def changed(**changes: Any) -> Any:
    return lambda folder: make_coco(folder, [{"segmentation": SQUARE}], **changes)


def without(part: str) -> Any:
    def make(folder: Path) -> Path:
        file = make_coco(folder, [])
        data = json.loads(file.read_text())
        del data[part]
        file.write_text(json.dumps(data))
        return file

    return make


def of(*annotations: dict[str, Any]) -> Any:
    return lambda folder: make_coco(folder, list(annotations))


ERRORS = [
    pytest.param(without("annotations"), "has no list called annotations", id="no annotations"),
    pytest.param(changed(images=[]), "lists no image", id="no images"),
    pytest.param(
        changed(images=[{"id": 7, "file_name": "one.png"}, {"id": 8, "file_name": "one.jpg"}]),
        "two images that would both be called one",
        id="the same name twice",
    ),
    pytest.param(changed(images=[{"id": 7}]), "an entry of images without file_name", id="no file name"),
    pytest.param(changed(images=[{"id": 7, "file_name": "lost.png"}]), "no picture beside .*: lost", id="no picture"),
    pytest.param(
        changed(images=[{"id": 8, "file_name": "one.png"}]), "annotations of image 7, which its images", id="stray"
    ),
    pytest.param(
        changed(images=[{"id": 7, "file_name": "one.png", "height": 400, "width": 600}]),
        "says that an image has 400 x 600 pixels; its picture has 40 x 60",
        id="other pictures",
    ),
    pytest.param(of({"segmentation": [], "bbox": [1, 1, 5, 5]}), "boxes without an outline", id="boxes only"),
    pytest.param(
        of({"segmentation": SQUARE}, {"segmentation": SQUARE, "category_id": 0}),
        r"several categories \(building, things\); name those",
        id="several categories",
    ),
    pytest.param(of({"segmentation": [[1, 2, 3]]}), r"broken outline \(annotation 0", id="odd number of coordinates"),
    pytest.param(of({"segmentation": [["a", "b"] * 4]}), r"broken outline \(annotation 0", id="text"),
    pytest.param(
        of({"segmentation": {"size": [9, 9], "counts": [81]}}), r"its size is \[9, 9\] and the image's \[40, 60\]",
        id="run lengths of another size",
    ),
    pytest.param(
        of({"segmentation": {"size": [40, 60], "counts": [81]}}), "sum up to 81 and", id="run lengths too short"
    ),
    pytest.param(
        of({"segmentation": {"size": [40, 60], "counts": "0001"}}), "sum up to 1 and", id="compressed ones too short"
    ),
    pytest.param(
        of({"segmentation": {"size": [40, 60], "counts": "a b"}}), "hold the character ' '", id="no such text"
    ),
    pytest.param(
        of({"segmentation": {"size": [40, 60], "counts": "00P"}}), "in the middle of a number", id="compressed, cut off"
    ),
    pytest.param(of({"segmentation": {"size": [40, 60], "counts": None}}), "not whole numbers", id="no run lengths"),
    pytest.param(of({"segmentation": {"counts": []}}), "its size is None", id="no size"),
    pytest.param(of({"segmentation": "a house"}), "broken outline", id="segmentation of no kind"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), ERRORS)
def test_what_is_wrong_is_said_in_a_sentence(
    make: Any, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = make(tmp_path / "in")
    assert run(file, tmp_path / "out", "--image-gsd", 0.5) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(message, line)
    assert not (tmp_path / "out").exists()


def test_json_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = make_coco(tmp_path / "in", [])
    file.write_text(json.dumps({"images": []})[:-3])
    assert run(file, tmp_path / "out", "--image-gsd", 0.5) == 2
    assert "cannot be read as JSON" in capsys.readouterr().err
