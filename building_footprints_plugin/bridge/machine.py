"""What the machine has: memory, disk, graphics card."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess  # nosec B404 - lists without a shell; each call says why
import sys
import tempfile

from qgis.core import Qgis, QgsApplication
from qgis.PyQt.QtCore import PYQT_VERSION_STR, QT_VERSION_STR

from .. import __version__
from ..translation import tr

GIB = 1024**3
CARD_FACTS = "name,driver_version,memory.total,memory.free"
CARD_S = 20.0


def this_machine() -> dict[str, str]:
    """Return what a bug report should say of plugin, QGIS and machine."""
    return {
        "plugin": __version__,
        "QGIS": Qgis.QGIS_VERSION,
        "Qt": f"{QT_VERSION_STR}, PyQt {PYQT_VERSION_STR}",
        "Python of QGIS": f"{platform.python_version()}, {sys.prefix}",
        "system": f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} CPUs",
        "memory": memory(),
        "free disk": f"{shutil.disk_usage(tempfile.gettempdir()).free / GIB:.1f} GiB, {tempfile.gettempdir()}",
        "graphics card": graphics_cards() or tr("no NVIDIA driver found"),
        "profile": QgsApplication.qgisSettingsDirPath(),
    }


def memory() -> str:
    """Return total and free memory, as far as the system tells without another package."""
    if os.name == "nt":
        total, free = _windows_memory()
    else:
        total, free = _page("SC_PHYS_PAGES"), _available()
    known = [(total, tr("{:.1f} GiB")), (free, tr("{:.1f} GiB free"))]
    return ", ".join(text.format(size / GIB) for size, text in known if size) or tr("unknown")


def graphics_cards() -> str:
    """Return name, driver and memory of NVIDIA's cards, one after another; empty where its driver is not there."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    command = [program, f"--query-gpu={CARD_FACTS}", "--format=csv,noheader"]
    options = {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
    try:
        done = subprocess.run(  # nosec B603 - a list, no shell, nothing of the user's in it
            command, capture_output=True, text=True, timeout=CARD_S, check=True, stdin=subprocess.DEVNULL, **options
        )
    except (OSError, subprocess.SubprocessError) as error:
        return tr("nvidia-smi fails: {}").format(error)
    return "; ".join(done.stdout.strip().splitlines())


def _page(name: str) -> int:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0


def _available() -> int:
    """Return the memory that programs can still have; 0 where the system does not say so."""
    if not os.path.exists("/proc/meminfo"):
        return 0
    with open("/proc/meminfo", encoding="ascii") as stream:
        facts = dict(line.split(":", 1) for line in stream)
    return int(facts.get("MemAvailable", "0").split()[0]) * 1024


def _windows_memory() -> tuple[int, int]:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status()
    status.length = ctypes.sizeof(Status)
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return int(status.total), int(status.free)
