"""Run cases in forked processes with limits of time and memory, and say for each what came of it."""

from __future__ import annotations

import gc
import os
import random
import resource
import select
import shutil
import signal
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from building_footprints_plugin.engine.errors import FootprintsError

from .mutations import damaged, damaged_json, damaged_text
from .seeds import Seed
from .targets import TARGETS

BATCH = 40  # cases a process
CASE_S = 60.0  # before a case counts as hanging; machines may be busy
MEMORY_BYTES = 1_500_000_000  # above what the process has when it begins
ENGINE = "building_footprints_plugin"


@dataclass(frozen=True)
class Outcome:
    """What came of a case: read, refused, no memory, traceback, hang or crash; `where` tells more of the last ones."""

    kind: str
    number: int
    what: str
    where: str = ""
    peak_mb: float = 0.0


def run(kind: str, seeds: list[Seed], seed: int, numbers: list[int], folder: Path) -> Iterator[Outcome]:
    """Yield the outcome of every case; which damage a case has depends on `seed`, its kind and its number alone."""
    waiting = list(numbers)
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        done = 0
        for outcome in _batch(kind, seeds, seed, batch, folder):
            done += 1
            yield outcome
        waiting = [*batch[done:], *waiting]


def _batch(kind: str, seeds: list[Seed], seed: int, numbers: list[int], folder: Path) -> Iterator[Outcome]:
    """Yield outcomes until the batch is done or its process is gone, which is the last outcome then."""
    ours, theirs = os.pipe()
    gc.freeze()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _child(kind, seeds, seed, numbers, folder, theirs)
    os.close(theirs)
    finished = 0
    buffer = b""
    try:
        while finished < len(numbers):
            ready, _, _ = select.select([ours], [], [], CASE_S)
            if not ready:
                yield Outcome(kind, numbers[finished], "hang")
                return
            part = os.read(ours, 65536)
            if not part:
                _, status = os.waitpid(child, 0)
                child = 0
                yield Outcome(kind, numbers[finished], "crash", _death(status))
                return
            buffer += part
            *whole, buffer = buffer.split(b"\n")
            for line in whole:
                what, peak, where = line.decode().split("\t", 2)
                yield Outcome(kind, numbers[finished], what, where, float(peak))
                finished += 1
    finally:
        os.close(ours)
        if child:
            if finished < len(numbers):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _death(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _child(kind: str, seeds: list[Seed], seed: int, numbers: list[int], folder: Path, pipe: int) -> None:
    """Run the cases of a batch in this process, which never returns."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        warnings.simplefilter("ignore")
        limit = _address_space() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000_000, 200_000_000))
        for number in numbers:
            what, where = _case(kind, seeds, seed, number, folder)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            os.write(pipe, f"{what}\t{peak:.0f}\t{where}\n".encode())
    finally:
        os._exit(0)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def make_case(seeds: list[Seed], seed: int, number: int, folder: Path) -> Path:
    """Write the files of a case into the empty `folder`; return the one to open."""
    rng = random.Random(f"{seed}:{seeds[0].kind}:{number}")
    chosen = seeds[number % len(seeds)]
    shutil.copytree(chosen.folder, folder)
    victim = folder / chosen.victim
    data = victim.read_bytes()
    if chosen.kind == "manifest" and rng.random() < 0.8:
        victim.write_text(damaged_json(data.decode(), rng))
    elif len(data) > 1_000_000:  # the network's tensors: the header is what is looked at, the rest a hole
        head = int.from_bytes(data[:8], "little") + 8
        victim.write_bytes(damaged(data[:head], rng))
        os.truncate(victim, len(data))
    else:
        victim.write_bytes((damaged_text if chosen.text else damaged)(data, rng))
    return folder / chosen.opened


def _case(kind: str, seeds: list[Seed], seed: int, number: int, folder: Path) -> tuple[str, str]:
    place = folder / f"{kind}-{number}"
    path = make_case(seeds, seed, number, place)
    began = time.monotonic()
    try:
        TARGETS[kind](path, number)
        outcome = "read", ""
    except FootprintsError as error:
        outcome = (
            ("refused", "") if "\n" not in str(error) else ("traceback", f"a sentence of several lines: {error!r}")
        )
    except MemoryError:
        outcome = "no memory", ""
    except Exception as error:
        outcome = "traceback", _where(error)
    if time.monotonic() - began > CASE_S:
        outcome = "hang", "it went on for more than a minute"
    shutil.rmtree(place, ignore_errors=True)
    return outcome


def _where(error: Exception) -> str:
    """Return the error with the last line of ours that it came through."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if ENGINE in frame.filename]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    return f"{type(error).__name__} in {place}: {str(error)[:120]}".replace("\n", " ").replace("\t", " ")
