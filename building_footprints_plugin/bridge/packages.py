"""Where packages come from, and the programs that install them: uv, or pip where uv cannot be had."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsProcessingFeedback

from ..translation import tr
from .python import qgis_pythons
from .tool import ToolFailed, run_tool

UV = "uv>=0.9,<1"
TORCH_FOR_CPU = "https://download.pytorch.org/whl/cpu"  # uv knows this address itself


@dataclass(frozen=True)
class Source:
    """The Python package index, unless `index` names another or `wheels` a folder; which build of torch."""

    index: str = ""
    wheels: str = ""
    cpu_only: bool = False

    def for_pip(self) -> list[str]:
        """Return pip's options."""
        if self.wheels:
            return ["--no-index", "--find-links", self.wheels]
        if self.index:
            return ["--index-url", self.index]
        return ["--extra-index-url", TORCH_FOR_CPU] if self.cpu_only else []

    def for_uv(self) -> list[str]:
        """Return uv's options: without an index or folder of the user's, torch comes from its makers' own indexes."""
        if self.wheels:
            return ["--offline", "--no-index", "--find-links", self.wheels]
        if self.index:
            return ["--default-index", self.index]
        return ["--torch-backend", "cpu" if self.cpu_only else "auto"]


def find_uv(folder: Path, source: Source, network: Mapping[str, str], feedback: QgsProcessingFeedback) -> str:
    """Return uv: the user's own, the one in `folder`, or one that QGIS's pip puts there; empty if it cannot be had."""
    found = shutil.which("uv") or _uv_in(folder)
    if found:
        return found
    for python in qgis_pythons():
        command = [str(python), "-m", "pip", "install", "--no-input", "--upgrade", "--target", str(folder), UV]
        try:
            run_tool([*command, *source.for_pip()], network, feedback)
        except ToolFailed as error:
            feedback.pushInfo(str(error))
            continue
        return _uv_in(folder)
    feedback.pushWarning(tr("uv could not be had; pip is used in its place."))
    return ""


def _uv_in(folder: Path) -> str:
    name = "uv.exe" if os.name == "nt" else "uv"
    return next((str(path) for path in sorted(folder.rglob(name)) if path.is_file()), "")
