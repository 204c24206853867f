"""The directory of a compound file ([MS-CFB]): what legacy Office files, encrypted Office files and .msg are made of.

Only names and the first bytes of large streams are read; chains that turn round or lead out end the reading.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from transhumance.migrators.documents.reading import Damaged, Reader

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ENTRIES = 2000
_FREE = 0xFFFFFFFA  # sector numbers from here on mean something else (2.1)
_MINI = 4096  # smaller streams lie in the mini stream (2.2)


@dataclass(frozen=True, slots=True)
class Entry:
    """A directory entry (2.6.1). `kind`: 1 storage, 2 stream, 5 root."""

    name: str
    kind: int
    start: int
    size: int


class CompoundFile:
    """A compound file, its directory read. Raises `Damaged`, `OSError`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        header = reader.read(0, 512)
        if len(header) < 512 or header[:8] != MAGIC:
            raise Damaged("no compound file")
        (shift,) = struct.unpack_from("<H", header, 30)
        if shift not in (9, 12):
            raise Damaged(f"sector shift {shift}")
        self._sector: int = 1 << shift
        self._fat = struct.unpack_from("<109I", header, 76)
        self._difat = struct.unpack_from("<I", header, 68)[0]
        (start,) = struct.unpack_from("<I", header, 48)
        self.entries = tuple(self._entries(start))

    def _at(self, sector: int) -> int:
        return (sector + 1) * self._sector

    def _entries(self, start: int) -> Iterator[Entry]:
        seen = 0
        for sector in self._chain(start):
            data = self._reader.read(self._at(sector), self._sector)
            for at in range(0, len(data) - 127, 128):
                seen += 1
                if seen > ENTRIES:
                    return
                (length,) = struct.unpack_from("<H", data, at + 64)
                kind = data[at + 66]
                if kind in (1, 2, 5) and length <= 64:
                    name = data[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
                    first, size = struct.unpack_from("<IQ", data, at + 116)
                    yield Entry(name, kind, first, size if self._sector > 512 else size & 0xFFFFFFFF)

    def _chain(self, sector: int) -> Iterator[int]:
        seen: set[int] = set()
        while sector < _FREE:
            if sector in seen or len(seen) > ENTRIES:
                raise Damaged("a chain of sectors turns round")
            seen.add(sector)
            yield sector
            sector = self._next(sector)

    def _next(self, sector: int) -> int:
        a_sector = self._sector // 4
        number, at = divmod(sector, a_sector)
        if number < 109:
            fat = int(self._fat[number])
        else:
            fat = self._further(number - 109)
        if fat >= _FREE:
            raise Damaged("no allocation table")
        data = self._reader.read(self._at(fat) + at * 4, 4)
        if len(data) < 4:
            raise Damaged("allocation table cut")
        return int.from_bytes(data, "little")

    def _further(self, number: int) -> int:
        """The allocation table's sector of that number, beyond the header's 109 (2.5)."""
        steps, at = divmod(number, self._sector // 4 - 1)
        sector = self._difat
        for _ in range(steps + 1):
            if sector >= _FREE:
                raise Damaged("no allocation table")
            place = self._at(sector)
            if not steps:
                return int.from_bytes(self._reader.read(place + at * 4, 4), "little")
            steps -= 1
            sector = int.from_bytes(self._reader.read(place + self._sector - 4, 4), "little")
        raise Damaged("no allocation table")

    @property
    def names(self) -> frozenset[str]:
        """All names, of storages and streams alike."""
        return frozenset(entry.name for entry in self.entries)

    def head(self, name: str) -> bytes:
        """The first bytes of a stream, as many as its first sector has; nothing where it is small or not there."""
        for entry in self.entries:
            if entry.name == name and entry.kind == 2 and entry.size >= _MINI and entry.start < _FREE:
                return self._reader.read(self._at(entry.start), self._sector)
        return b""
