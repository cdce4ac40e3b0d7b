"""Putting finished files in place: one process at a time in a folder, and never over somebody else's changes."""

from __future__ import annotations

import os
from pathlib import Path

from .lock import alone_in
from .staging import SHAPEFILE_PARTS, check_geopackage

Signature = tuple[int, int, int] | None


def commit(made: Path, target: Path) -> None:
    """Move a finished file, with a shapefile's companions, over the target: of two runs the last one stays, whole."""
    with alone_in(target.parent):
        _replace(made, target)


def commit_if(made: Path, target: Path, seen: Signature) -> bool:
    """Move a GeoPackage over the target if that is still what was `seen`; return whether it was.

    Raises BadInput if another program has it open for writing.
    """
    with alone_in(target.parent):
        if signature(target) != seen:
            return False
        if seen is not None:
            check_geopackage(target)
        _replace(made, target)
        return True


def signature(file: Path) -> Signature:
    """Return what changes whenever a file does, None where there is none."""
    try:
        about = file.stat()
    except FileNotFoundError:
        return None
    return about.st_size, about.st_mtime_ns, about.st_ino


def _replace(made: Path, target: Path) -> None:
    if target.suffix.lower() != ".shp":
        os.replace(made, target)
        return
    for suffix in SHAPEFILE_PARTS:
        part = made.with_suffix(suffix)
        if part.exists():
            os.replace(part, target.with_suffix(suffix))
        elif suffix != ".shp":
            target.with_suffix(suffix).unlink(missing_ok=True)
