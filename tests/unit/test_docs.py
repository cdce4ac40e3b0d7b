"""The documents: links lead somewhere, `make` targets exist, and commands are what their parsers take."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from building_footprints_plugin.engine.command_line import attempt
from building_footprints_plugin.engine.progress import Reporter
from training.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("training/*.md")])
RULES = re.findall(r"^([a-z][\w./ -]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
PROGRAMS = {"building_footprints_plugin.engine": lambda words: attempt(words, Reporter()), "training": main}
TARGETS = {target for rule in RULES for target in rule.split()}


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def anchors(path: Path) -> set[str]:
    """The headings of a document, as its site makes anchors of them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the program and the words of each `python -m …` in the blocks of a document."""
    for block in re.findall(r"^```\w*\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
        whole = block.replace("\\\n", " ")
        for program, words in re.findall(r"^\s*python -m ([\w.]+) (.*)$", whole, re.MULTILINE):
            yield program, shlex.split(words)


def test_links_and_pictures_are_there(document):
    gone = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if "://" in link:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            gone.append(link)
    assert gone == []


def test_make_targets_exist(document):
    named = set(re.findall(r"`make ([a-z][\w./-]*)", document.read_text()))
    assert named - TARGETS == set()


class Taken(Exception):
    """The parser took the words; nothing is to be run."""


def test_commands_are_taken_as_they_are_shown(document, monkeypatch):
    parse = argparse.ArgumentParser.parse_args

    def taken(parser, words):
        parse(parser, words)
        raise Taken

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", taken)
    for program, words in commands(document):
        with pytest.raises(Taken):
            PROGRAMS[program](words)


@pytest.mark.parametrize(("name", "least"), [("README.md", 9), ("docs/tutorial.md", 3), ("training/README.md", 20)])
def test_commands_are_found_at_all(name, least):
    assert len(list(commands(ROOT / name))) >= least


def test_pictures_of_the_documents_are_small():
    assert sum(path.stat().st_size for path in (ROOT / "docs" / "tutorial").iterdir()) < 1_500_000
