"""One of the two sets of polygons, and what a preset does to it before anything is compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from .presets import Preset


@dataclass(frozen=True)
class Side:
    """Polygons of one side, arrays (n,).

    `image[i]` is the number of the image polygon i lies in (polygons of different images never meet); `confidence`
    is None where the side has none; `row` is what the caller finds the polygon by; `inside` says which polygons lie in
    the area of interest; `sound` is False for outlines whose IoU a preset takes as 0; `area` is what the IoU is
    computed with, which for an outline that is not `valid` may not be the area it encloses.
    """

    geometry: NDArray[np.object_]
    image: NDArray[np.intp]
    row: NDArray[np.intp]
    inside: NDArray[np.bool_]
    sound: NDArray[np.bool_]
    valid: NDArray[np.bool_]
    area: NDArray[np.float64]
    confidence: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        geometry: NDArray[np.object_],
        confidence: NDArray[np.float64] | None = None,
        image: NDArray[np.intp] | None = None,
        inside: NDArray[np.bool_] | None = None,
    ) -> Side:
        """Make a side whose rows are 0..n-1; without `image` all lie in one; without `inside` all count."""
        n = len(geometry)
        if confidence is not None:
            confidence = None if np.isnan(confidence).all() else np.nan_to_num(confidence, nan=-np.inf)
        return cls(
            geometry=np.asarray(geometry, dtype=object),
            image=np.zeros(n, dtype=np.intp) if image is None else image,
            row=np.arange(n),
            inside=np.ones(n, dtype=bool) if inside is None else inside,
            sound=np.ones(n, dtype=bool),
            valid=np.asarray(shapely.is_valid(geometry)),
            area=np.asarray(shapely.area(geometry)),
            confidence=confidence,
        )

    def __len__(self) -> int:
        return len(self.geometry)

    def take(self, kept: NDArray[np.bool_]) -> Side:
        """Return the polygons for which `kept` (n,) is True."""
        confidence = None if self.confidence is None else self.confidence[kept]
        return Side(
            geometry=self.geometry[kept],
            image=self.image[kept],
            row=self.row[kept],
            inside=self.inside[kept],
            sound=self.sound[kept],
            valid=self.valid[kept],
            area=self.area[kept],
            confidence=confidence,
        )

    def order(self, by_confidence: bool) -> NDArray[np.intp]:
        """Return the polygons' numbers in the order they are matched in; equal confidences keep the file's order."""
        if by_confidence and self.confidence is not None:
            return np.argsort(-self.confidence, kind="stable")
        return np.arange(len(self))


def filter_pixels(proposals: Side, truth: Side, preset: Preset) -> tuple[Side, Side]:
    """Apply a preset's limits of area (px²), then its repair, to the two sides of a SpaceNet table."""
    proposals = _larger(proposals, preset.proposal_min_px2, preset.proposal_strict)
    truth = _larger(truth, preset.truth_min_px2, preset.truth_strict)
    return repair(proposals, preset.proposal_repair), repair(truth, preset.truth_repair)


def filter_area(side: Side, min_area: float) -> Side:
    """Keep polygons of at least `min_area` (square units of the coordinates)."""
    return side.take(side.area >= min_area)


def repair(side: Side, how: str) -> Side:
    """Treat invalid outlines as `Preset.repair` says; valid ones are left as they are.

    Made `even-odd`, an outline keeps the area of its signed sum: the scorer that reads it so computes the two apart.
    """
    invalid = ~side.valid
    if how == "none" or not invalid.any():
        return side
    if how == "zero":
        return replace(side, sound=~invalid)
    geometry = side.geometry.copy()
    bad = geometry[invalid]
    geometry[invalid] = shapely.buffer(bad, 0.0) if how == "buffer" else areal(shapely.make_valid(bad))
    area = np.asarray(shapely.area(geometry)) if how == "buffer" else side.area
    return replace(side, geometry=geometry, area=area, valid=np.ones(len(side), dtype=bool))


def areal(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return geometries (n,) without the lines and points that overlays and repairs leave beside areas."""
    mixed = ~np.isin(shapely.get_type_id(geometry), (3, 6))
    return np.where(mixed, shapely.buffer(geometry, 0.0), geometry) if mixed.any() else geometry


def _larger(side: Side, limit: float, strict: bool) -> Side:
    return side.take(side.area > limit if strict else side.area >= limit)
