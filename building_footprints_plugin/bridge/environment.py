"""The environment variables and the command line an engine process is started with."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent

# QGIS points these at its own Python, PROJ and GDAL; another Python's copies of them break under such guidance.
STRIPPED_PREFIXES = ("PYTHON", "__PYVENV", "PROJ_", "GDAL_", "OSGEO", "LD_", "DYLD_")
KEPT_PREFIXES = ("GDAL_HTTP_",)  # how the user reaches the network holds for every GDAL

# The package is loaded from its own folder by name, so that neither another plugin beside it nor an installed copy
# can take its place; the folder above goes last on the path, behind the engine's site-packages.
_BOOTSTRAP = """\
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import importlib.util, os, runpy
folder = sys.argv.pop(1)
name = os.path.basename(folder)
init = os.path.join(folder, "__init__.py")
spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[folder])
sys.modules[name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[name])
sys.path.append(os.path.dirname(folder))
runpy.run_module(name + ".engine", run_name="__main__", alter_sys=True)
"""


def engine_environment(inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return `inherited` (this process's environment) without what would lead another Python astray.

    PATH, HOME, TEMP, proxies, certificates and CUDA_* stay as they are.
    """
    source = os.environ if inherited is None else inherited
    return {name: value for name, value in source.items() if not _is_stripped(name.upper())}


def engine_command(python: str, arguments: Sequence[str]) -> list[str]:
    """Return the command that runs the engine of this plugin with `arguments` under `python`."""
    return [python, "-X", "utf8", "-c", _BOOTSTRAP, str(PACKAGE), *arguments]


def _is_stripped(name: str) -> bool:
    return name.startswith(STRIPPED_PREFIXES) and not name.startswith(KEPT_PREFIXES)
