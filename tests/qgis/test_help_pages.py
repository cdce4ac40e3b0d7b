"""The help pages that come with the plugin: as the algorithms are now, whole, and found by the Help button."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from qgis.PyQt.QtCore import QUrl

from building_footprints_plugin.algorithms import texts
from tools import help_pages

PAGES = sorted(help_pages.TARGET.rglob("*.html"))


def test_the_pages_are_what_the_algorithms_say_now(provider):
    """If this fails, `make help-pages`."""
    wanted = dict(help_pages.pages())
    assert {path.relative_to(help_pages.TARGET) for path in PAGES} == set(wanted)
    assert [name for name, text in wanted.items() if (help_pages.TARGET / name).read_text("utf-8") != text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_pictures_links_and_style_of_a_page_are_there(page):
    text = page.read_text("utf-8")
    named = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert len(named) > 5
    assert "../style.css" in named
    assert [name for name in named if not (page.parent / name).is_file()] == []


def test_every_parameter_and_output_is_on_the_page(provider):
    for algorithm in provider.algorithms():
        text = (help_pages.TARGET / "en" / f"{algorithm.name()}.html").read_text("utf-8")
        names = [each.name() for each in (*algorithm.parameterDefinitions(), *algorithm.outputDefinitions())]
        assert [name for name in names if f"<code>{name}</code>" not in text] == []


@pytest.mark.parametrize(("language", "folder"), [("de", "de"), ("en", "en"), ("tlh", "en")])
def test_the_help_button_opens_the_page_in_the_users_language(provider, monkeypatch, language, folder):
    monkeypatch.setattr(texts, "language", lambda: language)
    for algorithm in provider.algorithms():
        path = Path(QUrl(algorithm.helpUrl()).toLocalFile())
        assert path == help_pages.TARGET / folder / f"{algorithm.name()}.html"
