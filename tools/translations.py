"""Collect the texts that users see into i18n/*.ts, where translations are written, and compile these to .qm.

Usage: .venv-qgis/bin/python -m tools.translations (`make translations`) after texts have changed; then translate what
is said to be unfinished, in Qt Linguist or an editor.

pylupdate would find only what stands in tr("…") itself. Most of our texts are fields of the engine's options and
attributes of classes, so the dialogs are built and asked for what they show, under a translator that takes notes.
"""

# mypy: ignore-errors
# PyQGIS has no types.

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication, QTranslator

from tools import help_pages, ts
from tools.qgis_session import qgis

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ROOT / "building_footprints_plugin"


class Notes(QTranslator):
    """Translates nothing and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        return False

    def translate(self, context: str, text: str, disambiguation: str = "", n: int = -1) -> str:
        if context == ts.CONTEXT:
            self.texts.add(text)
        return ""


def texts() -> set[str]:
    """Return every text that is to be translated; QGIS must be running, with the algorithms."""
    return (texts_in_code() | texts_of_dialogs() | set(help_pages.WORDS)) - {""}


def texts_in_code() -> set[str]:
    """Return what stands in the code as tr("…")."""
    return {call.args[0].value for _, call in calls_of_tr() if isinstance(call.args[0], ast.Constant)}


def calls_of_tr() -> Iterator[tuple[Path, ast.Call]]:
    """Yield each call of `tr` in the plugin, with its file."""
    for path in sorted(PLUGIN.rglob("*.py")):
        if "engine" not in path.relative_to(PLUGIN).parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                    yield path, node


def texts_of_dialogs() -> set[str]:
    """Return what the algorithms show of themselves, and the readable names of fields."""
    from building_footprints_plugin import provider
    from building_footprints_plugin.algorithms import algorithm_classes, styling

    notes = Notes()
    QCoreApplication.installTranslator(notes)
    for made in (*(algorithm() for algorithm in algorithm_classes()), *provider.shipped_models()):
        made.initAlgorithm()
        for text in (made.displayName, made.group, made.shortHelpString):
            text()
    QCoreApplication.removeTranslator(notes)
    return notes.texts | set(styling.ALIASES.values())


def main() -> int:
    with qgis():
        wanted = texts()
    for path in sorted(ts.FOLDER.glob("*.ts")):
        unfinished = ts.update(path, wanted)
        print(f"{path.relative_to(ROOT)}: {len(wanted)} texts, {len(unfinished)} unfinished")
        for text in unfinished:
            print(f"  {text!r}")
    ts.compile_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
