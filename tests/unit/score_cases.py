"""A town of three buildings, and `score` run on files as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from footprint_cases import on_ground, wkt, write_file

from building_footprints_plugin.engine.__main__ import main

TRUTH = on_ground((0, 0, 10, 10), (20, 0, 30, 10), (40, 0, 50, 10))
PROPOSALS = on_ground((0, 0, 10, 10), (20, 0, 28, 10), (60, 0, 70, 10))
SQUARE = wkt(0, 0, 10, 10)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run `score`, expect it to work, return its JSON."""
    code = main(["score", *words, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    result: dict[str, Any] = json.loads(captured.out)
    return result


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run `score`, expect exit code 2 and one sentence; return it."""
    assert main(["score", *words]) == 2
    sentence = capsys.readouterr().err.strip()
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence


def files(folder: Path, proposals: Any = PROPOSALS, truth: Any = TRUTH, **options: Any) -> tuple[str, str]:
    return write_file(folder / "p.gpkg", proposals, **options), write_file(folder / "t.gpkg", truth, **options)
