"""The plugin's zip: what the plugin site demands of it, and that equal sources give equal bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

import pytest

import building_footprints_plugin
from tools import package
from tools.package import PACKAGE, BadPackage, build, check_metadata, check_size, read_metadata
from tools.run_qgis import install


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zip") / "plugin.zip"
    build(path)
    return path


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_metadata_is_accepted_and_has_the_version_of_the_code() -> None:
    metadata = read_metadata()
    check_metadata(metadata)
    assert metadata["version"] == building_footprints_plugin.__version__


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("about", "", "lacks about"),
        ("version", "9.9.9", "has version 9.9.9"),
        ("hasProcessingProvider", "no", "hasProcessingProvider=yes"),
        ("qgisMaximumVersion", "3.99", "QGIS 4 does not offer the plugin"),
        ("icon", "icons/none.svg", "which is not in the plugin"),
        ("description", "<b>bold</b>", "HTML in description"),
    ],
)
def test_bad_metadata_is_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(BadPackage, match=message):
        check_metadata({**read_metadata(), name: value})


def test_bare_percent_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "metadata.txt").write_text("[general]\nabout=100% sure\n")
    monkeypatch.setattr(package, "ROOT", tmp_path)
    with pytest.raises(BadPackage, match="cannot be read"):
        read_metadata()


def test_same_sources_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    build(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == built.read_bytes()


def test_unchanged_zip_keeps_its_date(built: Path) -> None:
    before = built.stat().st_mtime_ns
    build(built)
    assert built.stat().st_mtime_ns == before
    assert [path.name for path in built.parent.iterdir()] == [built.name]


def test_zip_has_one_folder_with_metadata_and_licence(built: Path) -> None:
    assert {PurePosixPath(name).parts[0] for name in names(built)} == {PACKAGE}
    assert {f"{PACKAGE}/metadata.txt", f"{PACKAGE}/LICENSE", f"{PACKAGE}/__init__.py"} <= set(names(built))


def test_zip_holds_nothing_that_the_plugin_site_refuses(built: Path) -> None:
    parts = [part for name in names(built) for part in PurePosixPath(name).parts]
    assert [part for part in parts if part.startswith(".") or part in {"__pycache__", "tests", "training"}] == []
    assert [name for name in names(built) if name.endswith((".pyc", ".toml", ".so", ".dll"))] == []


def test_zip_holds_exactly_what_is_needed(built: Path) -> None:
    """Of the plugin's folder all but what only its makers need."""
    files = [path for path in (package.ROOT / PACKAGE).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    wanted = {path.relative_to(package.ROOT).as_posix() for path in files if path.suffix not in {".toml", ".ts"}}
    assert set(names(built)) == wanted | {f"{PACKAGE}/metadata.txt", f"{PACKAGE}/LICENSE"}


def test_too_large_a_zip_is_refused_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_BYTES", 10)
    large = tmp_path / "plugin.zip"
    large.write_bytes(bytes(11))
    with pytest.raises(BadPackage, match="11 bytes; the plugin site takes at most 10"):
        check_size(large)
    assert not large.exists()


def test_install_replaces_the_plugin_that_is_there(built: Path, tmp_path: Path) -> None:
    leftover = tmp_path / "python" / "plugins" / PACKAGE / "old.py"
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    folder = install(built, tmp_path)
    assert (folder / "metadata.txt").is_file()
    assert not leftover.exists()
    assert [path.name for path in folder.parent.iterdir()] == [PACKAGE]


def test_install_leaves_a_linked_checkout_alone(built: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "kept.py").touch()
    plugins = tmp_path / "python" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / PACKAGE).symlink_to(checkout)
    install(built, tmp_path)
    assert (checkout / "kept.py").exists()
    assert not (plugins / PACKAGE).is_symlink()
