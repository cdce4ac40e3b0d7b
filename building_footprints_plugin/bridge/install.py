"""The engine's own environment: made beside what is there, put in its place once it is whole, and removed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsProcessingFeedback

from ..translation import tr
from .environment import PACKAGE
from .errors import BridgeError
from .packages import Source, find_uv
from .probe import forget, probe
from .python import Candidate, managed_folder, python_of, qgis_pythons
from .tool import ToolFailed, run_tool
from .warm import end_engines

LOCK = PACKAGE / "engine_lock.txt"
INSTALLED = "engine_lock.txt"  # in the environment: what it was made from, written when it is whole
ENGINE, NEW, OLD = "engine", "engine.new", "engine.old"
KEPT = (ENGINE, NEW, OLD, "tools", "python", "cache")  # all that is ever put below the folder
PYTHONS = ">=3.11,<3.15"  # that the lock file is for
START, MADE, END = 5, 15, 95  # of the progress bar: uv is there, the environment, the packages


@dataclass(frozen=True)
class Order:
    """What is to be installed: below which folder, from where, on which Python (empty: uv finds or brings one).

    With `anew` an engine that runs is replaced, else completed.
    """

    folder: Path
    source: Source
    python: str
    network: Mapping[str, str]
    anew: bool = False

    @property
    def variables(self) -> dict[str, str]:
        """Everything uv keeps stays below the folder, so that removing it removes all."""
        places = {"UV_CACHE_DIR": "cache", "UV_PYTHON_INSTALL_DIR": "python"}
        return {**self.network, **{name: str(self.folder / place) for name, place in places.items()}}


def install(order: Order, feedback: QgsProcessingFeedback) -> Path:
    """Make or complete the environment and return its Python; what was fetched already is not fetched again.

    A new environment takes the place of the old one only when the engine runs in it; until then the old one works.
    Raises BridgeError if that fails, RunCancelled if the user cancels.
    """
    _make_folder(order.folder)
    uv = find_uv(order.folder / "tools", order.source, order.network, feedback)
    feedback.setProgress(START)
    engine, new = order.folder / ENGINE, order.folder / NEW
    environment = new if order.anew or not _runs(engine, feedback) else engine
    if environment == new and (order.python or not _runs(new, feedback)):  # else a run that was cancelled goes on
        run_tool(_making(order, uv, new), order.variables, feedback)
    feedback.setProgress(MADE)
    if environment == engine:
        end_engines()  # Windows locks the files of what runs
    _fill(order, uv, environment, feedback)
    feedback.setProgress(END)
    _check(python_of(environment))
    (environment / INSTALLED).write_bytes(LOCK.read_bytes())
    if environment == new:
        _swap(order.folder)
    for left in (NEW, "cache"):  # the environment has its files
        shutil.rmtree(order.folder / left, ignore_errors=True)
    return python_of(engine)


def remove(folder: Path) -> bool:
    """Remove what Install Engine has put below `folder`; return whether anything was there.

    Raises BridgeError where a file is in use.
    """
    forget()
    end_engines()
    found = [folder / name for name in KEPT if (folder / name).is_dir()]
    try:
        for each in found:
            shutil.rmtree(each)
    except OSError as error:
        raise _in_use(error) from error
    return bool(found)


def is_outdated(python: str) -> bool:
    """Whether `python` is that of an environment that was made for other versions than this plugin's."""
    if Path(python) != python_of(managed_folder()):
        return False
    made_from = managed_folder() / INSTALLED
    return not made_from.is_file() or made_from.read_bytes() != LOCK.read_bytes()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = tr("{} cannot be made ({}); choose another folder.")
        raise BridgeError(text.format(folder, error.strerror)) from error


def _runs(environment: Path, feedback: QgsProcessingFeedback) -> bool:
    try:
        run_tool([str(python_of(environment)), "-c", "import sys; print(sys.version)"], {}, feedback)
    except ToolFailed:
        return False
    return True


def _making(order: Order, uv: str, environment: Path) -> Sequence[str]:
    if uv:
        offline = ["--offline"] if order.source.wheels else []
        python = order.python or PYTHONS
        return [uv, "venv", "--clear", "--relocatable", *offline, "--python", python, str(environment)]
    python = order.python or next(iter(map(str, qgis_pythons())), "")
    if not python:
        raise BridgeError(tr("Neither uv nor a Python was found; install Python 3.11 or newer and name it here."))
    return [python, "-m", "venv", "--clear", str(environment)]


def _fill(order: Order, uv: str, environment: Path, feedback: QgsProcessingFeedback) -> None:
    python, wanted = str(python_of(environment)), ["--requirement", str(LOCK)]
    if uv:
        command = [uv, "pip", "install", "--python", python, *wanted, *order.source.for_uv()]
    else:
        quiet = ["--no-input", "--disable-pip-version-check"]
        command = [python, "-m", "pip", "install", *quiet, *wanted, *order.source.for_pip()]
    try:
        run_tool(command, order.variables, feedback, _follow(feedback))
    except ToolFailed as error:
        advice = tr("If the network keeps an address closed, name a package index that is open, or a folder of wheels.")
        if order.source.wheels:
            advice = tr("The folder must hold a wheel of each package in {} for this Python and system.").format(LOCK)
        raise BridgeError(f"{error}\n{advice}") from error


def _follow(feedback: QgsProcessingFeedback) -> Callable[[str], None]:
    """Return what moves the progress bar with the lines of uv and pip, which name the packages of the lock file."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    wanted = {line.partition("==")[0] for line in lines if "==" in line}
    seen: set[str] = set()

    def heard(line: str) -> None:
        seen.update(wanted & {word.partition("==")[0].lower() for word in line.split()})
        feedback.setProgress(MADE + (END - MADE) * len(seen) / len(wanted))

    return heard


def _check(python: Path) -> None:
    forget()
    lacks = probe(Candidate(str(python), tr("just made"))).lacks(with_network=True)
    if lacks:
        raise BridgeError(tr("The environment was made, but the engine does not run there: {}.").format(lacks))


def _swap(folder: Path) -> None:
    """Put the new environment in the place of the old one, which comes back if that fails."""
    engine, old = folder / ENGINE, folder / OLD
    forget()
    end_engines()
    try:
        if old.exists():
            shutil.rmtree(old)
        if engine.exists():
            engine.rename(old)
        (folder / NEW).rename(engine)
    except OSError as error:
        if not engine.exists() and old.exists():
            old.rename(engine)
        raise _in_use(error) from error
    shutil.rmtree(old, ignore_errors=True)


def _in_use(error: OSError) -> BridgeError:
    text = tr("{} cannot be moved or removed ({}); close other QGIS windows and run again.")
    return BridgeError(text.format(error.filename, error.strerror))
