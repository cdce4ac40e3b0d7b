"""What is noise in an outline, and how much may be made of it."""

from __future__ import annotations

from dataclasses import dataclass

MIN_TOLERANCE_PX = 1.1  # stairs leave the line they stand for by a pixel at most
SURE = 0.5  # of the noise of single vertices: what lines fitted to whole walls, and corners between them, have


@dataclass(frozen=True)
class Demands:
    """What is asked of straightened outlines.

    `method`: one of REGULARIZE_METHODS. `tolerance_m`: how far outlines are from what they stand for. `pixel_m`: the
    pixels they were traced from, 0 for none. `min_edge_m`: shorter walls are noise, None for the tolerance.
    `min_iou`: what a result must have in common with its outline. `diagonals`: whether there are walls at 45 degrees.
    `grain_m`: the steps that coordinates were rounded to, 0 for none.
    """

    method: str
    tolerance_m: float
    pixel_m: float = 0.0
    min_edge_m: float | None = None
    min_iou: float = 0.75
    diagonals: bool = True
    grain_m: float = 0.0

    @property
    def noise_m(self) -> float:
        """The tolerance, or more where pixels are coarse: stairs must count as noise."""
        return max(self.tolerance_m, MIN_TOLERANCE_PX * self.pixel_m)


@dataclass(frozen=True)
class Lengths:
    """Metres: what is noise, and how far things may move to become square.

    Noise: a `step` between parallel walls, a `wall` so short. A wall off the axes is turned to one if its ends move by
    `turn` at most, and taken out if the outline moves by `loss` at most; its neighbours then meet `meeting` from
    their corner at most. Neighbours are aligned if the ends of their walls move by `align` at most. What is
    off the axes and shorter than `corner` may be a rounded corner. Walls are laid at 45 degrees if `diagonals`.
    """

    step: float
    wall: float
    turn: float
    loss: float
    meeting: float
    align: float
    corner: float
    diagonals: bool

    @classmethod
    def of(cls, demands: Demands) -> Lengths:
        """Return the lengths that suit what is asked."""
        noise = demands.noise_m
        wall = noise if demands.min_edge_m is None else demands.min_edge_m
        return cls(SURE * noise, wall, noise, SURE * noise, 4 * noise, noise / 3, 4 * noise, demands.diagonals)
