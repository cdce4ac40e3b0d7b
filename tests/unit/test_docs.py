"""The documents: every link leads somewhere, every `make` target that is named exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("training/*.md")])
RULES = re.findall(r"^([a-z][\w./ -]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
TARGETS = {target for rule in RULES for target in rule.split()}


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def anchors(path: Path) -> set[str]:
    """The headings of a document, as its site makes anchors of them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


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


def test_pictures_of_the_documents_are_small():
    assert sum(path.stat().st_size for path in (ROOT / "docs" / "tutorial").iterdir()) < 1_500_000
