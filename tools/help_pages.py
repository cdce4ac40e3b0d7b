"""Write the help pages that come with the plugin, one an algorithm and language, from what the algorithms say.

Usage: .venv-qgis/bin/python -m tools.help_pages (`make help-pages`) after texts, parameters or translations changed.
`help/pictures` holds a picture of each (`make docs-screenshots`), `help/style.css` is how all of them look.
"""

# mypy: ignore-errors
# PyQGIS has no types.

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProcessingParameterDefinition, QgsProcessingParameterNumber
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

from tools import ts
from tools.qgis_session import qgis

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "building_footprints_plugin" / "help"
LANGUAGES = ["en", *(ts.language(path) for path in sorted(ts.FOLDER.glob("*.ts")))]
WORDS = (
    *("Parameters", "Outputs", "optional", "under Advanced Parameters", "one of: {}", "from {} to {}", "at least {}"),
    *("default: {}", "On the command line", "More algorithms"),
)
STYLE = '<link rel="stylesheet" href="../style.css">'  # one for all, which browsers find beside the pages
Flag = QgsProcessingParameterDefinition.Flag


def pages() -> Iterator[tuple[Path, str]]:
    """Yield (path below TARGET, text) of every page; QGIS must be running, with the provider registered."""
    for language in LANGUAGES:
        with speaking(language):
            algorithms = [each.create() for each in _provider().algorithms()]
            for algorithm in algorithms:
                yield Path(language) / f"{algorithm.name()}.html", page(algorithm, language, algorithms)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Let `tr` answer in `language`."""
    translator, path = QTranslator(), ts.FOLDER / f"building_footprints_{language}.ts"
    if path.is_file():
        with tempfile.NamedTemporaryFile(suffix=".qm") as compiled:
            compiled.write(ts.compiled(ts.read(path), language))
            compiled.flush()
            translator.load(compiled.name)
    QCoreApplication.installTranslator(translator)
    try:
        yield
    finally:
        QCoreApplication.removeTranslator(translator)


def page(algorithm: Any, language: str, others: Iterable[Any]) -> str:
    """Return the page of one algorithm as HTML."""
    links = (f'<a href="{each.name()}.html">{escape(each.displayName())}</a>' for each in others)
    body = [
        f"<h1>{escape(algorithm.displayName())}</h1>",
        f'<p><img src="../pictures/{algorithm.name()}.jpg" alt="{escape(algorithm.displayName())}"></p>',
        *(f"<p>{_marked(text)}</p>" for text in _help(algorithm).split("\n\n")),
        *_table(tr("Parameters"), (_parameter(algorithm, each) for each in algorithm.parameterDefinitions())),
        *_table(tr("Outputs"), ((each.name(), each.description()) for each in algorithm.outputDefinitions())),
        f"<h2>{tr('On the command line')}</h2>",
        f"<pre>{escape(_command(algorithm))}</pre>",
        f"<p><small>{tr('More algorithms')}: {' · '.join(links)}</small></p>",
    ]
    head = f'<meta charset="utf-8"><title>{escape(algorithm.displayName())}</title>{STYLE}'
    lines = "\n".join(body)
    return f'<!DOCTYPE html>\n<html lang="{language}"><head>{head}</head><body>\n{lines}\n</body></html>\n'


def tr(text: str) -> str:
    """Return a text of the plugin in the language that is spoken."""
    return QCoreApplication.translate(ts.CONTEXT, text)


def _provider() -> Any:
    return QgsApplication.processingRegistry().providerById("buildingfootprints")


def _help(algorithm: Any) -> str:
    content = getattr(algorithm, "helpContent", None)  # a model: QGIS itself makes its short help, each version its own
    return content()["ALG_DESC"] if content else algorithm.shortHelpString()


def _parameter(algorithm: Any, definition: Any) -> tuple[str, str]:
    content = getattr(algorithm, "helpContent", dict)()
    text = definition.help() or content.get(definition.name(), "")
    facts = ", ".join(_facts(definition))
    more = [escape(text), f"<small>{escape(facts[:1].upper() + facts[1:])}</small>"]
    return definition.name(), "<br>".join([f"<b>{escape(definition.description())}</b>", *filter(_said, more)])


def _said(html: str) -> bool:
    return bool(re.sub("<.*?>", "", html))


def _facts(definition: Any) -> Iterator[str]:
    """Yield what else there is to say: choices, limits, default, whether it may be left open."""
    if definition.flags() & Flag.FlagOptional:
        yield tr("optional")
    if definition.flags() & Flag.FlagAdvanced:
        yield tr("under Advanced Parameters")
    if hasattr(definition, "options") and definition.options():
        yield tr("one of: {}").format(" | ".join(definition.options()))
    if isinstance(definition, QgsProcessingParameterNumber):
        lowest, highest = definition.minimum(), definition.maximum()
        if highest < 1e9:
            yield tr("from {} to {}").format(f"{lowest:g}", f"{highest:g}")
        elif lowest > -1e9:
            yield tr("at least {}").format(f"{lowest:g}")
    default = definition.defaultValue()
    if default not in (None, "", True, False) and not definition.isDestination():
        yield tr("default: {}").format(default)


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    cells = [f"<tr><td><code>{name}</code></td><td>{text}</td></tr>" for name, text in rows]
    if cells:
        yield f"<h2>{title}</h2>\n<table>\n" + "\n".join(cells) + "\n</table>"


def _command(algorithm: Any) -> str:
    needed = [each for each in algorithm.parameterDefinitions() if not each.flags() & Flag.FlagOptional]
    pairs = [f"{each.name()}=…" for each in needed if each.defaultValue() is None or each.isDestination()]
    return " ".join([f"qgis_process run {algorithm.id()}", *(["--", *pairs] if pairs else [])])


def _marked(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def main() -> int:
    with qgis():
        for path, text in pages():
            target = TARGET / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
