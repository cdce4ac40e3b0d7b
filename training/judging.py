"""Footprints against truth, kept so that the figures of several scenes can be taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from building_footprints_plugin.engine import comparison
from building_footprints_plugin.engine.options import ScoreOptions
from building_footprints_plugin.engine.progress import Reporter
from building_footprints_plugin.engine.score import SWEEP, Counts, Score, shape_figures
from building_footprints_plugin.engine.score.figures import precision_recall_curve
from building_footprints_plugin.engine.score.matching import match
from building_footprints_plugin.engine.score.overlap import measure_pairs

from .frames import frame_of, right_corners
from .scenes import Tile

# As `spacenet`, but a pair that overlaps and also touches along a line keeps its IoU: outlines along the same pixels
# do that often.
PRESET = "solaris"


@dataclass(frozen=True)
class Judged:
    """What a comparison tells of one scene: proposals (n,) with their confidence, true buildings (t,), in metres.

    `building` (n,) is the number of the building each proposal is matched with at IoU 0.5, -1 for none;
    `correct[k]` (n,) says which are matched when the limit is SWEEP[k]. `common_m2` is the ground both sides cover,
    `covered_m2` that either covers. `crs` is that of the coordinates. `corners` (2, 2) are the corners of proposals
    and of buildings, how many are right and how many there are, but for those that the picture's frame makes.
    """

    proposals: NDArray[np.object_]
    truth: NDArray[np.object_]
    confidence: NDArray[np.float64]
    building: NDArray[np.intp]
    correct: NDArray[np.bool_]
    common_m2: float
    covered_m2: float
    crs: str | None = None
    corners: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 2), dtype=np.int64))

    @property
    def missed(self) -> NDArray[np.bool_]:
        """Which buildings (t,) no proposal is matched with."""
        missed = np.ones(len(self.truth), dtype=bool)
        missed[self.building[self.building >= 0]] = False
        return missed

    @property
    def pairs(self) -> NDArray[np.intp]:
        """Return the matched pairs (m, 2): number of the proposal, number of the building."""
        matched = np.flatnonzero(self.building >= 0)
        return np.column_stack([matched, self.building[matched]])


def judge(found: Path, truth: Path, tiles: Sequence[Tile] = ()) -> Judged:
    """Compare two vector files as `score` does for its users; raises BadInput as `score` does.

    `tiles` are those of the picture that the footprints were found in; its frame makes no corners of buildings.
    """
    request = comparison.Request(
        proposals=comparison.Source(str(found)),
        truth=comparison.Source(str(truth)),
        options=ScoreOptions(preset=PRESET),
    )
    compared = comparison.compare(request, Reporter())
    score = compared.score
    covered = _covered(score)
    confidence = score.proposals.confidence
    frame = frame_of(tiles, compared.crs)
    return Judged(
        score.proposals.geometry,
        score.truth.geometry,
        np.ones(len(score.proposals)) if confidence is None else confidence,
        score.truth_of,
        _correct_by_limit(score),
        score.pixel_iou * covered,
        covered,
        compared.crs,
        np.stack([right_corners(side.geometry, frame) for side in (score.proposals, score.truth)]),
    )


def _covered(score: Score) -> float:
    """Return the ground either side covers: with p the IoU of the two unions A and T, (A + T) / (1 + p)."""
    area = sum(float(shapely.union_all(side.geometry).area) for side in (score.proposals, score.truth))
    return area / (1.0 + score.pixel_iou)


def _correct_by_limit(score: Score) -> NDArray[np.bool_]:
    preset, order = score.rule.preset, score.proposals.order(True)
    pairs = measure_pairs(score.proposals, score.truth, preset, SWEEP, lambda done: None)
    return np.stack([match(pairs, order, limit, preset.strict_iou) >= 0 for limit in SWEEP])


def together(judged: Sequence[Judged]) -> Judged:
    """Return several scenes as if they were one: counts and areas add up, means are over all buildings."""
    first = np.cumsum([0, *(len(one.truth) for one in judged)])
    numbers = [np.where(one.building >= 0, one.building + start, -1) for one, start in zip(judged, first, strict=False)]
    return Judged(
        np.concatenate([one.proposals for one in judged]),
        np.concatenate([one.truth for one in judged]),
        np.concatenate([one.confidence for one in judged]),
        np.concatenate(numbers),
        np.concatenate([one.correct for one in judged], axis=1),
        sum(one.common_m2 for one in judged),
        sum(one.covered_m2 for one in judged),
        corners=np.sum([one.corners for one in judged], axis=0),
    )


def figures_of(judged: Judged) -> dict[str, Any]:
    """Return the figures by name; ratios are 0..1, and 0 where undefined.

    `average_precision` is the mean, over the IoU limits 0.50, 0.55 … 0.95, of the area under the curve of precision
    over recall, proposals being ranked by confidence and each precision being the best at that recall or beyond.
    """
    tp = len(judged.pairs)
    counts = Counts(tp, len(judged.proposals) - tp, len(judged.truth) - tp)
    curves = [precision_recall_curve(judged.confidence, correct, len(judged.truth)) for correct in judged.correct]
    return {
        "buildings": len(judged.truth),
        **asdict(counts),
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
        "average_precision": float(np.mean([curve.average_precision for curve in curves])),
        "pixel_iou": judged.common_m2 / judged.covered_m2 if judged.covered_m2 else 0.0,
    }


def shapes_of(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the figures of shape by name, over all scenes; None where there is nothing to measure.

    Besides the `ShapeFigures`, of the corners that no picture's frame makes, where it cuts a building, the shares that
    are right: `right_off_frame` of proposals, `right_off_frame_truth` of buildings.
    """
    whole = together(judged)
    scene = np.repeat(np.arange(len(judged)), [len(one.proposals) for one in judged])
    mine, theirs = (right / count if count else None for right, count in whole.corners.tolist())
    figures = asdict(shape_figures(whole.proposals, whole.truth, whole.pairs, scene))
    return {**figures, "right_off_frame": mine, "right_off_frame_truth": theirs}
