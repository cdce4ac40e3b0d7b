"""Where the outline runs between pixels: on the line on which probability crosses the threshold.

Marching squares (Lorensen and Cline 1987, in two dimensions) on the grid of pixel centres, for many labels at once:
every pixel edge becomes the point where probability, linear between the two centres, crosses the threshold; a corner
of pixels is left out, or stays as a node where more than two regions meet. In each square between four centres, the
outline is made of chords that do not cross, so outlines are valid, do not overlap and leave no gap along shared walls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..labelling import NOT_THERE, Codes
from .edges import Bools, Edges, Floats, Ints

GRID_PX = 2.0**-12  # shifts are rounded, so that coordinates are exact and the same in any strip
CELL = ((0, -1), (0, 0), (-1, 0), (-1, -1))  # x, y from a pixel to the upper left one around the end of each side


@dataclass(frozen=True)
class Ground:
    """Codes of building probability, flat and framed as the labels are, and the code from which a pixel is building."""

    codes: Codes
    threshold: int

    @classmethod
    def of(cls, building: Codes, threshold: int) -> Ground:
        """Return the ground of codes (height, width); around them, nothing is there."""
        return cls(np.pad(building, 1, constant_values=NOT_THERE).ravel(), threshold)

    def shift(self, inner: Ints, outer: Ints) -> tuple[Floats, Bools]:
        """Return how far outlines leave the edges between pixels, in pixels towards `outer`, and which are fixed.

        Edges towards what is not there are fixed, and those of masks: they stay where they are, as walls between two
        buildings do.
        """
        inside, outside = self._codes(inner), self._codes(outer)
        wall = (outside >= self.threshold) & (outside != NOT_THERE)
        fixed = ~wall & ((outside == NOT_THERE) | self._is_step(inner, outer, inside, outside))
        crossing = (inside - (self.threshold - 0.5)) / np.maximum(inside - outside, 1.0)
        shift = np.rint((crossing - 0.5) / GRID_PX) * GRID_PX
        return np.where(fixed | wall, 0.0, shift), fixed

    def _is_step(self, inner: Ints, outer: Ints, inside: Floats, outside: Floats) -> Bools:
        """Tell where probability has no slope on either side of an edge, which then holds nothing about its place."""
        behind, beyond = self._codes(2 * inner - outer), self._codes(2 * outer - inner)
        flat_inside = (behind == inside) | (behind < self.threshold) | (behind == NOT_THERE)
        return np.asarray(flat_inside & ((beyond == outside) | (beyond >= self.threshold)), dtype=bool)

    def _codes(self, pixel: Ints) -> Floats:
        return self.codes.take(pixel, mode="wrap").astype(np.float64)


def corners_of(edges: Edges, ground: Ground, fixed: Bools) -> tuple[Bools, Floats]:
    """Return at the end of which edges a corner stays, and where these corners (n, 2) are then.

    A corner stays where walls meet or end, and where the outline turns beside an edge that is `fixed`. Where two
    pixels of buildings touch at the corner alone, outlines do not reach over it.
    """
    own, across, ahead, beyond = edges.around_end
    diagonal = (across == 0) & (ahead == 0) & (beyond > 0)
    others = [np.where(label == own, across, label) for label in (ahead, beyond)]
    node = ((others[0] != across) | (others[1] != across)) & ~diagonal
    node |= (across > 0) & (ahead != own) & (beyond == own)
    turns = (ahead != own) | (beyond == own)
    stays = node | (turns & (fixed | fixed[edges.following()]))
    corner = np.flatnonzero(stays)
    place = edges.end(corner)
    moved = np.flatnonzero(~diagonal[corner])
    upper_left = edges.pixel + (np.array(CELL, dtype=np.int64) @ (1, edges.width)).take(edges.side)
    place[moved] += node_shift(edges, ground, upper_left[corner[moved]])
    return stays, place


def node_shift(edges: Edges, ground: Ground, first: Ints) -> Floats:
    """Return how far (n, 2) the corner of four pixels, the upper left one `first`, moves with the edges around it."""
    right, below = first + 1, first + edges.width
    across = _axis_shift(edges, ground, ((first, right), (below, below + 1)))
    down = _axis_shift(edges, ground, ((first, below), (right, below + 1)))
    return np.column_stack([across, down])


def _axis_shift(edges: Edges, ground: Ground, pairs: tuple[tuple[Ints, Ints], ...]) -> Floats:
    """Return the mean shift of the edges between the pairs of pixels; none where one is beside what is not there."""
    total, count = np.zeros(len(pairs[0][0])), np.zeros(len(pairs[0][0]))
    for one, two in pairs:
        from_one, from_two = edges.labels[one] > 0, edges.labels[two] > 0
        inner, outer = np.where(from_one, one, two), np.where(from_one, two, one)
        shift, _ = ground.shift(inner, outer)
        alone = from_one != from_two
        total += np.where(alone, np.where(from_one, shift, -shift), 0.0)
        count += edges.labels[one] != edges.labels[two]
        count[alone & (ground.codes[outer] == NOT_THERE)] = np.inf
    return np.asarray(total / np.maximum(count, 1.0), dtype=np.float64)
