"""The public scorers' rules, side by side.

`spacenet` is evaluateScene.py of SpaceNetChallenge/utilities (master), `solaris` is spacenet_buildings_2 of
CosmiQ/solaris, `topcoder` is the visualizer that ranked the SpaceNet 2 contest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Every detail in which one scorer differs from another.

    The area limits are in px² and hold for SpaceNet tables only. `strict` means that a value equal to the limit does
    not pass. `repair` says what becomes of an invalid outline: `buffer` (GEOS buffer of width 0, as the scorer does),
    `even-odd` (what an odd number of rings encloses), `none` (used as it is), `zero` (its IoU is 0).
    """

    name: str
    title: str
    by_confidence: bool
    strict_iou: bool
    truth_min_px2: float
    truth_strict: bool
    proposal_min_px2: float
    proposal_strict: bool
    proposal_repair: str
    truth_repair: str
    mixed_overlap_is_zero: bool
    union_by_overlay: bool
    mean_of_areas: bool

    @property
    def sentence(self) -> str:
        """The rule as the report states it."""
        order = "the most confident first" if self.by_confidence else "in the order of the file"
        sign = "above" if self.strict_iou else "of at least"
        return (
            f"Proposals are matched {order}, each with the free building it overlaps most, at an IoU {sign} the limit."
        )


PRESETS = {
    "spacenet": Preset(
        name="spacenet",
        title="SpaceNet utilities (evaluateScene)",
        by_confidence=False,
        strict_iou=False,
        truth_min_px2=20.0,
        truth_strict=True,
        proposal_min_px2=0.0,
        proposal_strict=False,
        proposal_repair="buffer",
        truth_repair="none",
        mixed_overlap_is_zero=True,
        union_by_overlay=True,
        mean_of_areas=False,
    ),
    "solaris": Preset(
        name="solaris",
        title="solaris (spacenet_buildings_2)",
        by_confidence=True,
        strict_iou=True,
        truth_min_px2=20.0,
        truth_strict=False,
        proposal_min_px2=20.0,
        proposal_strict=True,
        proposal_repair="buffer",
        truth_repair="zero",
        mixed_overlap_is_zero=False,
        union_by_overlay=True,
        mean_of_areas=False,
    ),
    "topcoder": Preset(
        name="topcoder",
        title="TopCoder (SpaceNet 2 contest)",
        by_confidence=True,
        strict_iou=True,
        truth_min_px2=20.0,
        truth_strict=False,
        proposal_min_px2=20.0,
        proposal_strict=False,
        proposal_repair="even-odd",
        truth_repair="even-odd",
        mixed_overlap_is_zero=False,
        union_by_overlay=False,
        mean_of_areas=True,
    ),
}
