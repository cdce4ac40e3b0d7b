"""Where a Python that can run the engine may be: the candidates, in the order they are tried."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings

from ..translation import tr

SETTING = "BuildingFootprints/python"
FOLDER_SETTING = "BuildingFootprints/folder"
VARIABLE = "BUILDING_FOOTPRINTS_PYTHON"


@dataclass(frozen=True)
class Candidate:
    """A Python executable (it need not exist) and who named it, as a phrase for the user."""

    path: str
    origin: str


def candidates() -> list[Candidate]:
    """Return every Python to try, each path once, first choice first."""
    unique: dict[str, Candidate] = {}
    for candidate in _named():
        unique.setdefault(candidate.path, candidate)
    return list(unique.values())


def managed_folder(chosen: str = "") -> Path:
    """Return the folder of the environment that Install Engine makes, in the folder chosen now or before.

    It need not exist. Where none was chosen, it is in the QGIS profile.
    """
    chosen = chosen or str(QgsSettings().value(FOLDER_SETTING, "") or "").strip()
    return (Path(chosen) if chosen else Path(QgsApplication.qgisSettingsDirPath())) / "building_footprints" / "engine"


def managed_python() -> Path:
    """Return the Python of the environment in `managed_folder`; it need not exist."""
    return python_of(managed_folder())


def python_of(environment: Path) -> Path:
    """Return the Python of a virtual environment; it need not exist."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _named() -> Iterator[Candidate]:
    from_variable = os.environ.get(VARIABLE, "").strip()
    if from_variable:
        yield Candidate(_absolute(from_variable), tr("the variable {}").format(VARIABLE))
    from_setting = str(QgsSettings().value(SETTING, "") or "").strip()
    if from_setting:
        yield Candidate(_absolute(from_setting), tr("the setting {}").format(SETTING))
    yield Candidate(str(managed_python()), tr("the environment of this QGIS profile"))
    for path in qgis_pythons():
        yield Candidate(str(path), tr("QGIS's own Python"))


def qgis_pythons() -> list[Path]:
    """Return the existing executables of the Python that QGIS embeds, each once.

    They are looked for where that Python is installed: `sys.executable` is QGIS itself on Windows and macOS, and on
    Linux whichever python3 comes first on the path.
    """
    prefixes = [Path(sys.prefix), Path(sys.base_prefix)]
    if sys.executable and "python" not in Path(sys.executable).name.lower():
        prefixes.append(Path(sys.executable).parent)  # inside QGIS's own folder
    if os.name == "nt":
        names = ["python.exe", "python3.exe"]
    else:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        names = ["bin/python3", f"bin/{version}", "python3", version]
    found: dict[str, Path] = {}
    for path in (prefix / name for prefix in prefixes for name in names):
        if path.is_file():
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def _absolute(text: str) -> str:
    expanded = os.path.expanduser(text)
    return shutil.which(expanded) or os.path.abspath(expanded)
