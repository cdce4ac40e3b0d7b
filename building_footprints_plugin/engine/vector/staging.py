"""Outputs appear only when whole: checks before any work, and a hidden folder beside the target; see `commit`."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from uuid import uuid4

from ..errors import BadInput
from .formats import parquet
from .lock import alone_in

DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile",
    ".parquet": "Parquet",
    ".csv": "SpaceNet CSV",
}
EXTENSIONS = tuple(DRIVERS)
SHAPEFILE_PARTS = (".dbf", ".shx", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".shp")  # .shp last: it makes the set whole


def check_target(path: str | Path, extensions: tuple[str, ...] = EXTENSIONS) -> Path:
    """Return `path` as a Path once a file can be written there; raise BadInput otherwise. Leaves nothing behind."""
    target = Path(path)
    if target.suffix.lower() not in extensions:
        raise BadInput(f"{target} has the extension {target.suffix!r}; expected one of {', '.join(extensions)}.")
    if target.suffix.lower() == ".parquet":
        parquet()
    if target.is_dir():
        raise BadInput(f"{target} is a folder; expected the name of a file.")
    if not target.parent.is_dir():
        raise BadInput(f"There is no folder {target.parent}; make it or choose another.")
    try:
        try_to_write(target.parent)
        stage(target).cleanup()
        if target.exists():
            target.open("r+b").close()
        if target.suffix.lower() == ".gpkg" and target.exists():
            with alone_in(target.parent):  # another run that looks at it would be taken for another program
                check_geopackage(target)
    except OSError as error:
        raise BadInput(f"{target} cannot be written ({error.strerror}); choose another place or close it.") from error
    return target


def try_to_write(folder: Path) -> None:
    """Make a file in `folder` and remove it; raise OSError if that cannot be.

    Before `tempfile` is asked, which takes a refusal for a name that is taken on Windows, and tries others for ever.
    """
    tried = folder / f".building_footprints_{uuid4().hex}"
    tried.touch(exist_ok=False)
    tried.unlink()


def stage(target: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a hidden folder beside `target`, on the same disk, so that a rename is all it takes at the end."""
    return tempfile.TemporaryDirectory(prefix=f".{target.stem}-", dir=target.parent, ignore_cleanup_errors=True)


def check_geopackage(target: Path) -> None:
    """Refuse a GeoPackage that another program is writing to: replacing it under that program would damage both.

    Raises BadInput.
    """
    connection = sqlite3.connect(target, timeout=0)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.rollback()
    except sqlite3.DatabaseError as error:
        reason = "is open in another program" if isinstance(error, sqlite3.OperationalError) else "is not a GeoPackage"
        raise BadInput(f"{target} {reason} ({error}); close it there or choose another file.") from error
    finally:
        connection.close()
    if target.with_name(target.name + "-wal").exists():  # the last user of the file removes it on closing
        raise BadInput(f"{target} is open in another program; close it there or choose another file.")
