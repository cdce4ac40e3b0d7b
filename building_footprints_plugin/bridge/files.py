"""Temporary folders that are gone when a run is over, however it ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from qgis.core import QgsProcessingUtils

from ..translation import tr
from .errors import BridgeError


@contextmanager
def run_folder() -> Iterator[str]:
    """Make a folder for one run inside the temporary folder of Processing."""
    folder = tempfile.mkdtemp(prefix="building_footprints_", dir=QgsProcessingUtils.tempFolder())
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # what Windows still holds open goes when QGIS ends


@contextmanager
def whole_file(target: str) -> Iterator[str]:
    """Yield a path in a hidden folder beside `target`; what was written there becomes `target` if the block ends well.

    An engine that is killed cannot clean up after itself, so its files are kept where this process can. An empty
    `target` (an output nobody asked for) yields an empty path.
    """
    if not target:
        yield ""
        return
    target = os.path.abspath(target)
    try:
        folder = tempfile.mkdtemp(prefix=".building_footprints_", dir=os.path.dirname(target))
    except OSError as error:
        raise BridgeError(_cannot_write(target, error)) from error
    made = os.path.join(folder, os.path.basename(target))
    try:
        yield made
        _move(made, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unwritable(target: str) -> str:
    """Return why no file can be made where `target` is to be, as a sentence, or an empty text; leaves nothing there.

    `tempfile` would ask for ever: where Windows refuses one name, Pythons before 3.12.3 try two billion others.
    """
    tried = os.path.join(os.path.dirname(target), f".building_footprints_{uuid4().hex}")
    try:
        os.close(os.open(tried, os.O_CREAT | os.O_EXCL))
        os.remove(tried)
    except OSError as error:
        return _cannot_write(target, error)
    return ""


def _move(made: str, target: str) -> None:
    try:
        os.replace(made, target)
    except OSError as error:
        raise BridgeError(_cannot_write(target, error)) from error


def _cannot_write(target: str, error: OSError) -> str:
    reason = error.strerror or str(error)
    return tr("{} cannot be written ({}); close it where it is open, or choose another place.").format(target, reason)
