"""Every parameter of `prepare`, once; the command line is made from these fields."""

from __future__ import annotations

from dataclasses import dataclass

from building_footprints_plugin.engine.errors import BadInput
from building_footprints_plugin.engine.parameters import Options, parameter

from ..places import SPLITS, TRUST

KINDS = ("places", "spacenet", "raster", "masks", "coco")
AUTO, DRAW = "auto", "draw"


@dataclass(frozen=True)
class PrepareOptions(Options):
    """What is made of the images: resolution, chips, and how they are split."""

    gsd_m: float = parameter(
        0.2,
        "finest metres per pixel kept; a collection that is coarser keeps its own",
        unit="m",
        minimum=0.01,
        maximum=100.0,
        flag="--gsd",
    )
    chip_px: int = parameter(
        768,
        "side of a chip; an image that is smaller stays whole, chips at the edges are shifted inside",
        unit="px",
        minimum=32,
        maximum=8192,
    )
    picture: str = parameter(
        "jpg",
        "jpg (quality 92, colours not subsampled) or png (lossless)",
        choices=("jpg", "png"),
        flag="--format",
    )
    split: str = parameter(
        AUTO,
        "what the images are for; auto takes the source's own word (split_hint, folders called train, valid, test) and "
        "draws by --shares where it has none, draw draws whatever it says",
        choices=(AUTO, DRAW, *SPLITS),
    )
    split_by: str = parameter(
        AUTO,
        "what is drawn: whole places, or source images within each place; auto draws places where SOURCE is a folder "
        "of places, else images",
        choices=(AUTO, "place", "image"),
    )
    shares: tuple[int, ...] = parameter((70, 15, 15), "shares of train, val and test, as in 70,15,15")
    seed: int = parameter(1, "seed of the split", minimum=0)
    missing: str = parameter(
        "stop",
        "what to do with an image that has no labels: stop, leave it out (its name goes into the manifest), or take "
        "it as free of buildings",
        choices=("stop", "skip", "empty"),
    )
    workers: int = parameter(2, "processes; the result does not depend on it", minimum=1, maximum=256)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.shares) != len(SPLITS) or min(self.shares) < 0 or self.shares[0] <= 0:
            raise BadInput(
                f"--shares is {','.join(map(str, self.shares))}; expected three numbers for train, val and test, "
                "such as 70,15,15."
            )


@dataclass(frozen=True)
class SourceOptions(Options):
    """How the sources are to be read, where they do not say so themselves."""

    kind: str = parameter(AUTO, "what SOURCE is; auto looks", choices=(AUTO, *KINDS))
    truth: str | None = parameter(None, "footprints of rasters: any vector file, in any CRS")
    truth_crs: str | None = parameter(None, "CRS of the footprints, if the file states none, as EPSG:N")
    aoi: str | None = parameter(None, "polygons of the ground that is labelled; outside of it nothing is learnt")
    crs: str | None = parameter(None, "CRS of the rasters, if they have none or a wrong one, as EPSG:N")
    bands: tuple[int, ...] | None = parameter(None, "red, green and blue, counted from 1; by default the first three")
    masks: str | None = parameter(None, "folder with the masks of the images in SOURCE, of the same names")
    mask_value: int | None = parameter(None, "the value that means building, in masks with several")
    image_folder: str | None = parameter(None, "folder with the images of a COCO file; by default beside it")
    image_gsd_m: float | None = parameter(
        None,
        "metres per pixel of pictures without georeference",
        unit="m",
        minimum=0.001,
        maximum=100.0,
        flag="--image-gsd",
    )
    categories: str | None = parameter(None, "COCO categories that are buildings, with commas between them")
    images: str | None = parameter(None, "only these source images: names without extension, commas between them")
    name: str | None = parameter(None, "name of the place; by default that of the file or folder")
    licence: str | None = parameter(None, "licence of images and labels, for place.json and the manifest")
    attribution: str | None = parameter(None, "whom to name wherever the data is shown")
    quality: str | None = parameter(None, "how far the labels are trusted; by default good", choices=tuple(TRUST))
