"""Labelled imagery on disk: one folder per place, the unit by which data is split.

<place>/place.json            gsd_m, split_hint ("train", "val" or "test"), label_quality, licence, attribution
<place>/images/<id>.jpg       RGB, 8 bit; or <id>.png
<place>/instances/<id>.png    uint16: 0 background, 1..N one number per building, 65535 ignore
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from building_footprints_plugin.engine.errors import BadInput

from .prepare.resample import resample_labels, resample_picture

IGNORE_INSTANCE = 65535
BANDS = ("red", "green", "blue")  # of every picture
SPLITS = ("train", "val", "test")
TRUST = {"good": 1.0, "fair": 0.7, "offset": 0.0}  # weight of a place in the loss, by label_quality


@dataclass(frozen=True)
class Place:
    """One place: its folder, the ids of its tiles in order, and what place.json says."""

    folder: Path
    ids: tuple[str, ...]
    info: dict[str, Any]

    @property
    def name(self) -> str:
        """That of the folder."""
        return self.folder.name

    @property
    def gsd_m(self) -> float:
        """Metres per pixel of the stored images."""
        return float(self.info["gsd_m"])

    @property
    def split(self) -> str:
        """What the place is for: one of SPLITS, "train" where it does not say."""
        return str(self.info.get("split_hint", SPLITS[0]))

    @property
    def trust(self) -> float:
        """How much its labels count in the loss, 0 to 1; 0 leaves it out."""
        return TRUST[self.info.get("label_quality", "good")]

    @property
    def area_m2(self) -> float:
        """Ground the tiles cover, judged by the size of the first one."""
        with Image.open(self.folder / "instances" / f"{self.ids[0]}.png") as picture:
            return len(self.ids) * picture.width * picture.height * self.gsd_m**2

    def picture(self, tile_id: str) -> Path:
        """Return the file of a tile's image, which need not exist."""
        jpeg = self.folder / "images" / f"{tile_id}.jpg"
        lossless = jpeg.with_suffix(".png")
        return jpeg if jpeg.exists() or not lossless.exists() else lossless

    def read(self, tile_id: str) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        """Return the image `(height, width, 3)` and the instances `(height, width)` of one tile.

        Raises BadInput, naming the file, if one of the two is missing, broken or of another size.
        """
        image = _read_picture(self.picture(tile_id), "RGB").astype(np.uint8)
        instances = _read_picture(self.folder / "instances" / f"{tile_id}.png", None).astype(np.uint16)
        if image.shape[:2] != instances.shape:
            raise BadInput(
                f"Tile {tile_id} of {self.name} has an image of {image.shape[:2]} and labels of {instances.shape} "
                "pixels; expected the same size."
            )
        return image, instances

    def read_at(self, tile_id: str, gsd_m: float) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
        """Return what `read` does, resampled to `gsd_m` metres per pixel by the rules of extraction."""
        image, instances = self.read(tile_id)
        factor = self.gsd_m / gsd_m
        return resample_picture(image, factor), resample_labels(instances, factor)


def read_places(folder: Path, split: str | None = None) -> list[Place]:
    """Return the places below `folder`, sorted by name, of one split or of all.

    Raises BadInput if there is none.
    """
    places = [read_place(path.parent) for path in sorted(folder.glob("[!.]*/place.json"))]
    chosen = [place for place in places if place.ids and (split is None or place.split == split)]
    if not chosen:
        kind = f"{split} place" if split else "place"
        raise BadInput(f"No {kind} in {folder}; expected folders with place.json, images/ and instances/.")
    return chosen


def read_place(folder: Path) -> Place:
    """Return one place.

    Raises BadInput if place.json cannot be read or lacks something that every place needs.
    """
    file = folder / "place.json"
    try:
        info = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read as JSON ({error}); correct it.") from error
    gsd_m = info.get("gsd_m") if isinstance(info, dict) else None
    if not isinstance(gsd_m, (int, float)) or not gsd_m > 0:
        raise BadInput(f"{file} has gsd_m {gsd_m!r}; expected metres per pixel, a number above 0.")
    for name, known in (("split_hint", SPLITS), ("label_quality", tuple(TRUST))):
        if info.get(name, known[0]) not in known:
            raise BadInput(f"{file} has {name} {info[name]!r}; expected one of {', '.join(known)}.")
    ids = tuple(sorted(path.stem for path in (folder / "instances").glob("*.png")))
    return Place(folder, ids, info)


def _read_picture(path: Path, mode: str | None) -> NDArray[Any]:
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert(mode) if mode else picture)
    except (OSError, SyntaxError) as error:
        raise BadInput(f"{path} cannot be read as a picture ({error}); delete the tile or copy it again.") from error
