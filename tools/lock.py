"""Write the lock file of the engine: one version of each package that Install Engine installs, for every system.

Usage: python -m tools.lock
The packages are those of the group `engine` in pyproject.toml, resolved by uv.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "building_footprints_plugin" / "engine_lock.txt"
OLDEST_PYTHON = "3.11"
TORCH = "torch==2.13.0"  # what training and tests run with
# torch names the versions of these itself, other ones for each of its builds; the CPU's needs none.
LEFT_TO_TORCH = ("nvidia-", "cuda-", "triton")
HEAD = """\
# What Install Engine installs into the engine's environment: written by `make lock`, one version per plugin version.
# Without hashes: the plugin site takes them for secrets.
"""


def main() -> int:
    LOCK.write_text(HEAD + "\n".join(locked(resolved())) + "\n", encoding="utf-8")
    return 0


def resolved() -> str:
    """Return uv's answer: a requirement a line, for any system and any Python from `OLDEST_PYTHON` on."""
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text(TORCH + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "engine", "--quiet"]
        options = ["--universal", "--no-header", "--no-annotate", "--python-version", OLDEST_PYTHON]
        done = [*command, *options, "--constraint", str(pinned)]
        return subprocess.run(done, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def locked(text: str) -> list[str]:
    """Return the lines that belong into the lock file."""
    return [line for line in text.splitlines() if line and not line.startswith(LEFT_TO_TORCH)]


if __name__ == "__main__":
    sys.exit(main())
