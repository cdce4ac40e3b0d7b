"""What `evaluate` says besides scores: what a confidence is worth, and how well a coarser picture would do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from makers import make_place
from rasterio import Affine
from weights_files import Bright, write_weights

from building_footprints_plugin.engine import extract
from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.weights import read_manifest
from training.__main__ import main
from training.calibration import calibration_rows
from training.coarser import coarsen
from training.judging import Judged


def judged(confidence: list[float], right: list[bool]) -> Judged:
    nothing = np.empty(0, dtype=object)
    building = np.where(right, np.arange(len(right)), -1)
    return Judged(nothing, nothing, np.array(confidence), building, np.array([right]), 0.0, 0.0)


def test_calibration_by_hand() -> None:
    rows = calibration_rows(judged([0.55, 0.92, 0.94, 0.92, 0.94, 1.0], [False, True, True, False, False, True]))
    assert [(row["confidence"], row["footprints"]) for row in rows] == [
        ("0.50 to 0.60", 1),
        ("0.90 to 0.95", 4),
        ("0.95 to 1.00", 1),
        ("all", 6),
    ]
    assert [row["right"] for row in rows] == [0.0, 0.5, 1.0, 0.5]
    assert [row["gap"] for row in rows[:3]] == pytest.approx([0.55, 0.43, 0.0])
    assert rows[-1]["gap"] == pytest.approx((0.55 + 4 * 0.43) / 6)
    assert calibration_rows(judged([], [])) == []


def write_picture(path: Path, crs: str, step: float, place: tuple[float, float]) -> Path:
    """40 x 20 px, checks of 2 x 2 px of 0 and 200 on the left, 100 on the right; the last 4 rows are not there."""
    checks = np.kron(np.indices((10, 10)).sum(0) % 2 * 200, np.ones((2, 2))).astype(np.uint8)
    pixels = np.concatenate([checks, np.full((20, 20), 100, np.uint8)], axis=1)
    there = np.full((20, 40), 255, np.uint8)
    there[16:] = 0
    profile = {"driver": "GTiff", "width": 40, "height": 20, "count": 3, "dtype": "uint8", "crs": crs}
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "w", **profile, transform=Affine(step, 0, place[0], 0, -step, place[1])) as made,
    ):
        made.write(np.stack([pixels] * 3))
        made.write_mask(there)
    return path


@pytest.mark.parametrize(
    ("crs", "step", "place"),
    [("EPSG:32631", 0.25, (5e5, 4e6)), ("EPSG:4326", 0.25 / 111_319.49, (9.0, 0.0))],
    ids=["metres", "degrees at the equator"],
)
def test_a_coarser_sensor_sees_means(tmp_path: Path, crs: str, step: float, place: tuple[float, float]) -> None:
    picture = write_picture(tmp_path / "p.tif", crs, step, place)
    with rasterio.open(picture) as before, rasterio.open(coarsen(picture, 1.0, tmp_path / "c.tif")) as after:
        assert after.shape == (5, 10)
        assert after.bounds == pytest.approx(before.bounds)
        assert (after.read(1)[:4] == 100).all()
        assert (after.dataset_mask() > 0).tolist() == [[True] * 10] * 4 + [[False] * 10]


def test_no_picture_is_made_finer(tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "p.tif", "EPSG:32631", 0.25, (5e5, 4e6))
    with pytest.raises(BadInput, match=r"p.tif has 0.25 m per pixel and cannot be seen at 0.1 m"):
        coarsen(picture, 0.1, tmp_path / "c.tif")


def test_the_command_says_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extract, "_load", lambda model: (Bright(), read_manifest(model.weights)))
    make_place(tmp_path / "data" / "far", split="val")
    words = ["evaluate", str(tmp_path / "data"), "--weights", str(write_weights(tmp_path / "w.safetensors"))]
    found = {}
    for seen_at in ("0.3", "2", "8"):
        assert main([*words, "--calibration", "--seen-at", seen_at]) == 0
        lines = capsys.readouterr().out.splitlines()
        found[seen_at] = float(lines[1].split()[8])  # pixel IoU
        assert lines[3].split() == ["confidence", "footprints", "said", "right", "gap"]
    assert found["0.3"] > found["2"] > found["8"]
    assert main([*words, "--seen-at", "0"]) == 2
    assert "--seen-at is 0; expected metres per pixel above 0" in capsys.readouterr().err
