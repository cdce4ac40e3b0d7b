"""The one way a sentence reaches the user's language; `tools/translations.py` collects what is to be translated."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

CONTEXT = "BuildingFootprints"
FOLDER = Path(__file__).parent / "i18n"


def tr(text: str) -> str:
    """Return `text` in the language of QGIS, or as it is where no translation is known."""
    return QCoreApplication.translate(CONTEXT, text)


def language() -> str:
    """Return the two or three letters of the language of QGIS."""
    return QgsApplication.locale().partition("_")[0]


def load_translation(folder: Path = FOLDER) -> QTranslator | None:
    """Let `tr` answer in the language of QGIS; return what is to be removed again, None if there is no translation."""
    translator = QTranslator()
    if not translator.load(QLocale(QgsApplication.locale()), "building_footprints", "_", str(folder)):
        return None
    QCoreApplication.installTranslator(translator)
    return translator
