"""`prepare` itself: the plan carried out in worker processes, into a folder that appears when it is whole."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from building_footprints_plugin.engine.errors import BadInput, FootprintsError

from .cutting import Cut, cut
from .manifest import MANIFEST, write_manifest, write_places
from .options import PrepareOptions
from .plan import Job, jobs_of, plan
from .source import Collection

UNFINISHED = ".{}.unfinished-{}"  # hidden: `read_places` and people pass it by


def prepare(
    collections: Sequence[Collection], target: Path, options: PrepareOptions, *, overwrite: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Write the images of all collections as places of chips into the folder `target`, which appears once whole.

    Returns the totals of each split and sentences that the user should read. The bytes written depend on sources and
    options only, not on the number of workers or on the day. Memory: some windows a worker, and a few hundred bytes a
    chip for the manifest. Raises BadInput if a source or `target` cannot be used, FootprintsError if the disk fails;
    then, and after KeyboardInterrupt, nothing is left behind.
    """
    _check_target(target, overwrite)
    planned, notes = plan(collections, options)
    with _unfinished(target) as folder:
        for name in sorted({each.place for each in planned}):
            for part in ("images", "instances"):
                (folder / name / part).mkdir(parents=True)
        jobs = [(each, job) for each in planned for job in jobs_of(each, folder, options)]
        cuts = _carry_out([job for _, job in jobs], options.workers)
        places = write_places(folder, [(each, cut) for (each, _), cut in zip(jobs, cuts, strict=True)])
        if not places:
            raise BadInput("Not one labelled pixel was found in the sources; check the footprints and the area.")
        totals = write_manifest(folder, places, options)
        _drop_empty(folder, {place["name"] for place in places})
        _put_in_place(folder, target)
    return totals, notes + _remarks(places, totals)


def _remarks(places: Sequence[dict[str, Any]], totals: dict[str, Any]) -> list[str]:
    remarks = []
    for place in places:
        if place["without_labels"]:
            remarks.append(f"{place['name']}: {len(place['without_labels'])} images have no labels and were left out.")
    unknown = sorted({place["from"] for place in places if place["licence"] == "unknown"})
    if unknown:
        remarks.append(f"{', '.join(unknown)} has no licence; say what it is with --licence and --attribution.")
    if not totals["train"]["chips"] or not totals["val"]["chips"]:
        absent = " and ".join(split for split in ("train", "val") if not totals[split]["chips"])
        remarks.append(f"There is nothing for {absent}; training needs both, so prepare more images for it.")
    return remarks


def _check_target(target: Path, overwrite: bool) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not target.is_dir():
        raise BadInput(f"{target} is a file; expected a folder to write.")
    if not overwrite:
        raise BadInput(f"{target} is not empty; choose another folder, or replace this one with --overwrite.")
    if not (target / MANIFEST).is_file():
        raise BadInput(f"{target} has no {MANIFEST}, so it was not made by prepare; delete it yourself if you mean to.")


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """Give a new hidden folder beside `target`; whatever happens, it is gone afterwards."""
    target = target.absolute()
    folder = target.with_name(UNFINISHED.format(target.name, os.getpid()))
    try:
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        raise FootprintsError(f"{target} could not be written ({error}); nothing was left there.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(folder: Path, target: Path) -> None:
    """Rename the finished folder; the one it replaces goes last, so that there always is a whole one."""
    old = folder.with_name(folder.name + "-old")
    if target.exists():
        target.rename(old)
    folder.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _drop_empty(folder: Path, kept: set[str]) -> None:
    """Remove the folders of places of which nothing was labelled."""
    for child in folder.iterdir():
        if child.is_dir() and child.name not in kept:
            shutil.rmtree(child)


def _carry_out(jobs: Sequence[Job], workers: int) -> Iterator[Cut]:
    """Yield what each job made, in the order of jobs, with a progress bar on a terminal."""
    bar = tqdm(total=len(jobs), unit="image", disable=None)
    with bar:
        for done in map(cut, jobs) if workers == 1 else _in_processes(jobs, workers):
            bar.update()
            yield done


def _in_processes(jobs: Sequence[Job], workers: int) -> Iterator[Cut]:
    pool = ProcessPoolExecutor(workers, initializer=_live_by_the_parent)
    try:
        yield from pool.map(cut, jobs, chunksize=max(1, min(16, len(jobs) // (8 * workers))))
    except BrokenProcessPool as error:
        raise FootprintsError(
            "A worker process died, perhaps for want of memory; try again with fewer --workers or a smaller --chip."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _live_by_the_parent() -> None:
    """Leave signals to the parent process, and end when it ends, however that happens."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
