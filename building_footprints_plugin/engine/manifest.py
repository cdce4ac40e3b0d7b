"""What a weights file says of itself: one JSON object in the safetensors metadata, checked when it is read."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .errors import BadInput

FORMAT = "building-footprints"
VERSION = 1
DEFAULT_WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "buildings.safetensors"
MOST = 1000  # bands, classes or names


@dataclass(frozen=True)
class Manifest:
    """All that is needed to use weights rightly, and to know where they come from.

    A pixel value v of 0..255 enters the network as (v - mean) / std, per band. The network gives one logit per class;
    the softmax of logits / temperature is the probability. A building's probability is the sum over
    `building_classes`; `seed_class` marks its inside. `thresholds` holds `threshold`, `seed_threshold` (0..1), and
    may hold `merge_threshold`, `min_area_m2` and `min_confidence`, as found best on validation, and
    `confidence_slope` and `confidence_offset` (`confidence.py`). `gsd_m` is the size of the pixels it was trained on,
    in metres; rasters whose pixels are up to `gsd_tolerance` times larger or smaller are read as they are.
    """

    architecture: str
    bands: tuple[str, ...]
    gsd_m: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]
    building_classes: tuple[str, ...]
    seed_class: str
    thresholds: dict[str, float]
    gsd_tolerance: float = 1.0
    temperature: float = 1.0
    licence: str = ""
    attribution: tuple[str, ...] = ()
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)

    @property
    def gsd_range_m(self) -> tuple[float, float]:
        """The smallest and the largest pixels, in metres, that the network is shown."""
        return self.gsd_m / self.gsd_tolerance, self.gsd_m * self.gsd_tolerance

    def to_json(self) -> str:
        """Return the text kept in the weights file."""
        return json.dumps({"format": FORMAT, "version": VERSION, **asdict(self)}, ensure_ascii=False)


def manifest_from_json(text: str, name: str) -> Manifest:
    """Return the manifest in `text`; `name` is the file it came from, for the message.

    Raises BadInput if it is no manifest of this software, of a newer version, or lacks or contradicts itself.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise BadInput(f"{name} has no manifest of this software; expected a file made by `python -m training export`.")
    version = values.pop("version", None)
    if version != VERSION:
        raise BadInput(
            f"{name} has manifest version {str(version)[:20]}; this version reads {VERSION}: update the plugin."
        )
    known = {spec.name for spec in fields(Manifest)}
    try:
        manifest = Manifest(**{key: _tuples(value) for key, value in values.items() if key in known})
        _check(manifest)
    except (TypeError, ValueError, KeyError) as error:
        raise BadInput(
            f"The manifest of {name} is not usable ({str(error)[:200]}); export the weights again."
        ) from error
    return manifest


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _check(manifest: Manifest) -> None:
    _check_kinds(manifest)
    if not 0.01 <= manifest.gsd_m <= 100:
        raise ValueError(f"gsd_m is {manifest.gsd_m}")
    if not 1 <= manifest.gsd_tolerance <= 100:
        raise ValueError(f"gsd_tolerance is {manifest.gsd_tolerance}")
    if not manifest.bands or not len(manifest.bands) == len(manifest.mean) == len(manifest.std):
        raise ValueError("bands, mean and std differ in number")
    if not all(value > 0 for value in (*manifest.std, manifest.temperature)):
        raise ValueError("std and temperature must be above 0")
    unknown = {*manifest.building_classes, manifest.seed_class} - set(manifest.classes)
    if unknown or not manifest.building_classes:
        raise ValueError("building_classes and seed_class must be among classes")
    for name in ("threshold", "seed_threshold"):
        if not 0 <= manifest.thresholds[name] <= 1:
            raise ValueError(f"{name} is {manifest.thresholds[name]}")


def _check_kinds(manifest: Manifest) -> None:
    """Check what JSON cannot say: texts are texts, numbers are finite, and there are not thousands of bands."""
    for name in ("bands", "classes", "building_classes", "attribution"):
        values = getattr(manifest, name)
        if not isinstance(values, tuple) or len(values) > MOST or not all(isinstance(each, str) for each in values):
            raise ValueError(f"{name} is no list of at most {MOST} texts")
    for name in ("architecture", "seed_class", "licence"):
        if not isinstance(getattr(manifest, name), str):
            raise ValueError(f"{name} is no text")
    for name in ("thresholds", "training", "scores"):
        if not isinstance(getattr(manifest, name), dict):
            raise ValueError(f"{name} is no object")
    sizes = {"gsd_m": manifest.gsd_m, "gsd_tolerance": manifest.gsd_tolerance}
    numbers = {**sizes, "temperature": manifest.temperature, **manifest.thresholds}
    for name, values in {"mean": manifest.mean, "std": manifest.std, **numbers}.items():
        if not all(_is_number(value) for value in (values if isinstance(values, tuple) else (values,))):
            raise ValueError(f"{name} is {str(values)[:40]}, which is no number")


def _is_number(value: Any) -> bool:
    """Return whether a value is a number that fits into a float."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
