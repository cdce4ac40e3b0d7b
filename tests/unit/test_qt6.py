"""The plugin holds nothing that Qt 6, and so QGIS 4, has removed: looked for in the syntax trees of its files."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PLUGIN = Path(__file__).resolve().parents[2] / "building_footprints_plugin"
LEFT_TO_QT_5 = {
    "bridge/vectors.py: QVariant.LongLong",  # below QGIS 3.38, which knows no Qt 6
}
Finding = tuple[int, str]

BINDINGS = re.compile(r"(PyQt[456]|PySide[26]|sip|processing\.gui|qgis\.PyQt\.uic\.pyrcc)(\.|$)")
GONE_MODULES = re.compile(r"qgis\.PyQt\.(QtWebKit\w*|QtXmlPatterns|QtScript\w*|Qt(X11|Mac|Win)Extras|Qt)(\.|$)")
GONE_CLASSES = {
    *("QRegExp", "QRegExpValidator", "QTextCodec", "QDesktopWidget", "QDirModel", "QSound", "QMediaPlaylist"),
    *("QGLWidget", "QGLFormat", "QGLContext"),
}
# Qt 6 moved these to QtGui; in QGIS 3.22 they are in QtWidgets, so where one is needed QGIS has to be asked for it.
MOVED_CLASSES = {"QAction", "QActionGroup", "QShortcut", "QUndoCommand", "QUndoGroup", "QUndoStack", "QFileSystemModel"}
GONE_METHODS = {
    *("exec_", "print_", "toTime_t", "fromTime_t", "setTime_t", "desktop", "setTabStopWidth", "setResizeMode"),
    "toPyObject",
}
RENAMED_MEMBERS = {"MidButton", "BackgroundColorRole", "TextColorRole", "ItemIsTristate", "WA_TintedBackground"}
CONSTANT = re.compile("[A-Z][A-Z0-9_]*_[A-Z0-9_]*$")  # Qgis.QGIS_VERSION_INT, QgsProcessing.TEMPORARY_OUTPUT


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute dotted name) of what is imported from elsewhere than the plugin."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def imports(tree: ast.Module) -> Iterator[Finding]:
    for line, name in imported(tree):
        module, _, last = name.rpartition(".")
        moved = last in MOVED_CLASSES and module.endswith("QtWidgets")
        if moved or BINDINGS.match(name) or GONE_MODULES.match(name) or last in GONE_CLASSES or last.endswith("_rc"):
            yield line, name


def methods(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in GONE_METHODS | RENAMED_MEMBERS:
            yield node.lineno, f".{node.attr}"


def variant_types(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "QVariant":
            yield node.lineno, f"QVariant.{node.attr}"


def unscoped(tree: ast.Module) -> Iterator[Finding]:
    """Members of an enum named through its class or an object (Qt.Red, self.FlagAdvanced), not through the enum."""
    names = {name for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) for name in _bound(node)}
    classes = {name for name in names if re.match("Q[A-Zgt]", name)}
    fine = {id(node) for node in _scopes_and_types(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and id(node) not in fine:
            owner, member = node.value.id, node.attr
            is_member = member[0].isupper() and not CONSTANT.match(member)
            # Of other objects only what sounds like an enum: GDAL's have capital properties.
            inherited = owner == "self" and re.search("[a-z]", member)
            if is_member and (owner in classes or inherited or re.match("(Flag|Type)[A-Z]", member)):
                yield node.lineno, f"{owner}.{member}"


def _bound(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)


def _scopes_and_types(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what stands before a further dot or is called, and all of annotations: there a class is meant."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.value
        elif isinstance(node, ast.Call):
            yield node.func
        elif isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
            yield from ast.walk(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield from ast.walk(node.returns)


def flags_as_numbers(tree: ast.Module) -> Iterator[Finding]:
    """int(layer.flags() & X): flags are no integers in PyQt6."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "int":
            names = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            if names & {"flags", "Flag", "Flags", "alignment", "buttons", "modifiers"}:
                yield node.lineno, ast.unparse(node)


RULES = (imports, methods, variant_types, unscoped, flags_as_numbers)
GONE = [
    (imports, "from PyQt5.QtCore import QObject", "PyQt5.QtCore.QObject"),
    (imports, "import PyQt4", "PyQt4"),
    (imports, "from PyQt6 import QtGui", "PyQt6.QtGui"),
    (imports, "import sip", "sip"),
    (
        imports,
        "def f():\n    from processing.gui.wrappers import WidgetWrapper",
        "processing.gui.wrappers.WidgetWrapper",
    ),
    (imports, "from qgis.PyQt.QtCore import QRegExp", "qgis.PyQt.QtCore.QRegExp"),
    (imports, "from qgis.PyQt.QtWebKit import QWebView", "qgis.PyQt.QtWebKit.QWebView"),
    (imports, "from qgis.PyQt.QtWidgets import QAction", "qgis.PyQt.QtWidgets.QAction"),
    (imports, "from plugin import resources_rc", "plugin.resources_rc"),
    (methods, "dialog.exec_()", ".exec_"),
    (methods, "when.toTime_t()", ".toTime_t"),
    (methods, "button == Qt.MouseButton.MidButton", ".MidButton"),
    (variant_types, "QgsField('id', QVariant.Int)", "QVariant.Int"),
    (variant_types, "kind = QVariant.Type.String", "QVariant.Type"),
    (unscoped, "from qgis.PyQt.QtCore import Qt\nside = Qt.AlignLeft", "Qt.AlignLeft"),
    (unscoped, "from qgis.core import QgsProcessing\nx = [QgsProcessing.TypeRaster]", "QgsProcessing.TypeRaster"),
    (unscoped, "from qgis.core import QgsField\nQgsField(x(QgsField.Text)).name()", "QgsField.Text"),
    (unscoped, "from qgis.core import Qgis\nbar.push(t, Qgis.Warning)", "Qgis.Warning"),
    (unscoped, "from qgis.core import QgsWkbTypes as Kinds, QgsRaster\nQgsRaster.ARGB", "QgsRaster.ARGB"),
    (unscoped, "class A:\n    def flags(self):\n        return self.FlagNoThreading", "self.FlagNoThreading"),
    (unscoped, "parameter.setFlags(parameter.FlagAdvanced)", "parameter.FlagAdvanced"),
    (flags_as_numbers, "int(each.flags() & OPTIONAL)", "int(each.flags() & OPTIONAL)"),
]
KEPT = [
    "from qgis.PyQt.QtCore import Qt\nside = Qt.AlignmentFlag.AlignLeft",
    "from qgis.core import QgsProcessing\ndef f(kind: QgsProcessing.SourceType) -> QgsProcessing.SourceType: ...",
    "from qgis.core import Qgis, QgsProcessing\nx = Qgis.QGIS_VERSION_INT, QgsProcessing.TEMPORARY_OUTPUT",
    "from qgis.core import QgsVectorFileWriter\noptions = QgsVectorFileWriter.SaveVectorOptions()",
    "import subprocess\nclass A:\n    ID = ''\n    def f(self): return self.ID, subprocess.Popen([])",
    "from osgeo import gdal\ndef bands(dataset): return dataset.RasterCount, gdal.GDT_Byte",
    "from qgis.PyQt.QtCore import QVariant\nisinstance(value, QVariant) and value.isNull()",
    "dialog.exec()\nnumber = int(values.number('SIZE'))",
    "from . import sip, styles_rc_of_ours",
]


def findings(source: str) -> list[str]:
    tree = ast.parse(source)
    return [name for rule in RULES for _, name in rule(tree)]


@pytest.mark.parametrize(("rule", "source", "found"), GONE)
def test_each_rule_finds_its_example(rule: Callable[[ast.Module], Iterator[Finding]], source: str, found: str) -> None:
    assert [name for _, name in rule(ast.parse(source))] == [found]


@pytest.mark.parametrize("source", KEPT)
def test_what_works_with_both_is_left_alone(source: str) -> None:
    assert findings(source) == []


def test_the_plugin_holds_nothing_that_qt_6_has_removed() -> None:
    found = {
        f"{path.relative_to(PLUGIN).as_posix()}: {name}"
        for path in PLUGIN.rglob("*.py")
        for name in findings(path.read_text(encoding="utf-8"))
        if PLUGIN / "engine" not in path.parents  # knows nothing of Qt
    }
    assert found == LEFT_TO_QT_5
