"""Qt's files of translations: .ts, which people edit, and .qm, which QGIS loads.

Standard library only, so that the plugin's zip can be built anywhere and has the same bytes everywhere: lrelease comes
with Qt's own tools, in no small package of PyPI, and its bytes differ between its versions. A test compares.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping
from pathlib import Path

CONTEXT = "BuildingFootprints"
FOLDER = Path(__file__).resolve().parent.parent / "building_footprints_plugin" / "i18n"
# Of Qt's qtranslator.cpp.
MAGIC = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
HASHES, MESSAGES, LANGUAGE = 0x42, 0x69, 0xA7
END, TRANSLATION, SOURCE, IN_CONTEXT, COMMENT = 0x01, 0x03, 0x06, 0x07, 0x08


def read(path: Path) -> dict[str, str]:
    """Return the translation of each text in a .ts file; empty where it is unfinished."""
    messages = ElementTree.parse(path).iter("message")  # a file of this repository
    return {message.findtext("source") or "": _translation(message) for message in messages}


def update(path: Path, texts: Iterable[str]) -> list[str]:
    """Let the .ts file `path` have the given texts and no others; return those that have no translation yet."""
    known = read(path)
    root = ElementTree.Element("TS", version="2.1", language=language(path), sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for text in sorted(texts):
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = text
        translation = ElementTree.SubElement(message, "translation")
        translation.text = known.get(text)
        if not translation.text:
            translation.set("type", "unfinished")
    ElementTree.indent(root, "    ")
    body = ElementTree.tostring(root, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")
    return [text for text in sorted(texts) if not known.get(text)]


def language(path: Path) -> str:
    """Return the language in a file's name: `building_footprints_de.ts` is German."""
    return path.stem.removeprefix("building_footprints_")


def compile_all() -> None:
    """Write the .qm file of every .ts file beside it; one that would stay the same is left alone."""
    for path in sorted(FOLDER.glob("*.ts")):
        made, target = compiled(read(path), language(path)), path.with_suffix(".qm")
        if not target.is_file() or target.read_bytes() != made:
            unfinished = target.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(made)
            unfinished.replace(target)  # tests that run beside this one never read half of it


def compiled(translations: Mapping[str, str], locale: str) -> bytes:
    """Return the bytes of a .qm file; texts without a translation are left out, so they show as they are."""
    messages, places = b"", []
    for text, translation in sorted(translations.items()):
        if translation:
            places.append((_hash(text), len(messages)))
            messages += _message(text, translation)
    hashes = b"".join(_whole(number) + _whole(place) for number, place in sorted(places))
    sections = ((LANGUAGE, locale.encode()), (HASHES, hashes), (MESSAGES, messages))
    return MAGIC + b"".join(bytes([kind]) + _whole(len(data)) + data for kind, data in sections)


def _message(text: str, translation: str) -> bytes:
    parts = (
        (TRANSLATION, translation.encode("utf-16-be")),
        (COMMENT, b""),
        (SOURCE, text.encode()),
        (IN_CONTEXT, CONTEXT.encode()),
    )
    return b"".join(bytes([kind]) + _whole(len(data)) + data for kind, data in parts) + bytes([END])


def _hash(text: str) -> int:
    """Return the ELF hash by which Qt finds a text."""
    number = 0
    for byte in text.encode():
        number = (number << 4) + byte
        high = number & 0xF0000000
        number = (number ^ (high >> 24)) & ~high & 0xFFFFFFFF
    return number or 1


def _whole(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _translation(message: ElementTree.Element) -> str:
    translation = message.find("translation")
    if translation is None or translation.get("type"):  # unfinished, vanished or obsolete
        return ""
    return translation.text or ""
