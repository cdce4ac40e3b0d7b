"""What the toolbox shows of every algorithm: names, group, tags, help, icon."""

from __future__ import annotations

from collections.abc import Sequence
from configparser import ConfigParser
from pathlib import Path

from qgis.core import QgsProcessingAlgorithm
from qgis.PyQt.QtGui import QIcon

from ..translation import tr

PACKAGE = Path(__file__).resolve().parent.parent


class FootprintsAlgorithm(QgsProcessingAlgorithm):
    """The texts of an algorithm, each named once as a class attribute and translated where it is shown."""

    ID = ""
    TITLE = ""
    GROUP = ("footprints", "Footprints")
    TAGS: Sequence[str] = ()
    HELP = ""

    def createInstance(self) -> QgsProcessingAlgorithm:
        return type(self)()

    def name(self) -> str:
        return self.ID

    def displayName(self) -> str:
        return tr(self.TITLE)

    def groupId(self) -> str:
        return self.GROUP[0]

    def group(self) -> str:
        return tr(self.GROUP[1])

    def tags(self) -> list[str]:
        return ["buildings", "footprints", *self.TAGS]

    def shortHelpString(self) -> str:
        return tr(self.HELP)

    def helpUrl(self) -> str:
        return homepage()

    def icon(self) -> QIcon:
        return QIcon(str(PACKAGE / "icons" / "icon.svg"))


def homepage() -> str:
    """Return the homepage that metadata.txt names: beside the package in the zip, one folder up in the repository."""
    metadata = ConfigParser(interpolation=None)
    metadata.read([PACKAGE.parent / "metadata.txt", PACKAGE / "metadata.txt"], encoding="utf-8")
    return metadata.get("general", "homepage", fallback="")
