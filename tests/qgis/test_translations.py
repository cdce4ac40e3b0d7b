"""Every text that users see can be translated, German is complete, and a German QGIS shows it; ids stay."""

from __future__ import annotations

import shutil
import string
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

from building_footprints_plugin import classFactory, translation
from building_footprints_plugin.algorithms import provenance
from tools import translations, ts

FILES = sorted(ts.FOLDER.glob("*.ts"))
# Where `tr` gets something else than a text in quotes: the dialogs are asked for these.
FROM_TABLES = {
    *("texts.py", "settings.py", "install_engine.py", "raster_algorithm.py", "score_numbers.py"),
    *("shipped_model.py", "styling.py", "provenance.py"),
}


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def file(request) -> Path:
    return request.param


def test_the_files_have_every_text_and_no_other(provider, file):
    """If this fails, `make translations`, then translate what it names."""
    known = set(ts.read(file))
    wanted = translations.texts()
    assert known - wanted == set(), "texts that are gone"
    assert wanted - known == set(), "texts that are new"


def test_nothing_is_unfinished(file):
    assert [text for text, translated in ts.read(file).items() if not translated] == []


def fields(text: str) -> list[tuple[str, str, str]]:
    return sorted(
        (name, spec or "", how or "") for _, name, spec, how in string.Formatter().parse(text) if name is not None
    )


def test_what_is_filled_in_is_the_same_in_every_language(file):
    for text, translated in ts.read(file).items():
        assert fields(translated) == fields(text), text
        assert translated.count("\n") == text.count("\n"), text


def test_texts_that_are_not_in_quotes_come_from_tables_that_are_read():
    others = {path.name for path, call in translations.calls_of_tr() if not hasattr(call.args[0], "value")}
    assert others <= FROM_TABLES


@pytest.mark.skipif(not shutil.which("lrelease"), reason="Qt's lrelease is not here")
def test_compiled_as_by_qt_itself(file, tmp_path):
    made, theirs = tmp_path / "made.qm", tmp_path / "theirs.qm"
    made.write_bytes(ts.compiled(ts.read(file), ts.language(file)))
    subprocess.run(["lrelease", "-silent", file, "-qm", theirs], check=True)
    assert answers(made, file) == answers(theirs, file) == ts.read(file)


def answers(compiled: Path, file: Path) -> dict[str, str]:
    """What `tr` says with a compiled file."""
    translator = QTranslator()
    assert translator.load(str(compiled))
    QCoreApplication.installTranslator(translator)
    said = {text: translation.tr(text) for text in ts.read(file)}
    assert translation.tr("no such text") == "no such text"
    QCoreApplication.removeTranslator(translator)
    return said


def test_a_text_without_a_translation_shows_as_it_is():
    assert ts.compiled({"Extent": ""}, "de") == ts.compiled({}, "de")


def test_updating_keeps_translations_and_drops_what_is_gone(tmp_path):
    path = tmp_path / "building_footprints_fr.ts"
    path.write_text("<TS><context><name>BuildingFootprints</name></context></TS>")
    assert ts.update(path, ["Extent", "Folder"]) == ["Extent", "Folder"]
    path.write_text(path.read_text().replace('<translation type="unfinished" />', "<translation>É</translation>"))
    assert ts.update(path, ["Extent", "Weights"]) == ["Weights"]
    assert ts.read(path) == {"Extent": "É", "Weights": ""}


@pytest.fixture
def german(provider, tmp_path, monkeypatch):
    """The plugin as a German QGIS has it."""
    for path in FILES:
        (tmp_path / path.with_suffix(".qm").name).write_bytes(ts.compiled(ts.read(path), ts.language(path)))
    monkeypatch.setattr(translation.QgsApplication, "locale", lambda: "de_DE")
    monkeypatch.setattr(translation.load_translation, "__defaults__", (tmp_path,))
    plugin = classFactory(None)
    yield provider
    plugin.unload()
    assert translation.tr("Extent") == "Extent"


def test_a_german_qgis_shows_german_and_ids_stay(german):
    found = german.algorithm("extractbuildings").create()
    assert (found.id(), found.displayName()) == ("buildingfootprints:extractbuildings", "Gebäude extrahieren")
    assert found.parameterDefinition("MIN_AREA").description() == "Kleinster Grundriss (m²)"
    assert found.parameterDefinition("THRESHOLD").help().startswith("Gebäudewahrscheinlichkeit, über der")
    assert found.parameterDefinition("DEVICE").options() == ["auto", "cuda", "mps", "cpu"], "what scripts give"
    assert {"OUTPUT", "COUNT"} <= {output.name() for output in found.outputDefinitions()}
    model = german.algorithm("extractandscore").create()
    assert (model.name(), model.displayName()) == (
        "extractandscore",
        "Gebäudegrundrisse extrahieren, begradigen und bewerten",
    )
    assert model.parameterDefinition("image").description() == "Bild"


@pytest.mark.parametrize(("language", "written"), [("de", "Gebäudegrundrisse"), ("en", "gebäudegrundrisse")])
def test_german_nouns_keep_their_capitals_in_layer_names(monkeypatch, language, written):
    monkeypatch.setattr(provenance, "language", lambda: language)
    assert provenance._within("Gebäudegrundrisse") == written


def test_another_language_shows_english(monkeypatch):
    monkeypatch.setattr(QgsApplication, "locale", lambda: "tlh")
    assert translation.load_translation() is None
    assert translation.language() == "tlh"


def test_the_zip_has_every_language():
    from tools import package

    ts.compile_all()
    names = {name for name, _ in package.contents()}
    assert {f"building_footprints_plugin/i18n/{path.stem}.qm" for path in FILES} <= names
    assert (ROOT / "building_footprints_plugin" / "i18n").is_dir()
