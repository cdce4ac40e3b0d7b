"""Engine options as Processing parameters: names here, defaults, limits and help from the engine's own options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..engine.options import ChipOptions, PolygonizeOptions, RegularizeOptions, ScoreOptions, SegmentOptions
from ..engine.parameters import Options
from ..translation import tr
from .values import Values


@dataclass(frozen=True)
class Setting:
    """One field of the engine's options, as parameter `name` of an algorithm."""

    name: str
    label: str
    options: type[Options]
    field: str
    advanced: bool = False

    @property
    def facts(self) -> Any:
        """Help, unit, limits and choices of the field."""
        return self.options.spec(self.field).metadata

    @property
    def default(self) -> Any:
        return self.options.default(self.field)

    @property
    def flag(self) -> str:
        """The option of the engine's command line."""
        return str(self.facts["flag"] or "--" + re.sub("_(px|m2|m)$", "", self.field).replace("_", "-"))


# Which of the engine's options an algorithm shows is its own choice of these groups.
GSD = Setting("GSD", "Pixel size the image is read at", SegmentOptions, "gsd_m", advanced=True)
NETWORK = (
    Setting("DEVICE", "Device", SegmentOptions, "device"),
    GSD,
    Setting("PRECISION", "Precision", SegmentOptions, "precision", advanced=True),
    Setting("TILE_SIZE", "Tile size", SegmentOptions, "tile_px", advanced=True),
    Setting("OVERLAP", "Overlap of tiles", SegmentOptions, "overlap_px", advanced=True),
    Setting("BATCH_SIZE", "Batch size", SegmentOptions, "batch_size", advanced=True),
    Setting("TTA", "Test-time augmentation", SegmentOptions, "tta", advanced=True),
    Setting("DAMAGED", "Where the image cannot be read", SegmentOptions, "damaged", advanced=True),
    Setting("FOLLOW_LINKS", "Follow links of the image to the network", SegmentOptions, "follow_links", advanced=True),
)
OUTLINES = (
    Setting("THRESHOLD", "Threshold", PolygonizeOptions, "threshold"),
    Setting("MIN_AREA", "Smallest footprint", PolygonizeOptions, "min_area_m2"),
    Setting("REGULARIZE", "Straighten outlines", PolygonizeOptions, "regularize"),
    Setting("SEED_THRESHOLD", "Seed threshold", PolygonizeOptions, "seed_threshold", advanced=True),
    Setting("MIN_CONFIDENCE", "Lowest confidence", PolygonizeOptions, "min_confidence", advanced=True),
    Setting("MERGE_THRESHOLD", "Merge threshold", PolygonizeOptions, "merge_threshold", advanced=True),
    Setting("OUTLINE", "Where outlines are traced", PolygonizeOptions, "outline", advanced=True),
    Setting("MIN_HOLE", "Smallest courtyard", PolygonizeOptions, "min_hole_m2", advanced=True),
    Setting("TOLERANCE", "Tolerance of outlines", PolygonizeOptions, "tolerance_m", advanced=True),
)
REGULARIZE = (
    Setting("METHOD", "Method", RegularizeOptions, "method"),
    Setting("TOLERANCE", "Tolerance", RegularizeOptions, "tolerance_m"),
    Setting("MIN_EDGE", "Shortest wall", RegularizeOptions, "min_edge_m", advanced=True),
    Setting("MIN_IOU", "Least overlap with the given outline", RegularizeOptions, "min_iou", advanced=True),
    Setting("RIGHT_ANGLES_ONLY", "Right angles only", RegularizeOptions, "right_angles_only", advanced=True),
)
TRAINING_DATA = (
    Setting("GSD", "Size of a pixel on the ground", ChipOptions, "gsd_m"),
    Setting("TILE_SIZE", "Largest tile", ChipOptions, "chip_px", advanced=True),
    Setting("SPLIT", "What the tiles are for", ChipOptions, "split"),
    Setting("QUALITY", "Quality of the labels", ChipOptions, "quality"),
    Setting("LICENCE", "Licence", ChipOptions, "licence", advanced=True),
    Setting("ATTRIBUTION", "Attribution", ChipOptions, "attribution", advanced=True),
)
SCORE = (
    Setting("IOU_THRESHOLD", "IoU from which a footprint counts as found", ScoreOptions, "iou_threshold"),
    Setting("PRESET", "Rule", ScoreOptions, "preset"),
    Setting("MIN_AREA", "Smallest polygon compared", ScoreOptions, "min_area_m2", advanced=True),
    Setting("SHAPES", "Measure shapes", ScoreOptions, "shapes", advanced=True),
)


def add_settings(algorithm: QgsProcessingAlgorithm, settings: Sequence[Setting]) -> None:
    """Add a parameter for each of `settings`."""
    for setting in settings:
        algorithm.addParameter(definition(setting))


def definition(setting: Setting) -> QgsProcessingParameterDefinition:
    """Return the parameter of one setting: a choice, a tick, a text or a number."""
    unit = setting.facts["unit"]
    label = tr(setting.label) + (f" ({unit})" if unit else "")
    if setting.facts["choices"]:
        choices = list(setting.facts["choices"])
        parameter: QgsProcessingParameterDefinition = QgsProcessingParameterEnum(
            setting.name, label, choices, False, setting.default, False, True
        )
    elif isinstance(setting.default, bool):
        parameter = QgsProcessingParameterBoolean(setting.name, label, setting.default)
    elif isinstance(setting.default, str):
        parameter = QgsProcessingParameterString(setting.name, label, setting.default, False, True)
    else:
        parameter = _number(setting, label)
    parameter.setHelp(help_of(setting.options, setting.field))
    return as_advanced(parameter) if setting.advanced else parameter


def help_of(options: type[Options], field: str) -> str:
    """Return the help of an options field as a sentence."""
    text = tr(options.spec(field).metadata["help"])
    return text[:1].upper() + text[1:] + "."


def as_advanced(parameter: QgsProcessingParameterDefinition) -> QgsProcessingParameterDefinition:
    """Move `parameter` to the folded part of the dialog and return it."""
    parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return parameter


def arguments(settings: Sequence[Setting], values: Values) -> list[str]:
    """Return the engine's `--flag=value` of every setting that has a value."""
    pairs = ((setting, value_of(setting, values)) for setting in settings)
    return [_argument(setting, value) for setting, value in pairs if value is not None and value is not False]


def value_of(setting: Setting, values: Values) -> Any:
    """Return the value of one setting; None for a number that was left open, which the engine then chooses."""
    if setting.facts["choices"]:
        return values.choice(setting.name)
    if isinstance(setting.default, bool):
        return values.tick(setting.name)
    if isinstance(setting.default, str):
        return values.text(setting.name)
    if setting.default is None and not values.given(setting.name):
        return None
    return values.whole(setting.name) if isinstance(setting.default, int) else values.number(setting.name)


def _argument(setting: Setting, value: Any) -> str:
    return setting.flag if value is True else f"{setting.flag}={value}"


def _number(setting: Setting, label: str) -> QgsProcessingParameterNumber:
    whole = isinstance(setting.default, int)
    kind = QgsProcessingParameterNumber.Type.Integer if whole else QgsProcessingParameterNumber.Type.Double
    number = QgsProcessingParameterNumber(setting.name, label, kind, setting.default, setting.default is None)
    minimum: float | None = setting.facts["minimum"]
    maximum: float | None = setting.facts["maximum"]
    if minimum is not None:
        number.setMinimum(minimum)
    if maximum is not None:
        number.setMaximum(maximum)
    return number
