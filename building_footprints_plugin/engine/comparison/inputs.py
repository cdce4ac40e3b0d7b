"""What is to be compared, and what a comparison gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..options import ScoreOptions
from ..score import Score, ShapeFigures
from ..vector import Layer


@dataclass(frozen=True)
class Source:
    """A vector file, a SpaceNet table or a folder of such tables.

    `layer` names one of the layers of a file that has several; `title` is what reports and warnings call the source,
    by default the file's name.
    """

    path: str
    layer: str | None = None
    title: str | None = None

    @property
    def tables(self) -> list[Path]:
        """The SpaceNet tables it consists of: one file, or all in a folder; none where it is a vector file."""
        path = Path(self.path)
        if path.suffix.lower() == ".csv":
            return [path]
        return sorted(path.glob("*.csv")) if path.is_dir() else []

    @property
    def name(self) -> str:
        """How reports and warnings call it."""
        if self.title:
            return self.title
        file = Path(self.path.partition("|")[0]).name
        return f"{file}, layer {self.layer}" if self.layer else file


@dataclass(frozen=True)
class Request:
    """Two sources and, for layers, the area that counts: polygons of `aoi`, `bounds` in the truth's CRS, or both.

    `all_columns` reads every attribute, for an output; else only what the score needs.
    """

    proposals: Source
    truth: Source
    options: ScoreOptions
    aoi: Source | None = None
    bounds: tuple[float, ...] | None = None
    all_columns: bool = False


@dataclass(frozen=True)
class Comparison:
    """A score with the layers it came from: `score.proposals.row` and `score.truth.row` are rows of these layers.

    `crs` is where the comparison was made (None: unknown, or pixels); `unit` is the unit of its lengths, `m` or `px`.
    `shape` is None unless it was asked for.
    """

    request: Request
    score: Score
    proposals: Layer
    truth: Layer
    crs: str | None
    unit: str
    image_names: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    shape: ShapeFigures | None = None
