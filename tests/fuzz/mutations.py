"""Damage to files: bytes anywhere, numbers made odd, pieces cut, doubled and moved; values of JSON made odd."""

from __future__ import annotations

import json
import random
import re
import struct
from typing import Any

ENDS = 512  # bytes at the beginning and the end of a file, where headers and indexes are
ODD_INTEGERS = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
ODD_FLOATS = (0.0, -1.0, 1e-300, 1e300, float("nan"), float("inf"), float("-inf"))
ODD_TEXTS = (
    "0", "-1", "1e999", "nan", "inf", "99999999999999999999", "", "null", "[]", "{}", "\x00", "ÿ", "../../etc/passwd",
    "A" * 70_000, "[" * 20_000, "POLYGON ((", "EMPTY", "<!--", "<!ENTITY a 'b'>", "%s%n", "é\u202e\ud7ff",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**70, 1e308, float("nan"), float("inf"), "", "x", "A" * 5000, [], {}, [[]], {"a": {}},
    [0] * 100_000, ["x"], [None], {"x": 1}, "1", "NaN",
)  # fmt: skip
NUMBER = re.compile(rb"-?\d+\.?\d*")


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Return `data` with one to eight kinds of damage."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        rng.choice((_bits, _bits, _integer, _integer, _integer, _float, _cut, _doubled, _zeroed, _noise))(out, rng)
    return bytes(out)


def damaged_text(data: bytes, rng: random.Random) -> bytes:
    """Return text with numbers and pieces replaced by odd ones, or damaged as bytes are."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        found = list(NUMBER.finditer(data))
        if found and rng.random() < 0.6:
            place = rng.choice(found).span()
        else:
            place = (_offset(len(data), rng),) * 2
            place = place[0], min(len(data), place[0] + rng.choice((0, 1, 5, 50)))
        data = data[: place[0]] + rng.choice(ODD_TEXTS).encode() + data[place[1] :]
    return damaged(data, rng) if rng.random() < 0.3 else data


def damaged_json(text: str, rng: random.Random) -> str:
    """Return a JSON object with one to three of its values, at any depth, replaced, removed or renamed."""
    value = json.loads(text)
    for _ in range(rng.choice((1, 1, 2, 3))):
        parent = value
        while True:
            keys = list(parent) if isinstance(parent, dict) else list(range(len(parent)))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(parent[key], dict | list) and parent[key] and rng.random() < 0.7:
                parent = parent[key]
                continue
            if rng.random() < 0.15:
                del parent[key]
            else:
                parent[key] = rng.choice(ODD_VALUES)
            break
    return json.dumps(value)


def _offset(length: int, rng: random.Random) -> int:
    if length == 0:
        return 0
    where = rng.random()
    if where < 0.5:
        return rng.randrange(min(ENDS, length))
    if where < 0.7:
        return length - 1 - rng.randrange(min(ENDS, length))
    return rng.randrange(length)


def _bits(out: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 4, 32))):
        if out:
            out[_offset(len(out), rng)] ^= 1 << rng.randrange(8)


def _integer(out: bytearray, rng: random.Random) -> None:
    size = rng.choice((1, 2, 4, 8))
    value = (rng.choice(ODD_INTEGERS) + rng.choice((-1, 0, 0, 1))) & (2 ** (8 * size) - 1)
    at = _offset(len(out), rng) // size * size if rng.random() < 0.7 else _offset(len(out), rng)
    out[at : at + size] = value.to_bytes(size, rng.choice(("little", "big")))


def _float(out: bytearray, rng: random.Random) -> None:
    at = _offset(len(out), rng) // 8 * 8
    out[at : at + 8] = struct.pack("<d", rng.choice(ODD_FLOATS))


def _cut(out: bytearray, rng: random.Random) -> None:
    at = _offset(len(out), rng)
    if rng.random() < 0.5:
        del out[at:]
    else:
        del out[at : at + rng.choice((1, 2, 16, 500))]


def _doubled(out: bytearray, rng: random.Random) -> None:
    at, to = _offset(len(out), rng), _offset(len(out), rng)
    out[to:to] = out[at : at + rng.choice((1, 8, 100, 2000))]


def _zeroed(out: bytearray, rng: random.Random) -> None:
    at, count = _offset(len(out), rng), rng.choice((1, 4, 64, 1000))
    out[at : at + count] = bytes(len(out[at : at + count]))


def _noise(out: bytearray, rng: random.Random) -> None:
    at, count = _offset(len(out), rng), rng.choice((1, 4, 64))
    out[at : at + count] = rng.randbytes(len(out[at : at + count]))
