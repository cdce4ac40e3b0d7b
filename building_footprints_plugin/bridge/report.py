"""What is installed and what is not: a text that can be pasted into a bug report."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator

from qgis.core import Qgis, QgsApplication
from qgis.PyQt.QtCore import PYQT_VERSION_STR, QT_VERSION_STR

from .. import __version__
from ..translation import tr
from .probe import Probe, forget, probe
from .python import SETTING, VARIABLE, candidates

GIB = 1024**3
WEIGHTS_FACTS = ("path", "architecture", "gsd_m", "licence", "size_bytes")
PACKAGES = "torch numpy rasterio shapely pyogrio safetensors scikit-image scipy pyarrow tqdm"


def installation_report() -> tuple[str, bool]:
    """Ask every candidate anew; return the report and whether one of them can do everything."""
    forget()
    probes = [probe(candidate) for candidate in candidates()]
    chosen = next((answer for answer in probes if not answer.lacks(with_network=True)), None)
    lines = ["Building Footprints", *_table(_this_machine()), "", tr("Pythons tried, in this order:")]
    for number, answer in enumerate(probes, start=1):
        lines += _tried(number, answer)
    lines += ["", *(_engine(chosen) if chosen else _what_to_do())]
    return "\n".join(lines), chosen is not None and not _weights_error(chosen)


def _this_machine() -> dict[str, str]:
    return {
        "plugin": __version__,
        "QGIS": Qgis.QGIS_VERSION,
        "Qt": f"{QT_VERSION_STR}, PyQt {PYQT_VERSION_STR}",
        "Python of QGIS": f"{platform.python_version()}, {sys.prefix}",
        "system": f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} CPUs",
        "memory": _memory(),
        "free disk": f"{shutil.disk_usage(tempfile.gettempdir()).free / GIB:.1f} GiB, {tempfile.gettempdir()}",
        "profile": QgsApplication.qgisSettingsDirPath(),
    }


def _memory() -> str:
    """Return the machine's memory where Python's standard library knows it, which it does on Linux and macOS."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return tr("unknown")
    return f"{total / GIB:.1f} GiB"


def _tried(number: int, answer: Probe) -> Iterator[str]:
    verdict = answer.lacks(with_network=True)
    if verdict and not answer.lacks(with_network=False):
        verdict += tr("; enough for polygonizing and scoring")
    yield f"{number}. {answer.candidate.path} ({answer.candidate.origin}): {verdict or tr('works')}"
    for name, reason in (answer.info.get("reasons") or {}).items():
        yield f"   {name}: {reason}"


def _engine(answer: Probe) -> Iterator[str]:
    info = answer.info
    yield tr("Engine: {}").format(answer.candidate.path)
    facts = {name: info.get(name) for name in ("version", "python", "device", "precision", "gpu", "gpu_memory_mb")}
    facts["packages"] = ", ".join(f"{name} {version}" for name, version in (info.get("packages") or {}).items())
    weights = info.get("weights") or {}
    facts["weights"] = ", ".join(str(weights[name]) for name in WEIGHTS_FACTS if name in weights)
    yield from _table({name: str(value) for name, value in facts.items() if value not in (None, "")})
    if _weights_error(answer):
        yield tr("The weights cannot be used: {} Install the plugin again.").format(_weights_error(answer))
    if info.get("device") == "cpu":
        yield tr("No GPU is used; on the CPU the network is slower and finds the same footprints.")


def _weights_error(answer: Probe) -> str:
    return str((answer.info.get("weights") or {}).get("error") or "")


def _what_to_do() -> Iterator[str]:
    yield tr("No Python was found that can run the engine. What to do:")
    yield "- " + tr("Make an environment of Python 3.10 or newer and install the packages in it, for example:")
    yield "  python3 -m venv footprints"
    yield f"  footprints/bin/pip install {PACKAGES}"
    yield "- " + tr("Name its python in QGIS's advanced setting {} or in the variable {}.").format(SETTING, VARIABLE)
    yield "- " + tr("Run Check Installation again; it asks every Python anew.")


def _table(facts: dict[str, str]) -> Iterator[str]:
    width = max(map(len, facts))
    return (f"  {name.ljust(width)}  {value}" for name, value in facts.items())
