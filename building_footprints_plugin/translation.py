"""The one way a sentence reaches the user's language."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication


def tr(text: str) -> str:
    """Return `text` in the language of QGIS, or as it is where no translation is known."""
    return QCoreApplication.translate("BuildingFootprints", text)
