"""Folders of images with a raster of the same size for each: building masks, or instance numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from scipy import ndimage

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.raster.bands import alpha_bands
from building_footprints_plugin.engine.raster.source import open_dataset

from ...places import IGNORE_INSTANCE
from ..labelling import UNKNOWN, OnPixels
from ..missing import take_missing
from ..options import SourceOptions
from ..source import Collection, Image, Labels, by_key, pictures_in, safe_name

SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".jp2")
MASK_FOLDERS = ("instances", "masks", "mask", "labels", "gt")
MASK_ENDINGS = ("", "_mask", "_label", "_labels", "_gt")
SHOWN = 8


@dataclass(frozen=True)
class LabelRaster(OnPixels):
    """A raster with the image's own pixels: `kind` "instances" (one number a building) or "mask".

    In a mask, building is `value`, or whatever is not 0 where there is one such value only; its parts that share a
    side are one building. 65535, and the raster's own nodata value unless that is 0, are unknown.
    """

    kind: str
    value: int | None = None

    def numbers(self, shape: tuple[int, int]) -> NDArray[np.int32]:
        """Return label numbers `(height, width)`; raises BadInput if the file does not fit the image."""
        values, unknown = self._values(shape)
        if self.kind == "mask":
            values = np.asarray(ndimage.label(self._building(values, unknown))[0])
        return np.where(unknown, np.int32(UNKNOWN), values.astype(np.int32))

    def _values(self, shape: tuple[int, int]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        with open_dataset(self.file) as dataset:
            if (dataset.height, dataset.width) != shape:
                raise BadInput(
                    f"{self.file} has {dataset.height} x {dataset.width} pixels and its image {shape[0]} x {shape[1]}; "
                    "expected the same size."
                )
            colours = [band for band in dataset.indexes if band not in alpha_bands(dataset)]
            try:
                values = dataset.read(colours).max(axis=0)
            except RasterioError as error:
                raise BadInput(f"{self.file} could not be read; the file may be truncated: copy it again.") from error
            unknown = values == IGNORE_INSTANCE
            if dataset.nodata:
                unknown |= values == dataset.nodata
        if self.kind == "instances" and (values.dtype.kind not in "iu" or int(values.max()) > np.iinfo(np.int32).max):
            raise BadInput(f"{self.file} holds {values.dtype} values; expected whole numbers, one for each building.")
        return values, unknown

    def _building(self, values: NDArray[Any], unknown: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if self.value is not None:
            return np.asarray((values == self.value) & ~unknown)
        found = np.unique(values[(values != 0) & ~unknown])
        if len(found) > 1:
            named = ", ".join(f"{value:g}" for value in found[:SHOWN]) + (" …" if len(found) > SHOWN else "")
            raise BadInput(
                f"{self.file} holds the values {named}; expected 0 and one more: name the one that means building "
                "with --mask-value, or put rasters with a number for each building into a folder called instances."
            )
        return np.asarray((values != 0) & ~unknown)


def is_one(folder: Path) -> bool:
    """Say whether `folder` has images/ and a folder of masks beside it."""
    return (folder / "images").is_dir() and _mask_folder(folder) is not None


def _mask_folder(folder: Path) -> Path | None:
    return next((folder / name for name in MASK_FOLDERS if (folder / name).is_dir()), None)


def collections(folder: Path, how: SourceOptions, missing: str) -> list[Collection]:
    """Return the one collection of a folder; raises BadInput if masks are missing (see `missing`)."""
    pictures = folder / "images" if (folder / "images").is_dir() else folder
    rasters = Path(how.masks) if how.masks else _mask_folder(folder)
    if rasters is None or not rasters.is_dir():
        raise BadInput(f"There is no folder of masks for {folder}; name it with --masks FOLDER.")
    kind = "instances" if rasters.name == "instances" else "mask"
    by_stem = by_key(pictures_in(rasters, SUFFIXES), lambda path: path.stem)
    paths = by_key(pictures_in(pictures, SUFFIXES), lambda path: path.stem)
    if not paths:
        raise BadInput(f"{pictures} holds no image; expected files such as {', '.join(SUFFIXES[:4])}.")
    labels: dict[str, Labels | None] = {}
    for stem in paths:
        mask = next((by_stem[stem + end] for end in MASK_ENDINGS if stem + end in by_stem), None)
        labels[stem] = None if mask is None else LabelRaster(mask, kind, how.mask_value)
    found, skipped = take_missing(labels, missing, f"mask in {rasters}", "{}.png")
    images = tuple(
        Image(paths[stem], safe_name(stem), each, flat=True, pixel_m=how.image_gsd_m, bands=how.bands, crs=how.crs)
        for stem, each in found.items()
    )
    return [Collection(safe_name(folder.resolve().name), "masks", folder, images, {}, skipped)]
