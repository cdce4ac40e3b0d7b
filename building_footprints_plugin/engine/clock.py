"""How long each stage of a run was busy. Stages run side by side, so their seconds are more than the run's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")
OTHERS = ""  # whoever makes what a stage takes


class Clock:
    """Seconds by stage in `busy`. Each stage belongs to one thread at a time."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.busy: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """Seconds since the clock was made."""
        return time.perf_counter() - self._started

    @contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """Count what is done inside for `stage`."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - begin)

    def add(self, stage: str, seconds: float) -> None:
        """Count seconds that were measured elsewhere; negative ones take away what belongs to another stage."""
        self.busy[stage] = self.busy.get(stage, 0.0) + seconds

    def apart(self, stage: str, work: Callable[[Iterator[T]], Iterator[S]], items: Iterator[T]) -> Iterator[S]:
        """Yield what `work` makes of `items`, counting for `stage` what that takes without the making of the items."""
        return self.through(stage, work(self.through(OTHERS, items, outer=stage)))

    def through(self, stage: str, items: Iterator[T], outer: str = OTHERS) -> Iterator[T]:
        """Yield `items`, counting what making them takes for `stage` and not for the stage `outer` that asks."""
        while True:
            begin = time.perf_counter()
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                taken = time.perf_counter() - begin
                self.add(stage, taken)
                self.add(outer, -taken)
            yield item
            del item  # else it would be held until the next one is there

    def rounded(self) -> dict[str, float]:
        """Return the seconds of each stage."""
        return {stage: round(seconds, 3) for stage, seconds in self.busy.items() if stage != OTHERS}

    def lines(self, megapixels: float) -> list[str]:
        """Return a line of each stage for the log."""
        return [
            f"{stage}: {seconds:.2f} s busy, {megapixels / max(seconds, 1e-3):.2f} Mpx/s"
            for stage, seconds in self.rounded().items()
        ]
