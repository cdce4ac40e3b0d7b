"""Scan the plugin's zip as the QGIS plugin site does: any finding of Bandit, detect-secrets or flake8 fails.

Usage: python -m tools.scan dist/plugin.zip
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

# Line length is ours; E203 is a blank before a colon, as ruff lays slices out.
STYLE = ("--max-line-length=120", "--extend-ignore=E203", "--isolated")


def main(argv: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(argv[0]) as archive:
            archive.extractall(folder)
        findings = [*bandit(Path(folder)), *secrets(Path(folder)), *style(Path(folder))]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


def bandit(folder: Path) -> list[str]:
    """Return the findings of all of Bandit's rules, one line each; a `# nosec Bxxx` that gives its reason counts."""
    report = report_of("bandit", "--recursive", ".", "--format", "json", "--quiet", folder=folder)
    failures = [f"{error['filename']}: {error['reason']}" for error in report["errors"]]
    lines = [
        f"{found['filename']}:{found['line_number']}: {found['test_id']} {found['issue_text']}"
        for found in report["results"]
    ]
    return failures + lines


def secrets(folder: Path) -> list[str]:
    """Return what looks like a key or a password; the program's exit code is always 0, so its report is read."""
    report = report_of("detect_secrets", "scan", "--all-files", ".", folder=folder)
    return [
        f"{name}:{found['line_number']}: looks like a secret ({found['type']})"
        for name, all_found in report["results"].items()
        for found in all_found
    ]


def style(folder: Path) -> list[str]:
    """Return flake8's findings, one line each."""
    done = run("flake8", *STYLE, ".", folder=folder)
    return (done.stdout + done.stderr).splitlines()


def report_of(module: str, *arguments: str, folder: Path) -> dict[str, Any]:
    """Run a scanner's module in `folder` and return its JSON report."""
    done = run(module, *arguments, folder=folder)
    try:
        return dict(json.loads(done.stdout))
    except json.JSONDecodeError:
        raise SystemExit(f"Error: {module} gave no report: {done.stderr.strip()}") from None


def run(module: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python module in `folder` to its end, whatever it returns: scanners say by that what they found."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
