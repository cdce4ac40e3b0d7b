"""Who may import what: the rules of DESIGN.md section 2, checked on the syntax tree and on what really gets loaded."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "building_footprints_plugin"
ENGINE = f"{PLUGIN}.engine"
HEAVY = ("numpy", "torch", "rasterio", "shapely", "pyogrio", "scipy", "pyarrow")
QGIS = ("qgis", "PyQt5", "PyQt6", "processing", "osgeo")
QGIS_LAYER = tuple(f"{PLUGIN}.{name}" for name in ("plugin", "provider", "algorithms", "bridge"))
# Each does one thing; `extract` and the commands compose them.
STEP_NAMES = ("raster", "tiling", "networks", "polygonize", "regularize", "score", "vector")
STEPS = tuple(f"{ENGINE}.{name}" for name in STEP_NAMES)
WITH_TORCH = tuple(f"{ENGINE}.{name}" for name in ("networks", "inference", "weights"))
STDLIB_ONLY = tuple(f"{ENGINE}.{name}" for name in ("errors", "options", "parameters", "progress"))

RULES = [
    pytest.param(ENGINE, (*QGIS, *QGIS_LAYER, "training", "tests", "tools"), id="the engine knows only itself"),
    pytest.param(ENGINE, ("pickle", "dill", "joblib"), id="nothing is ever unpickled"),
    *(
        pytest.param(layer, (*HEAVY, "training", "tests", "tools"), id=f"{layer} is PyQGIS only")
        for layer in QGIS_LAYER
    ),
    pytest.param(f"{PLUGIN}.bridge", QGIS_LAYER[:3], id="algorithms use the bridge, not the other way round"),
    pytest.param("training", (*QGIS, *QGIS_LAYER, "tests", "tools"), id="training imports the engine only"),
]


def within(name: str, packages: tuple[str, ...]) -> bool:
    """Say whether `name` is one of `packages` or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """Yield (dotted name, file) of a package or a single module."""
    base = ROOT / package.replace(".", "/")
    for path in [base.with_suffix(".py"), *sorted(base.rglob("*.py"))]:
        if path.is_file():
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(name: str, path: Path) -> Iterator[tuple[str, int]]:
    """Yield (absolute dotted name, line) of every import in a file, those inside functions included."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def offences(package: str, banned: tuple[str, ...]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for name, path in modules(package)
        for target, line in imports(name, path)
        if within(target, banned)
    ]


@pytest.mark.parametrize(("package", "banned"), RULES)
def test_package_keeps_to_what_it_may_import(package: str, banned: tuple[str, ...]) -> None:
    assert list(modules(package)), f"{package} is gone; correct the rule"
    assert offences(package, banned) == []


@pytest.mark.parametrize("layer", QGIS_LAYER)
def test_qgis_layer_takes_only_options_and_errors_of_the_engine(layer: str) -> None:
    allowed = tuple(f"{ENGINE}.{name}" for name in ("options", "parameters", "errors"))
    found = [
        f"{path.name}:{line} imports {target}"
        for name, path in modules(layer)
        for target, line in imports(name, path)
        if within(target, (ENGINE,)) and not within(target, allowed)
    ]
    assert found == []


@pytest.mark.parametrize("step", STEPS)
def test_step_imports_no_other_step(step: str) -> None:
    others = tuple(other for other in STEPS if other != step)
    assert offences(step, others) == []


def test_torch_is_named_only_where_the_network_runs() -> None:
    found = [line for line in offences(ENGINE, ("torch",)) if not within(as_module(line), WITH_TORCH)]
    # `info` reports torch's version and asks for a GPU, inside its functions.
    assert [line for line in found if "commands/info" not in line] == []


def as_module(offence: str) -> str:
    return offence.partition(".py:")[0].replace("/", ".")


@pytest.mark.parametrize("name", [name for name in (*STEP_NAMES, "chips", "__main__") if name != "networks"])
def test_module_loads_without_torch(name: str) -> None:
    if not list(modules(f"{ENGINE}.{name}")):
        pytest.skip(f"engine.{name} is not written yet")
    code = f"import sys, {ENGINE}.{name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_network_is_reached_without_parts_of_scipy() -> None:
    """They take 0.2 s and 30 MB, and are needed where outlines are made: of a large raster in another process."""
    parts = "[name for name in ('scipy.sparse', 'scipy.ndimage') if name in sys.modules]"
    code = f"import sys, {ENGINE}.commands.extract, {ENGINE}.loading; print({parts})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("name", STDLIB_ONLY)
def test_module_loads_without_any_package(name: str) -> None:
    command = [sys.executable, "-S", "-c", f"import {name}"]  # -S: no site-packages
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_package_loads_without_qgis() -> None:
    done = subprocess.run([sys.executable, "-S", "-c", f"import {PLUGIN}"], cwd=ROOT, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch.nn", "torch.nn"),
        ("from torch import nn", "torch.nn"),
        ("from . import score", f"{ENGINE}.score"),
        ("from .vector import read", f"{ENGINE}.vector.read"),
        ("from ..bridge import environment", f"{PLUGIN}.bridge.environment"),
        ("def f():\n    import rasterio", "rasterio"),
    ],
)
def test_imports_are_read_right(tmp_path: Path, source: str, expected: str) -> None:
    file = tmp_path / "polygonize.py"
    file.write_text(source)
    assert [name for name, _ in imports(f"{ENGINE}.polygonize", file)] == [expected]
