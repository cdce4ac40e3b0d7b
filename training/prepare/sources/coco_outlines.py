"""The outlines of one image in a COCO file: polygons and run lengths to label numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

from building_footprints_plugin.engine.burning import burn
from building_footprints_plugin.engine.errors import BadInput

from ..labelling import UNKNOWN, OnPixels
from .run_lengths import decoded

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Annotation:
    """One annotation: `outline` is COCO's segmentation, a list of rings [x, y, x, y, …] or run lengths.

    Rings of one annotation are parts of one building. A crowd is ground on which buildings were not told apart.
    """

    id: Any
    outline: Any
    crowd: bool


@dataclass(frozen=True)
class CocoOutlines(OnPixels):
    """The annotations of one image; coordinates are pixels of the image, (0, 0) the outer corner of the first.

    `size` is the image's (height, width) as the file states it, None where it does not.
    """

    annotations: tuple[Annotation, ...]
    size: tuple[Any, Any]

    def numbers(self, shape: tuple[int, int]) -> NDArray[np.int32]:
        """Return label numbers `(height, width)`, crowds unknown; raises BadInput naming a broken annotation.

        Where buildings overlap, run lengths are on top of polygons and the smaller one on top of the larger one.
        """
        if any(said is not None and said != has for said, has in zip(self.size, shape, strict=True)):
            raise BadInput(
                f"{self.file} says that an image has {self.size[0]} x {self.size[1]} pixels; its picture has "
                f"{shape[0]} x {shape[1]}: outlines would be misplaced; take the pictures that belong to it."
            )
        rings = [each for each in self.annotations if not isinstance(each.outline, dict) and not each.crowd]
        polygons = [self._polygon(each) for each in rings]
        solid = np.array([polygon for polygon in polygons if polygon.area > 0], dtype=object)
        found = burn(solid, Affine.identity(), shape)
        masks = [
            self._mask(each, shape) for each in self.annotations if isinstance(each.outline, dict) and not each.crowd
        ]
        for number, mask in enumerate(sorted(masks, key=lambda mask: -int(mask.sum())), start=len(solid) + 1):
            found[mask] = number
        for each in self.annotations:
            if each.crowd:
                found[self._crowd(each, shape) & (found == 0)] = UNKNOWN
        return found

    def _crowd(self, each: Annotation, shape: tuple[int, int]) -> Mask:
        if isinstance(each.outline, dict):
            return self._mask(each, shape)
        return np.asarray(burn(np.array([self._polygon(each)], dtype=object), Affine.identity(), shape) > 0)

    def _polygon(self, each: Annotation) -> shapely.Geometry:
        """Return the union of the rings; one of less than three points is nothing."""
        try:
            rings = [np.asarray(ring, np.float64).reshape(-1, 2) for ring in each.outline]
            if not all(np.isfinite(ring).all() for ring in rings):
                raise ValueError("a coordinate is not a number")
        except (ValueError, TypeError) as error:
            raise self._broken(each, str(error)) from error
        parts = shapely.make_valid(np.array([shapely.Polygon(ring) for ring in rings if len(ring) >= 3], dtype=object))
        return shapely.buffer(shapely.union_all(parts), 0.0)

    def _mask(self, each: Annotation, shape: tuple[int, int]) -> Mask:
        size, counts = each.outline.get("size"), each.outline.get("counts")
        if size is None or list(size) != list(shape):
            raise self._broken(each, f"its size is {size} and the image's {list(shape)} (height, width)")
        try:
            return decoded(counts, shape)
        except ValueError as error:
            raise self._broken(each, str(error)) from error

    def _broken(self, each: Annotation, reason: str) -> BadInput:
        return BadInput(
            f"{self.file} has a broken outline (annotation {each.id!r}: {reason}); expected COCO's polygons or run "
            "lengths: correct or remove it."
        )
