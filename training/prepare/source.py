"""What a source gives: images that are labelled in one way or another, not opened yet, in collections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster import RasterReader, open_picture, open_raster
from building_footprints_plugin.engine.raster.georeference import georeference
from building_footprints_plugin.engine.raster.grid import pixel_size_m
from building_footprints_plugin.engine.raster.source import open_dataset

from .chips import Window

SAMPLED_IMAGES = 20
ALIKE = 1.5  # largest factor between the resolutions of one collection's images


@dataclass(frozen=True)
class Labelled:
    """Label numbers of an opened image: `read` gives those of a window, 0 background, below 0 unknown.

    `window` is the part of the grid outside of which nothing is known.
    """

    window: Window
    read: Callable[[Window], NDArray[np.int32]]


class Labels(Protocol):
    """Where an image's labels are; small enough to be sent to another process."""

    @property
    def file(self) -> Path | None:
        """The file they are in."""

    def on(self, reader: RasterReader, name: str) -> Labelled | None:
        """Return the labels on the grid of an opened image, None if it is to be left out.

        `name` is what errors call the image. Raises BadInput if the labels cannot be used.
        """


@dataclass(frozen=True)
class Image:
    """One source image. `key` names its chips.

    If its labels are on its own pixels it is `flat`: resampled as it lies, not put on a map. `pixel_m` is the metres
    per pixel where the file's georeference is not to say it. `split` is what the source itself says the image is for,
    `part` a stretch of its longer side (shares from, to) where only that is meant.
    """

    path: Path
    key: str
    labels: Labels
    flat: bool = False
    pixel_m: float | None = None
    bands: tuple[int, ...] | None = None
    crs: str | None = None
    split: str | None = None
    part: tuple[float, float] | None = None

    def open(self, gsd_m: float) -> RasterReader:
        """Open it at `gsd_m` metres per pixel, with 8-bit values by the rule of extraction."""
        if self.flat:
            return open_picture(self.path, pixel_m=self._pixel_size_m(), gsd_m=gsd_m, bands=self.bands)
        return open_raster(self.path, gsd_m=gsd_m, bands=self.bands, crs=self.crs)

    def native_m(self) -> float:
        """Return the metres per pixel of the file itself, along its coarser side, to 2 digits where it is measured."""
        return self.pixel_m or float(f"{max(self._pixel_size_m()):.2g}")

    def _pixel_size_m(self) -> tuple[float, float]:
        """Return a pixel's (width, height) on the ground; raises BadInput if nothing says how large it is."""
        if self.pixel_m is not None:
            return self.pixel_m, self.pixel_m
        with open_dataset(self.path) as dataset:
            if self.flat and dataset.transform.is_identity and not dataset.gcps[0]:
                raise BadInput(
                    f"{self.path} does not say how large its pixels are; give --image-gsd, in metres per pixel."
                )
            return pixel_size_m(georeference(dataset, self.crs), dataset.height, dataset.width)


@dataclass(frozen=True)
class Collection:
    """Images of one place, with what place.json is to say of it; `skipped` are images without labels, by name."""

    name: str
    kind: str
    root: Path
    images: tuple[Image, ...]
    info: dict[str, Any]
    skipped: tuple[str, ...] = field(default=())

    def gsd_m(self, finest_m: float) -> float:
        """Return the metres per pixel its images are kept at: `finest_m`, or their own if that is coarser.

        Judged by 20 of them. Raises BadInput if these are not alike.
        """
        every = max(1, len(self.images) // SAMPLED_IMAGES)
        natives = {image.path.name: image.native_m() for image in self.images[::every]}
        finest, coarsest = min(natives, key=natives.__getitem__), max(natives, key=natives.__getitem__)
        if natives[coarsest] > ALIKE * natives[finest]:
            raise BadInput(
                f"{self.name} has images from {natives[finest]:g} m ({finest}) to {natives[coarsest]:g} m ({coarsest}) "
                "per pixel; expected one resolution: prepare them apart."
            )
        return max(finest_m, natives[coarsest])

    def only(self, wanted: Iterable[str]) -> Collection:
        """Return the collection with the images of these keys only."""
        return replace(self, images=tuple(image for image in self.images if image.key in set(wanted)))


def safe_name(text: str) -> str:
    """Return `text` with everything but letters, digits, `_`, `-` and `.` made `_`, for file names."""
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "place"


def pictures_in(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files of `folder` with one of these suffixes, in the order of their names, none that is hidden."""
    files = [path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith(".")]
    return sorted(files, key=lambda path: path.name)


def by_key(paths: Iterable[Path], key_of: Callable[[Path], str]) -> dict[str, Path]:
    """Return the files by their keys, in order; raises BadInput if two have the same."""
    found: dict[str, Path] = {}
    for path in paths:
        key = key_of(path)
        if key in found:
            raise BadInput(f"{found[key]} and {path} would both be called {key}; rename or move one of the two files.")
        found[key] = path
    return found


def check_keys(images: Iterable[Image]) -> None:
    """Raise BadInput if two images would get chips of the same name."""
    seen: dict[str, Path] = {}
    for image in images:
        if image.key in seen:
            raise BadInput(
                f"{seen[image.key]} and {image.path} would both be called {image.key}; rename one of the two files."
            )
        seen[image.key] = image.path
