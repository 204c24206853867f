"""The list of a ZIP file's members, from its central directory (APPNOTE 4.3.12), and small members unpacked, all
bounded: a file that would need more says so and is not looked into."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from transhumance.migrators.documents.reading import Damaged, Reader

DIRECTORY = 4 << 20  # bytes of a central directory that are read
MEMBERS = 20_000
UNPACKED = 1 << 20  # bytes of one member that are unpacked
_END, _END64, _LOCATOR, _ENTRY = b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2"


@dataclass(frozen=True, slots=True)
class Member:
    """A line of the central directory. `at`: the offset of its local header."""

    name: str
    encrypted: bool
    method: int
    packed: int
    size: int
    at: int


class TooLarge(Exception):
    """The directory is larger than is looked at."""


def members(reader: Reader) -> list[Member]:
    """The members of a ZIP. Raises `Damaged` where there is no directory, `TooLarge`, `OSError`."""
    count, size, at = _directory(reader)
    if size > DIRECTORY or count > MEMBERS:
        raise TooLarge(f"{count} members, {size} bytes of directory")
    data = reader.read(at, size)
    found: list[Member] = []
    place = 0
    while len(found) < count and data[place : place + 4] == _ENTRY:
        if place + 46 > len(data):
            raise Damaged("directory cut")
        flags, method, packed, plain, name_size, extra, comment, header = _entry(data, place)
        raw = data[place + 46 : place + 46 + name_size]
        more = data[place + 46 + name_size : place + 46 + name_size + extra]
        packed, plain, header = _long(more, packed, plain, header)
        name = raw.decode("utf-8" if flags & 0x800 else "cp437", "replace")
        found.append(Member(name, bool(flags & 1), method, packed, plain, header))
        place += 46 + name_size + extra + comment
    if len(found) < count:
        raise Damaged(f"{len(found)} members of {count}")
    return found


def _entry(data: bytes, at: int) -> tuple[int, int, int, int, int, int, int, int]:
    flags, method = struct.unpack_from("<HH", data, at + 8)
    packed, plain, name, extra, comment = struct.unpack_from("<IIHHH", data, at + 20)
    (header,) = struct.unpack_from("<I", data, at + 42)
    return flags, method, packed, plain, name, extra, comment, header


def _long(extra: bytes, packed: int, plain: int, header: int) -> tuple[int, int, int]:
    """The 64-bit sizes of an entry, where the extra field 1 holds them (4.5.3)."""
    values = [plain, packed, header]
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            inside = at + 4
            for n, value in enumerate(values):
                if value == 0xFFFFFFFF and inside + 8 <= len(extra):
                    (values[n],) = struct.unpack_from("<Q", extra, inside)
                    inside += 8
        at += 4 + size
    return values[1], values[0], values[2]


def _directory(reader: Reader) -> tuple[int, int, int]:
    """The number of members, the directory's size and offset."""
    for length in (4096, 65_557 + 20):
        start = max(reader.size - length, 0)
        tail = reader.read(start, length)
        found = tail.rfind(_END)
        if found >= 0 and found + 22 <= len(tail):
            break
    else:
        raise Damaged("no end of central directory")
    count, size, at = struct.unpack_from("<HII", tail, found + 10)
    if (0xFFFF, 0xFFFFFFFF) != (count, size) and at != 0xFFFFFFFF and count != 0xFFFF:
        # the directory ends where its end record begins, even when other bytes stand before the whole
        return count, size, max(start + found - size, 0)
    locator = tail.rfind(_LOCATOR, 0, found)
    if locator < 0:
        return count, size, max(start + found - size, 0)
    (end64,) = struct.unpack_from("<Q", tail, locator + 8)
    record = reader.read(end64, 56)
    if record[:4] != _END64 or len(record) < 56:
        raise Damaged("no 64-bit end of central directory")
    return struct.unpack_from("<QQQ", record, 32)


def unpack(reader: Reader, member: Member, limit: int = UNPACKED) -> bytes:
    """The first bytes of a member, `limit` at most. Raises `Damaged`, `OSError`."""
    header = reader.read(member.at, 30)
    if header[:4] != b"PK\3\4" or len(header) < 30 or member.encrypted:
        raise Damaged(f"{member.name}: no local header")
    name, extra = struct.unpack_from("<HH", header, 26)
    packed = reader.read(member.at + 30 + name + extra, min(member.packed, limit))
    if member.method == 0:
        return packed
    if member.method != 8:
        raise Damaged(f"{member.name}: method {member.method}")
    try:
        return zlib.decompressobj(-15).decompress(packed, limit)
    except zlib.error as error:
        raise Damaged(f"{member.name}: {error}") from None
