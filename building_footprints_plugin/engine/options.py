"""Every parameter of the engine, once: name, unit, default, limits and help.

Needs nothing but the standard library, so that the QGIS layer may import it. The command line, the Processing
algorithms and `training` take names, defaults and limits from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import BadInput
from .parameters import Options, parameter

REGULARIZE_METHODS = ("none", "simplify", "rectangular")
OUTLINES = ("contour", "pixels")
DEVICES = ("auto", "cuda", "mps", "cpu")
DAMAGED = ("refuse", "skip")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
SPLITS = ("train", "val", "test")
LABEL_QUALITIES = ("good", "fair", "offset")
REFERENCE_PRESETS = ("spacenet-exploration",)
SCORE_PRESETS = ("spacenet", "solaris", "topcoder")
SCORE_IOUS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))  # at which a score gives F1
SCORE_SIZES_M2 = (0.0, 25.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0)  # from which it gives recall by building size

OVERLAPS_PER_TILE = 3  # that a tile must at least have room for


@dataclass(frozen=True)
class SegmentOptions(Options):
    """How the network is run over a raster."""

    bands: tuple[int, ...] | None = parameter(
        None, "bands for the network's inputs, counted from 1, in the order the weights expect; default: the first ones"
    )
    gsd_m: float | None = parameter(
        None,
        "pixel size the image is read at; default: its own where the weights know buildings at that size, else the "
        "nearest size they know. Larger is faster and coarser, smaller shows the network larger buildings; of use "
        "where buildings are unusually large or small",
        unit="m",
        minimum=0.01,
        maximum=100.0,
        flag="--gsd",
    )
    device: str = parameter("auto", "where the network runs; auto takes CUDA, then MPS, then the CPU", choices=DEVICES)
    precision: str = parameter(
        "auto", "arithmetic of the network; auto takes half precision where that is faster", choices=PRECISIONS
    )
    tile_px: int = parameter(
        512,
        "side of the tiles the network sees; all of a raster are about equal, so in a small one up to half larger",
        unit="px",
        minimum=64,
        maximum=8192,
    )
    overlap_px: int = parameter(
        8, "width of the band in which neighbouring tiles are blended", unit="px", minimum=0, maximum=1024
    )
    batch_size: int = parameter(
        4,
        "tiles in one pass of the network on a GPU, halved when that runs out of memory; a CPU takes one at a time",
        minimum=1,
        maximum=1024,
    )
    tta: bool = parameter(False, "average the network over the 8 flips and quarter turns: slower, slightly better")
    damaged: str = parameter(
        "refuse",
        "what happens where the image cannot be read: refuse ends the run and says where; skip leaves such blocks out, "
        "as ground that is not there, and warns",
        choices=DAMAGED,
    )
    follow_links: bool = parameter(
        False, "let an image file on this machine (a .vrt) name others on the network; only for files you trust"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if OVERLAPS_PER_TILE * self.overlap_px > self.tile_px:
            raise BadInput(
                f"The overlap is {self.overlap_px} px; expected at most a third of the tile ({self.tile_px} px)."
            )


STRIPS = ".{}.strips"  # the hidden file beside an output of that name in which finished strips are kept


@dataclass(frozen=True)
class RunOptions(Options):
    """What happens with the work of a run that was interrupted."""

    resume: bool = parameter(
        False, "go on from the last finished strip of the same command, where it was interrupted; else begin anew"
    )
    keep_beside: str | None = parameter(
        None,
        "keep finished strips beside this file instead of OUTPUT, and go on from those of an interrupted run there; "
        "for programs whose OUTPUT is temporary, as QGIS's",
    )


@dataclass(frozen=True)
class PolygonizeOptions(Options):
    """How building probability becomes footprints."""

    threshold: float | None = parameter(
        None,
        "building probability above which a pixel is building; default: the value found best for the weights, else 0.5",
        minimum=0.0,
        maximum=1.0,
    )
    seed_threshold: float | None = parameter(
        None,
        "interior probability above which a pixel starts a building of its own; default: the weights' value, else 0.5",
        minimum=0.0,
        maximum=1.0,
    )
    merge_threshold: float | None = parameter(
        None,
        "touching parts are one building if the interior probability along their common line is at least this share "
        "of the weaker part's, or less for small parts; none are at 4; default: the weights' value, else 0.9",
        minimum=0.0,
        maximum=4.0,
    )
    min_area_m2: float | None = parameter(
        None,
        "smallest footprint kept; default: the value found best for the weights, else 10 m²",
        unit="m²",
        minimum=0.0,
        flag="--min-area",
    )
    min_confidence: float | None = parameter(
        None,
        "footprints less likely to be right are left out; default: the value found best for the weights, else 0",
        minimum=0.0,
        maximum=1.0,
    )
    min_hole_m2: float = parameter(20.0, "smallest courtyard kept as a hole", unit="m²", minimum=0.0, flag="--min-hole")
    outline: str = parameter(
        "contour",
        "where outlines are traced: contour is between pixels, where probability crosses the threshold; "
        "pixels is along their edges",
        choices=OUTLINES,
    )
    regularize: str = parameter("rectangular", "how outlines are straightened", choices=REGULARIZE_METHODS)
    tolerance_m: float = parameter(
        0.5,
        "how far a straightened outline may leave the traced one",
        unit="m",
        minimum=0.0,
        maximum=100.0,
        flag="--tolerance",
    )


@dataclass(frozen=True)
class ReferenceOptions(Options):
    """A published rule that is followed to the letter instead, to compare footprints with."""

    preset: str | None = parameter(
        None,
        "follow the rule of microsoft/SpaceNetExploration instead: INPUT is a probability raster of ours or a folder "
        "of such .tif files, OUTPUT its .csv in pixels; of the other options only --min-polygon-area counts",
        choices=REFERENCE_PRESETS,
    )
    min_polygon_area_px: float = parameter(
        150.0, "with --preset: a polygon is kept if its area is above this", unit="px", minimum=0.0
    )


@dataclass(frozen=True)
class RegularizeOptions(Options):
    """How the outlines of any polygon layer are straightened."""

    method: str = parameter(
        "rectangular",
        "simplify straightens walls; rectangular also turns them to their building's right angles",
        choices=REGULARIZE_METHODS[1:],
    )
    tolerance_m: float = parameter(
        0.5,
        "how far a straightened outline may leave the given one",
        unit="m",
        minimum=0.01,
        maximum=100.0,
        flag="--tolerance",
    )
    min_edge_m: float | None = parameter(
        None,
        "shortest wall kept; default: the tolerance",
        unit="m",
        minimum=0.0,
        maximum=100.0,
        flag="--min-edge",
    )
    min_iou: float = parameter(
        0.75,
        "overlap with the given outline (intersection over union) that a result must keep, or it stays simpler",
        minimum=0.0,
        maximum=1.0,
    )
    right_angles_only: bool = parameter(False, "lay no wall at 45 degrees to the others")


@dataclass(frozen=True)
class ChipOptions(Options):
    """How an image and its buildings are cut into tiles for training, and what is said of them."""

    bands: tuple[int, ...] | None = parameter(
        None, "bands that are red, green and blue, counted from 1; default: the first ones"
    )
    gsd_m: float = parameter(
        0.3,
        "ground that a pixel of the tiles covers; the bundled weights are made for the default",
        unit="m",
        minimum=0.01,
        maximum=100.0,
        flag="--gsd",
    )
    chip_px: int = parameter(512, "largest side of a tile", unit="px", minimum=32, maximum=8192)
    split: str = parameter("train", "what the tiles are for", choices=SPLITS)
    quality: str = parameter(
        "good", "how far training trusts the labels; offset: they lie beside the roofs", choices=LABEL_QUALITIES
    )
    licence: str = parameter("", "licence of image and labels")
    attribution: str = parameter("", "whom to name wherever the tiles are shown")


@dataclass(frozen=True)
class ScoreOptions(Options):
    """How footprints are compared with ground truth."""

    iou_threshold: float = parameter(
        0.5,
        "overlap (intersection over union) from which a footprint counts as found",
        minimum=0.0,
        maximum=1.0,
        flag="--iou",
    )
    preset: str = parameter("spacenet", "whose rule is followed to the letter", choices=SCORE_PRESETS)
    min_area_m2: float | None = parameter(
        None,
        "polygons smaller than this are left out of both sides; default: none is",
        unit="m²",
        minimum=0.0,
        flag="--min-area",
    )
    shapes: bool = parameter(
        False, "measure shapes too: distances of outlines, rotation, right angles, overlaps; slower"
    )
