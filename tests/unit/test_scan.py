"""The scan of the zip: what the plugin site would complain of is found, and what is justified is not."""

from __future__ import annotations

import zipfile

import pytest

from tools.scan import main

KEY = "0123456789abcdef" * 2 + "fedcba98"  # looks like one, and is none
MODULES = {
    "left_off.py": ("import subprocess\n\nsubprocess.run([])\n", "B404"),  # which the plugin site leaves off
    "asserts.py": ("assert print\n", "B101"),
    "excused.py": ("import pickle  # nosec B404 - another rule\n\nprint(pickle)\n", "B403"),
    "unused.py": ("import os\n", "F401"),
    "key.py": (f"API_KEY = '{KEY}'\n", "looks like a secret"),
    "broken.py": ("def broken(:\n", "syntax error"),
    "clean.py": (
        "import subprocess  # nosec B404 - lists without a shell\n\nprint(subprocess.PIPE, [1, 2][1 :])\n",
        "",
    ),
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What one scan of all modules says."""
    path = tmp_path_factory.mktemp("zip") / "plugin.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, (source, _) in MODULES.items():
            archive.writestr(f"plugin/{name}", source)
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: said.extend(map(str, words)))
        assert main([str(path)]) == 1
    return said


@pytest.mark.parametrize("name", MODULES)
def test_what_the_plugin_site_refuses_is_found(findings: list[str], name: str) -> None:
    about = [line for line in findings if name in line]
    wanted = MODULES[name][1]
    assert any(wanted in line for line in about) if wanted else about == []
