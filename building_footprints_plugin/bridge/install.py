"""The engine's own environment: made, completed, made anew and removed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsProcessingFeedback

from ..translation import tr
from .environment import PACKAGE
from .errors import BridgeError, RunCancelled
from .packages import Source, find_uv
from .probe import forget, probe
from .python import Candidate, managed_folder, python_of, qgis_pythons
from .tool import run_tool

LOCK = PACKAGE / "engine_lock.txt"
INSTALLED = "engine_lock.txt"  # in the environment: what it was made from, written when it is whole
PYTHONS = ">=3.11,<3.15"  # that the lock file is for
START, MADE, END = 5, 15, 95  # of the progress bar: uv is there, the environment, the packages


@dataclass(frozen=True)
class Order:
    """What is to be installed: below which folder, from where, and on which Python (empty: uv finds or brings one)."""

    folder: Path
    source: Source
    python: str
    network: Mapping[str, str]

    @property
    def environment(self) -> Path:
        return self.folder / "engine"

    @property
    def variables(self) -> dict[str, str]:
        """Everything uv keeps stays below the folder, so that removing it removes all."""
        places = {"UV_CACHE_DIR": "cache", "UV_PYTHON_INSTALL_DIR": "python"}
        return {**self.network, **{name: str(self.folder / place) for name, place in places.items()}}


def install(order: Order, feedback: QgsProcessingFeedback) -> Path:
    """Make or complete the environment and return its Python; what is there already is not fetched again.

    Raises BridgeError if that fails or if the engine does not run there, RunCancelled if the user cancels.
    """
    _write_folder(order.folder)
    uv = find_uv(order.folder / "tools", order.source, order.network, feedback)
    feedback.setProgress(START)
    if not _runs(order, feedback):
        run_tool(_making(order, uv), order.variables, feedback)
    feedback.setProgress(MADE)
    python = python_of(order.environment)
    try:
        run_tool(_filling(order, uv, python), order.variables, feedback, _follow(feedback))
    except RunCancelled:
        raise
    except BridgeError as error:
        raise BridgeError("\n".join([str(error), _advice(order.source)])) from error
    feedback.setProgress(END)
    forget()
    lacks = probe(Candidate(str(python), tr("just made"))).lacks(with_network=True)
    if lacks:
        raise BridgeError(tr("The environment was made, but the engine does not run there: {}.").format(lacks))
    (order.environment / INSTALLED).write_bytes(LOCK.read_bytes())
    shutil.rmtree(order.folder / "cache", ignore_errors=True)  # the environment has its files
    return python


def remove(folder: Path) -> bool:
    """Remove what Install Engine has put below `folder`; return whether anything was there.

    Raises BridgeError where a file is in use.
    """
    forget()
    found = [folder / name for name in ("engine", "tools", "python", "cache") if (folder / name).is_dir()]
    try:
        for each in found:
            shutil.rmtree(each)
    except OSError as error:
        text = tr("{} cannot be removed ({}); close other QGIS windows and run again.")
        raise BridgeError(text.format(error.filename, error.strerror)) from error
    return bool(found)


def is_outdated(python: str) -> bool:
    """Whether `python` is that of an environment that was made for other versions than this plugin's."""
    if Path(python) != python_of(managed_folder()):
        return False
    made_from = managed_folder() / INSTALLED
    return not made_from.is_file() or made_from.read_bytes() != LOCK.read_bytes()


def _advice(source: Source) -> str:
    if source.wheels:
        return tr("The folder must hold a wheel of each package in {} for this Python and system.").format(LOCK)
    return tr("If the network keeps an address closed, name a package index that is open, or a folder of wheels.")


def _write_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BridgeError(
            tr("{} cannot be made ({}); choose another folder.").format(folder, error.strerror)
        ) from error


def _runs(order: Order, feedback: QgsProcessingFeedback) -> bool:
    """Whether there is an environment whose Python runs; one whose Python is gone is made anew."""
    python = python_of(order.environment)
    if not python.exists():
        return False
    try:
        run_tool([str(python), "-c", "import sys; print(sys.version)"], {}, feedback)
    except RunCancelled:
        raise
    except BridgeError:
        return False
    return True


def _making(order: Order, uv: str) -> Sequence[str]:
    if uv:
        offline = ["--offline"] if order.source.wheels else []
        return [uv, "venv", "--clear", *offline, "--python", order.python or PYTHONS, str(order.environment)]
    python = order.python or next(iter(map(str, qgis_pythons())), "")
    if not python:
        raise BridgeError(tr("Neither uv nor a Python was found; install Python 3.11 or newer and name it here."))
    return [python, "-m", "venv", "--clear", str(order.environment)]


def _filling(order: Order, uv: str, python: Path) -> Sequence[str]:
    if uv:
        return [uv, "pip", "install", "--python", str(python), "--requirement", str(LOCK), *order.source.for_uv()]
    options = ["--no-input", "--disable-pip-version-check", "--requirement", str(LOCK), *order.source.for_pip()]
    return [str(python), "-m", "pip", "install", *options]


def _follow(feedback: QgsProcessingFeedback) -> Callable[[str], None]:
    """Return what moves the progress bar with the lines of uv and pip, which name the packages of the lock file."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    wanted = {line.partition("==")[0] for line in lines if "==" in line}
    seen: set[str] = set()

    def heard(line: str) -> None:
        seen.update(wanted & {word.partition("==")[0].lower() for word in line.split()})
        feedback.setProgress(MADE + (END - MADE) * len(seen) / len(wanted))

    return heard
