"""Damage files of every kind that is read, and see that each is read or refused with a sentence.

Usage: python -m tests.fuzz [--seed 1] [--count 200] [--kinds raster vector ...] [--case KIND NUMBER FOLDER]

`--count` is per kind. `--case` only writes the files of one case, to look at. Ends with 1 if anything was found.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from .seeds import KINDS, Seed, make_seeds
from .workers import Outcome, make_case, run

FOUND = ("traceback", "hang", "crash")
COLUMNS = ("read", "refused", "no memory", *FOUND)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--case", nargs=3, metavar=("KIND", "NUMBER", "FOLDER"))
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        seeds = make_seeds(Path(folder) / "seeds")
        if arguments.case:
            kind, number, place = arguments.case
            print(make_case(seeds[kind], arguments.seed, int(number), Path(place)))
            return 0
        numbers = list(range(arguments.start, arguments.start + arguments.count))
        print(f"seed {arguments.seed}, cases {numbers[0]} to {numbers[-1]} of each kind")
        print("| kind | cases | " + " | ".join(COLUMNS) + " | largest process, MB |", flush=True)
        found = [_kind(kind, seeds[kind], arguments.seed, numbers, Path(folder)) for kind in arguments.kinds]
    print(f"{len(numbers) * len(found):,} cases in {time.monotonic() - began:.0f} s")
    return 1 if any(found) else 0


def _kind(kind: str, seeds: list[Seed], seed: int, numbers: list[int], folder: Path) -> int:
    """Run one kind, print its line and what was found; return how much that was."""
    outcomes: list[Outcome] = []
    for outcome in run(kind, seeds, seed, numbers, folder):
        outcomes.append(outcome)
    counts = Counter(outcome.what for outcome in outcomes)
    cells = [kind, len(outcomes), *(counts[name] for name in COLUMNS), f"{max(o.peak_mb for o in outcomes):.0f}"]
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    bad = [outcome for outcome in outcomes if outcome.what in FOUND]
    same = Counter(f"{outcome.what}: {outcome.where}" for outcome in bad)
    for text, count in same.most_common():
        first = next(outcome.number for outcome in bad if f"{outcome.what}: {outcome.where}" == text)
        print(f"  {count} times, first case {first}: {text}", flush=True)
    return len(bad)


if __name__ == "__main__":
    sys.exit(main())
