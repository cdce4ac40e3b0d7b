"""What a run says of itself: a progress bar, metrics.csv, curves.png, panels.png, and the same for TensorBoard."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from lightning_fabric import Fabric
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from building_footprints_plugin.engine.errors import FootprintsError

from .config import TrainOptions
from .progress import Progress
from .validate import Scores, mean_f1, mean_iou

SCALARS_EVERY = 10  # steps


class Journal:
    """Keeps the records of a run in its folder; where several processes train, only the first keeps them.

    Raises FootprintsError where a record cannot be written.
    """

    def __init__(self, folder: Path, step: int, options: TrainOptions, fabric: Fabric) -> None:
        self._folder, self._table = folder, folder / "metrics.csv"
        self._batch = options.batch_size
        self._writes = fabric.is_global_zero
        self._began, self._step_then = time.perf_counter(), step
        if not self._writes:
            return
        with _recording(folder):
            if self._table.exists():  # steps that will be done again
                _write_rows(self._table, [row for row in read_rows(self._table) if int(row["step"]) <= step])
            self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)
        total, every = options.steps * self._batch, 0.5 if sys.stderr.isatty() else 30.0
        self._bar = tqdm(total=total, initial=step * self._batch, unit="img", mininterval=every, dynamic_ncols=True)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: object) -> None:
        if self._writes:
            self._bar.close()
            self._board.close()

    def begin(self, step: int) -> None:
        """Learning goes on here after something else: images per second are counted from now."""
        self._began, self._step_then = time.perf_counter(), step

    def step(self, step: int, loss: float | None, rate: float) -> None:
        """Note that `step` steps are done, the newest loss that is known, and the learning rate."""
        if not self._writes:
            return
        if loss is not None:
            self._bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
        self._bar.update(self._batch)
        if loss is not None and step % SCALARS_EVERY == 0:
            with _recording(self._folder):
                self._board.add_scalar("loss", loss, step)
                self._board.add_scalar("learning_rate", rate, step)
                self._board.add_scalar("images_per_s", self.images_per_s(step), step)

    def images_per_s(self, step: int) -> float:
        """Return the crops a second since `begin`, of all processes together."""
        return (step - self._step_then) * self._batch / max(time.perf_counter() - self._began, 1e-9)

    def validated(self, progress: Progress, scores: Scores, speed: float) -> None:
        """Note a validation, and the images per second of the steps before it."""
        if not self._writes:
            return
        figures = {"loss": progress.loss, "f1": mean_f1(scores), "iou": mean_iou(scores)}
        for name, tally in scores.items():
            figures |= {f"{name} f1": tally.f1, f"{name} iou": tally.iou}
        with _recording(self._folder):
            row = {name: f"{value:.4f}" for name, value in {**figures, "images_per_s": speed}.items()}
            rows = [*read_rows(self._table), {"step": str(progress.step), **row}]
            _write_rows(self._table, rows)
            draw_curves(rows).savefig(self._folder / "curves.png")
            for name, value in figures.items():
                self._board.add_scalar(f"validation/{name}", value, progress.step)
        loss, f1, iou = list(figures.values())[:3]
        self._bar.write(
            f"step {progress.step}: loss {loss:.3f}, object F1 {f1:.3f}, pixel IoU {iou:.3f}", file=sys.stderr
        )

    def show(self, panels: NDArray[np.uint8], step: int) -> None:
        """Keep a picture of what the network sees, `(height, width, 3)`."""
        if not self._writes:
            return
        with _recording(self._folder):
            Image.fromarray(panels).save(self._folder / "panels.png")
            self._board.add_image("image, truth, prediction", panels, step, dataformats="HWC")
            self._board.flush()


@contextmanager
def _recording(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FootprintsError(
            f"The records in {folder} cannot be written ({error}); the last checkpoint is whole: "
            "make room on the disk and go on with --resume."
        ) from error


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a metrics.csv, none if there is no such file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Write a metrics.csv; a place that was added later has a column that begins later."""
    beside = path.with_suffix(".part")
    with beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    beside.replace(path)


def draw_curves(rows: list[dict[str, str]]) -> Figure:
    """Return the figure of a metrics.csv: the loss, and the object F1 of each place and their mean, over the steps."""

    def curve(name: str) -> tuple[list[int], list[float]]:
        known = [row for row in rows if row.get(name)]
        return [int(row["step"]) for row in known], [float(row[name]) for row in known]

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    losses.plot(*curve("loss"), marker=".")
    losses.set(xlabel="step", ylabel="loss")
    for name in [name for name in rows[-1] if name.endswith(" f1")]:
        scores.plot(*curve(name), marker=".", linewidth=1, label=name.removesuffix(" f1"))
    scores.plot(*curve("f1"), marker="o", color="black", label="mean")
    scores.set(xlabel="step", ylabel="object F1 at IoU 0.5", ylim=(0, 1))
    scores.legend(fontsize="small")
    return figure
