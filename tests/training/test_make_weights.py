"""`make weights`, word for word, on tiny places with a tiny network: each step takes what the one before it left."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from makers import make_place

from building_footprints_plugin.engine.weights import read_manifest
from training.__main__ import main
from training.config import read_config
from training.state import LAST, read_state

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "training" / "weights.toml"
SHORT = (  # enough that any seed learns what is bright
    "--network unet_baseline --crop 64 --batch-size 4 --steps 80 --validate-every 40 --warmup-steps 5 --ema-decay 0.9 "
    "--learning-rate 1e-2 --mosaic-share 0 --workers 0 --accelerator cpu --precision 32-true"
)


def steps(folder: Path, train: str) -> list[list[str]]:
    """Return the words after `python -m training` of each line of the target, on data and for a file in `folder`."""
    target = re.search(r"^weights:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert target is not None
    recipe = target[1].replace("\\\n", " ").replace("training/data", f"{folder.as_posix()}/data")
    named = {"RUN": f"{folder.as_posix()}/run", "WEIGHTS": f"{folder.as_posix()}/w.safetensors", "TRAIN": train}
    for name, value in named.items():
        recipe = recipe.replace(f"$({name})", value)
    return [shlex.split(line)[3:] for line in recipe.strip().splitlines()]


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_a_file_with_scores_and_a_card_comes_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where make runs
    make_place(tmp_path / "data" / "near", tiles=4)
    make_place(tmp_path / "data" / "far", split="val")
    words = steps(tmp_path, SHORT)
    assert [line[0] for line in words] == ["train", "tune", "export", "evaluate", "export"]
    for line in words:
        assert main(line) == 0, capsys.readouterr().err
    manifest = read_manifest(tmp_path / "w.safetensors")
    assert manifest.licence == "CC BY-SA 4.0"
    assert manifest.training["options"]["colour_transfer"] == read_config(CONFIG)["colour_transfer"]
    assert manifest.training["options"]["steps"] == 80  # flags go before the file
    assert (manifest.training["places"], manifest.training["validation_places"]) == (["near"], ["far"])
    assert manifest.scores["far"]["tp"] > 0
    assert "confidence_slope" in manifest.thresholds
    card = (tmp_path / "run" / "card.md").read_text(encoding="utf-8")
    assert re.search(r"^\| far \| 6 \| \d", card, re.MULTILINE)
    assert (tmp_path / "run" / "tiles.jpg").is_file()
    assert main(steps(tmp_path, SHORT.replace("--steps 80", "--steps 82"))[0]) == 0  # goes on
    assert read_state(tmp_path / "run" / LAST)["step"] == 82
