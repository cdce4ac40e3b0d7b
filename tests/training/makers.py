"""Tiny made-up places for the tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image


def make_place(
    folder: Path, *, split: str = "train", gsd_m: float = 0.3, quality: str = "good", tiles: int = 2, size: int = 96
) -> Path:
    """Write a place whose houses are bright on dark ground, two of them touching; its tiles differ."""
    for part in ("images", "instances"):
        (folder / part).mkdir(parents=True)
    rng = np.random.default_rng(len(folder.name))
    for number in range(tiles):
        instances = np.zeros((size, size), np.uint16)
        row, col = rng.integers(5, 20, 2)
        instances[row : row + 20, col : col + 20] = 1
        instances[row : row + 20, col + 20 : col + 40] = 2
        instances[row + 40 : row + 52, col + 5 : col + 30] = 3
        instances[-6:, -6:] = 65535
        image = np.where((instances > 0)[..., None], 220, 60) + rng.integers(-20, 20, (size, size, 3))
        Image.fromarray(image.astype(np.uint8)).save(folder / "images" / f"t{number}.jpg", quality=95)
        Image.fromarray(instances).save(folder / "instances" / f"t{number}.png")
    info = {"name": folder.name, "gsd_m": gsd_m, "split_hint": split, "label_quality": quality, "licence": "CC0"}
    (folder / "place.json").write_text(json.dumps({**info, "attribution": f"made for {folder.name}"}))
    return folder
