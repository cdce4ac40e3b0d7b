"""What the toolbox shows of every algorithm: names, group, tags, help, icon."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import QgsProcessingAlgorithm
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QIcon

from ..translation import language, tr

PACKAGE = Path(__file__).resolve().parent.parent
ICON = PACKAGE / "icons" / "icon.svg"


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
        return help_url(self.ID)

    def icon(self) -> QIcon:
        return QIcon(str(ICON))


def help_url(name: str) -> str:
    """Return the address of the help page of an algorithm, a file of the plugin, in the user's language if it is there.

    `make help-pages` writes them, from what the algorithms say of themselves.
    """
    folder = PACKAGE / "help"
    pages = (folder / language() / f"{name}.html", folder / "en" / f"{name}.html")
    return next((QUrl.fromLocalFile(str(page)).toString() for page in pages if page.is_file()), "")
