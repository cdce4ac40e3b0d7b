"""One job: open an image, cut it into chips with their labels, write them, and tell what was written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image as Picture

from building_footprints_plugin.engine.burning import renumbered
from building_footprints_plugin.engine.raster import RasterReader

from ..places import IGNORE_INSTANCE
from .chips import Chip, chips_of, part_of
from .labelling import UNKNOWN
from .plan import Job
from .source import Labelled

JPEG_QUALITY = 92
HASH_BYTES = 2**20


@dataclass
class Cut:
    """What a job made: `image` describes the source, `chips` the files; `unknown_chips` had no known pixel."""

    image: dict[str, Any]
    chips: list[dict[str, Any]] = field(default_factory=list)
    unknown_chips: int = 0
    left_out: bool = False
    pixel_m: float = 0.0


def cut(job: Job) -> Cut:
    """Carry out a job; raises BadInput naming what cannot be used, OSError if a chip cannot be written."""
    image = job.image
    # A JPEG that ends early is an error, not a picture with a grey lower half.
    with rasterio.Env(GDAL_ERROR_ON_LIBJPEG_WARNING=True), image.open(job.gsd_m) as reader:
        labels = image.labels.on(reader, str(image.path))
        done = Cut(_described(job, reader), pixel_m=reader.grid.pixel_m)
        if labels is None:
            done.left_out = True
            return done
        window = labels.window
        if image.part is not None:
            window = part_of(window, *image.part, job.gap_px)
        chips = list(chips_of(window, job.chip_px)) if min(window[2:]) > 0 else []
        low, high = (len(chips) * end // job.count for end in (job.index, job.index + 1))
        for chip in chips[low:high]:
            name = f"{image.key}_{chip.window[0]}_{chip.window[1]}" if len(chips) > 1 else image.key
            pixels, numbers = _read(chip, reader, labels, judged=job.split != "train")
            if (numbers < 0).all():
                done.unknown_chips += 1
            else:
                done.chips.append({"id": name, **_placed(chip), **_write(job, name, pixels, renumbered(numbers))})
    return done


def _read(
    chip: Chip, reader: RasterReader, labels: Labelled, *, judged: bool
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return pixels (bands, height, width) and label numbers of a chip.

    Ground that is judged by counts once: an earlier chip that shows it has its labels.
    """
    pixels, valid = reader.read(*chip.window)
    numbers = labels.read(chip.window).copy()
    numbers[~valid] = UNKNOWN
    if judged:
        numbers[: chip.seen_rows] = UNKNOWN
        numbers[:, : chip.seen_cols] = UNKNOWN
    return pixels, numbers


def _write(job: Job, name: str, pixels: NDArray[np.uint8], instances: NDArray[np.uint16]) -> dict[str, Any]:
    """Write picture and labels of a chip; return what the manifest says of them."""
    files = {
        f"images/{name}.{job.picture}": _encoded(pixels.transpose(1, 2, 0), job.picture),
        f"instances/{name}.png": _encoded(instances, "png"),
    }
    for file, content in files.items():
        (job.folder / file).write_bytes(content)
    unknown = instances == IGNORE_INSTANCE
    return {
        "buildings": int(np.where(unknown, 0, instances).max()),
        "unknown": round(float(unknown.mean()), 4),
        "sha256": {file: hashlib.sha256(content).hexdigest() for file, content in files.items()},
    }


def _placed(chip: Chip) -> dict[str, int]:
    return dict(zip(("row", "col", "height", "width"), chip.window, strict=True))


def _encoded(array: NDArray[Any], kind: str) -> bytes:
    stream = BytesIO()
    picture = Picture.fromarray(np.ascontiguousarray(array))
    if kind == "jpg":
        picture.save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    else:
        picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _described(job: Job, reader: RasterReader) -> dict[str, Any]:
    """Return what the manifest says of a source image; its checksum is left to the first of its jobs."""
    image, root = job.image, job.root
    labels = image.labels.file
    described: dict[str, Any] = {
        "image": _relative(image.path, root),
        "labels": None if labels is None else _relative(labels, root),
        "sha256": _sha256(image.path) if job.index == 0 else None,
        "crs": None if image.flat else _crs(reader.crs),
        "grid_crs": None if image.flat else _crs(reader.grid.crs),
        "metres_per_pixel": round(reader.grid.pixel_m, 6),
        "height": reader.grid.height,
        "width": reader.grid.width,
    }
    if reader.stretch is not None:
        described["stretch"] = {"low": reader.stretch.low, "high": reader.stretch.high}
    return described


def _relative(path: Path, root: Path) -> str:
    """Return a path as seen from the source's folder, or its name: a manifest tells nothing about the machine."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _crs(crs: Any) -> str:
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(crs.to_wkt())


def _sha256(path: Path) -> str | None:
    """Return the checksum of a file, None of what is no file of this machine."""
    if not path.is_file():
        return None
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(HASH_BYTES):
            found.update(block)
    return found.hexdigest()
