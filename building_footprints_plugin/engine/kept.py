"""Finished strips of a run, kept beside its output until that is whole, so that an interrupted run can go on.

One file: a line of what they depend on, then a record a strip with its length and checksum. Records are only ever
added, so whatever a crash leaves is whole records and perhaps a piece of one, which is recognised and cut off.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from .errors import Cancelled, FootprintsError
from .packed import Packed, from_bytes, to_bytes

FORMAT = b"building-footprints strips 3 "
RECORD = struct.Struct("<III")  # number, bytes, CRC-32 of both and the bytes
LONG_PX = 50_000_000  # a run of so many pixels is worth going on with, also when it failed by itself


@dataclass(frozen=True)
class Keeping:
    """Where strips are kept, what they depend on, and how many there are of how many pixels.

    `goes_on` uses those of an interrupted run; `resume` leaves them for the next one as well, however this one ends.
    """

    path: Path
    depends_on: str
    pixels: int
    strips: int
    resume: bool
    goes_on: bool


class KeptStrips:
    """Context manager that keeps strips; `count` of an interrupted run are there already if it goes on.

    The file goes when the block ends well. If it does not, the file stays where going on was asked for or the run was
    a long one, but not when a run that was not meant to go on is cancelled. `say` gets sentences for the user.
    """

    def __init__(self, keeping: Keeping, say: Callable[[str], None]) -> None:
        self._keeping = keeping
        self._say = say
        self._head = FORMAT + sha256(keeping.depends_on.encode()).hexdigest().encode() + b"\n"
        self._file: BinaryIO | None = None
        self.count = 0

    def __enter__(self) -> KeptStrips:
        try:
            if not self._goes_on():
                self._keeping.path.unlink(missing_ok=True)
                self._begin()
        except OSError as error:
            self._give_up(error)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        wanted = self._keeping.resume or (self._keeping.pixels >= LONG_PX and not isinstance(error, Cancelled))
        self._close()
        if error is None or not wanted or not self.count:
            with suppress(OSError):
                self._keeping.path.unlink(missing_ok=True)
        else:
            how = "with --resume goes" if self._keeping.resume or not self._keeping.goes_on else "goes"
            self._say(f"{self.count} finished strips were kept; the same run {how} on from them.")

    def earlier(self) -> Iterator[Packed]:
        """Yield the strips of the interrupted run, top to bottom."""
        if not self.count:
            return
        with self._keeping.path.open("rb") as file:
            file.seek(len(self._head))
            for number in range(self.count):
                strip = _read(file, number)
                if strip is None:
                    raise FootprintsError(f"{self._keeping.path} was changed by another program; run it again.")
                yield strip

    def kept(self, strips: Iterator[Packed]) -> Iterator[Packed]:
        """Pass strips on, each after it was kept. A disk that is full is said once, and the run goes on."""
        for strip in strips:
            if self._file is not None and self.count < self._keeping.strips - 1:
                try:
                    self._write(*_record(self.count, strip))
                    self.count += 1
                except OSError as error:
                    self._give_up(error)
            yield strip
            del strip  # else it would be held until the next strip is there

    def _begin(self) -> None:
        if self._keeping.strips > 1:  # the last strip is not kept: nothing comes after it
            self._file = self._keeping.path.open("xb")
            self._write(self._head)

    def _write(self, *parts: bytes) -> None:
        """Add to the file; what this returns from is on the disk."""
        if self._file is not None:
            self._file.writelines(parts)
            self._file.flush()
            os.fsync(self._file.fileno())

    def _give_up(self, error: OSError) -> None:
        self._close()
        self._say(
            f"No more strips are kept beside {self._keeping.path.parent} ({error.strerror}); the run goes on, "
            f"but if it is interrupted, it can go on from {self.count} strips only."
        )

    def _close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None

    def _goes_on(self) -> bool:
        """Open what is there behind its last whole record; False if it does not fit this run."""
        if not self._keeping.path.exists():
            return False
        if not self._keeping.goes_on:
            self._say("An interrupted run left strips, which are not used: --resume would go on from them.")
            return False
        file = self._keeping.path.open("r+b")
        if file.read(len(self._head)) != self._head:
            file.close()
            self._say("An interrupted run left strips of another input or of other options: they are not used.")
            return False
        end = file.tell()
        while _read(file, self.count) is not None:
            self.count, end = self.count + 1, file.tell()
        file.seek(end)
        file.truncate()
        self._file = file
        return True


def _record(number: int, strip: Packed) -> tuple[bytes, bytes]:
    data = to_bytes(strip)
    return RECORD.pack(number, len(data), _checksum(number, data)), data


def _read(file: BinaryIO, number: int) -> Packed | None:
    """Return strip `number` if a whole record of it comes next."""
    start = file.read(RECORD.size)
    if len(start) < RECORD.size:
        return None
    found, size, checksum = RECORD.unpack(start)
    if found != number or size > os.fstat(file.fileno()).st_size:
        return None
    data = file.read(size)
    if len(data) < size or _checksum(number, data) != checksum:
        return None
    return from_bytes(data)


def _checksum(number: int, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(f"{number} {len(data)}".encode()))
