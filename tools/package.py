"""Build the plugin's zip as the QGIS plugin site takes it: the same bytes from the same files, checked.

Usage: python -m tools.package dist/building_footprints_plugin-0.1.0.zip
"""

from __future__ import annotations

import ast
import configparser
import filecmp
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools import ts

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "building_footprints_plugin"
MAX_BYTES = 25_000_000  # the plugin site's limit
KEPT_SUFFIXES = {
    *(".py", ".safetensors", ".txt", ".svg", ".qml", ".qm", ".model3"),
    *(".html", ".css", ".jpg"),  # the help pages
}
BESIDE = ("metadata.txt", "LICENSE")  # kept at the top of the repository, wanted inside the plugin's folder
REQUIRED = (
    *("name", "description", "about", "version", "qgisMinimumVersion", "qgisMaximumVersion", "author", "email"),
    *("homepage", "tracker", "repository", "tags", "icon", "license", "hasProcessingProvider"),
)


class BadPackage(Exception):
    """The zip would be refused by the plugin site or would not work."""


def main(argv: list[str]) -> int:
    if len(argv) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        check_metadata(read_metadata())
        build(Path(argv[0]))
    except BadPackage as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


def build(path: Path) -> None:
    """Write the zip to `path`, sorted and with one fixed time, so that equal sources give equal bytes."""
    ts.compile_all()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, source in sorted(contents()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, source.read_bytes())
    check_size(unfinished)
    if path.exists() and filecmp.cmp(unfinished, path, shallow=False):
        unfinished.unlink()  # an untouched date tells make that nothing changed
    else:
        unfinished.replace(path)


def contents() -> Iterator[tuple[str, Path]]:
    """Yield (name in the zip, file) of everything that belongs to the plugin."""
    for source in (ROOT / PACKAGE).rglob("*"):
        relative = source.relative_to(ROOT)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        if source.is_file() and source.suffix in KEPT_SUFFIXES and not hidden:
            yield relative.as_posix(), source
    for name in BESIDE:
        yield f"{PACKAGE}/{name}", ROOT / name


def check_size(path: Path) -> None:
    """Raise `BadPackage` if the zip is larger than the plugin site takes."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        path.unlink()
        raise BadPackage(f"the zip is {size:,} bytes; the plugin site takes at most {MAX_BYTES:,}.")


def read_metadata() -> dict[str, str]:
    """Return the entries of metadata.txt, names as written."""
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    try:
        return dict(parser["general"])  # interpolation refuses a bare %, as the plugin site does
    except (KeyError, configparser.Error) as error:
        raise BadPackage(f"metadata.txt cannot be read: {error}.") from error


def check_metadata(metadata: dict[str, str]) -> None:
    """Raise `BadPackage` for what the plugin site or `qgis_process` would stumble over."""
    missing = [name for name in REQUIRED if not metadata.get(name)]
    if missing:
        raise BadPackage(f"metadata.txt lacks {', '.join(missing)}.")
    if metadata["version"] != source_version():
        raise BadPackage(f"metadata.txt has version {metadata['version']}, __init__.py has {source_version()}.")
    if metadata["hasProcessingProvider"] != "yes":
        raise BadPackage("metadata.txt needs hasProcessingProvider=yes, or qgis_process does not load the plugin.")
    if not metadata["qgisMaximumVersion"].startswith("4."):
        raise BadPackage("metadata.txt needs qgisMaximumVersion=4.99, or QGIS 4 does not offer the plugin.")
    if not (ROOT / PACKAGE / metadata["icon"]).is_file():
        raise BadPackage(f"metadata.txt names the icon {metadata['icon']}, which is not in the plugin.")
    marked_up = [name for name, value in metadata.items() if "<" in value]
    if marked_up:
        raise BadPackage(f"metadata.txt has HTML in {', '.join(marked_up)}; the plugin site takes none.")


def source_version() -> str:
    """Return `__version__` of the plugin without importing it."""
    tree = ast.parse((ROOT / PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        names = [getattr(target, "id", "") for target in getattr(node, "targets", [])]
        if isinstance(node, ast.Assign) and "__version__" in names:
            return str(ast.literal_eval(node.value))
    raise BadPackage(f"{PACKAGE}/__init__.py sets no __version__.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
