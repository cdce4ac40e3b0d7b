"""Who goes where: the split of every image, the place it becomes part of, and the jobs of the worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from ..places import SPLITS
from .options import AUTO, DRAW, PrepareOptions
from .source import Collection, Image
from .split import draw, stretches

FEWEST_IMAGES = 3  # from which each split gets an image of its own
SHORTEST_PX = 128
GAP_M = 20.0  # ground left out between stretches of one image, so that hardly a building is in two
BIG_BYTES, JOB_PX = 50e6, 32e6


@dataclass(frozen=True)
class Planned:
    """One image of the plan: the place folder it goes to, its split, and the resolution it is kept at."""

    collection: Collection
    image: Image
    place: str
    split: str
    gsd_m: float


@dataclass(frozen=True)
class Job:
    """The share `index` of `count` of an image's chips, to be written below `folder`.

    It is all that is sent to another process: of its collection only the folder, `root`.
    """

    image: Image
    split: str
    gsd_m: float
    root: Path
    index: int
    count: int
    folder: Path
    chip_px: int
    picture: str

    @property
    def gap_px(self) -> float:
        """Ground left out between stretches."""
        return GAP_M / self.gsd_m


def plan(collections: Sequence[Collection], options: PrepareOptions) -> tuple[list[Planned], list[str]]:
    """Return every image with its place and split, and sentences that the user should read."""
    if options.split == DRAW:
        collections = [_without_splits(each) for each in collections]
        options = replace(options, split=AUTO)
    splits, notes = _splits_of_places(collections, options)
    planned: list[Planned] = []
    for collection in collections:
        gsd_m = collection.gsd_m(options.gsd_m)
        images, said = _split_images(collection, gsd_m, splits.get(collection.name), options)
        notes += said
        several = len({image.split for image in images}) > 1
        for image in images:
            split = image.split or SPLITS[0]
            place = f"{collection.name}-{split}" if several else collection.name
            planned.append(Planned(collection, image, place, split, gsd_m))
    return planned, notes


def _without_splits(collection: Collection) -> Collection:
    return replace(collection, images=tuple(replace(image, split=None) for image in collection.images))


def _splits_of_places(collections: Sequence[Collection], options: PrepareOptions) -> tuple[dict[str, str], list[str]]:
    """Return the split of each collection that goes to one as a whole."""
    if options.split != AUTO:
        return {each.name: options.split for each in collections}, []
    free = [each for each in collections if not all(image.split for image in each.images)]
    by_place = [each.name for each in free if options.split_by == "place" or _is_place(each, options)]
    notes = []
    if 0 < len(by_place) < FEWEST_IMAGES:
        notes.append(
            f"There are only {len(by_place)} places to split, so not every split gets one; draw images with "
            "--split-by image, or say what they are for with --split."
        )
    return draw(by_place, options.shares, options.seed), notes


def _is_place(collection: Collection, options: PrepareOptions) -> bool:
    return options.split_by == AUTO and collection.kind == "places"


def _split_images(
    collection: Collection, gsd_m: float, whole: str | None, options: PrepareOptions
) -> tuple[list[Image], list[str]]:
    """Return a collection's images with their splits; a lone raster comes back as three stretches of ground."""
    images = collection.images
    if options.split != AUTO or whole is not None:
        return [replace(image, split=whole if options.split != AUTO else image.split or whole) for image in images], []
    free = [image for image in images if image.split is None]
    if not free:
        return list(images), []
    if len(free) >= FEWEST_IMAGES:
        drawn = draw((image.key for image in free), options.shares, options.seed)
        return [image if image.split else replace(image, split=drawn[image.key]) for image in images], []
    return _few(collection, gsd_m, options)


def _few(collection: Collection, gsd_m: float, options: PrepareOptions) -> tuple[list[Image], list[str]]:
    """Split one or two images: a raster by stretches of its ground; else they all go to train."""
    found: list[Image] = []
    notes = []
    for image in collection.images:
        if image.split is not None:
            found.append(image)
        elif collection.kind == "raster" and _long_enough(image, gsd_m, options):
            parts = stretches(image.key, options.shares, options.seed)
            found += [
                replace(image, split=split, part=part, key=f"{image.key}-{split}") for split, part in parts.items()
            ]
            notes.append(
                f"{image.path.name} is cut along its longer side into one stretch of ground for each split, "
                f"{GAP_M:g} m apart; --split train takes it whole."
            )
        else:
            found.append(replace(image, split=SPLITS[0]))
            notes.append(
                f"{collection.name} has too few images to split; {image.path.name} is for train, and validation "
                "needs images from elsewhere."
            )
    return found, notes


def _long_enough(image: Image, gsd_m: float, options: PrepareOptions) -> bool:
    share = min(share for share in options.shares if share) / sum(options.shares)
    with image.open(gsd_m) as reader:
        labels = image.labels.on(reader, str(image.path))
        return labels is not None and max(labels.window[2:]) * share >= SHORTEST_PX + GAP_M / gsd_m


def jobs_of(each: Planned, folder: Path, options: PrepareOptions) -> Iterator[Job]:
    """Yield the jobs of a planned image in order: one, or several if it is large."""
    count, how = _pieces(each.image.path), (options.chip_px, options.picture)
    for index in range(count):
        yield Job(each.image, each.split, each.gsd_m, each.collection.root, index, count, folder / each.place, *how)


def _pieces(path: Path) -> int:
    """Return how many jobs an image makes; only large files are opened for it."""
    try:
        if not path.is_file() or path.stat().st_size < BIG_BYTES:
            return 1
        with rasterio.open(path) as dataset:
            pixels = int(dataset.width) * int(dataset.height)
        return max(1, round(pixels / JOB_PX))
    except (OSError, RasterioError):
        return 1  # the job itself says what is wrong
