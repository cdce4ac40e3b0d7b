"""The public workflow: may only read, runs pinned actions, and asks make for targets that are there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # bandit brings it
from test_docs import TARGETS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@pytest.fixture(scope="module")
def steps(workflow: dict[str, Any]) -> list[dict[str, str]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_it_may_only_read(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())
    assert "pull_request_target" not in workflow[True]  # YAML 1.1 takes `on` for a truth value


def test_actions_are_github_s_own_and_pinned_to_a_major_version(steps: list[dict[str, str]]) -> None:
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", action)] == []


def test_no_job_runs_for_ever_and_none_hides_the_failure_of_another(workflow: dict[str, Any]) -> None:
    for name, job in workflow["jobs"].items():
        assert 0 < job["timeout-minutes"] <= 60, name
        assert job.get("strategy", {"fail-fast": False})["fail-fast"] is False, name


def test_the_systems_and_versions_of_the_readme_are_run(workflow: dict[str, Any]) -> None:
    systems = workflow["jobs"]["engine"]["strategy"]["matrix"]["system"]
    assert {system.partition("-")[0] for system in systems} == {"ubuntu", "windows", "macos"}
    assert {"debian:12", "qgis/qgis:3.40", "qgis/qgis:3.44"} <= set(
        workflow["jobs"]["qgis"]["strategy"]["matrix"]["image"]
    )


def test_make_knows_its_targets(steps: list[dict[str, str]]) -> None:
    asked = [words.split() for step in steps for words in re.findall(r"(?:^|&& )make (.*)", step.get("run", ""))]
    names = {word for words in asked for word in words if "=" not in word}
    assert names
    assert names <= TARGETS
