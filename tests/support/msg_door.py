"""A door for tests only: .msg files (MS-OXMSG) as records of the form `mapi`, so that codecs meet more real items.

It reads what olefile gives and nothing else; it is no connector and makes no promise on damaged files beyond raising
`OSError` or `ValueError`.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import olefile

from transhumance.connectors.contract import BytesBody, Record
from transhumance.connectors.formats import mapi

BODIES = {0x1000: "body/plain", 0x1013: "body/html", 0x1009: "body/rtf"}
VARIABLE = {mapi.PT_STRING8, mapi.PT_UNICODE, mapi.PT_BINARY, mapi.PT_CLSID, mapi.PT_OBJECT}
FIXED = {
    mapi.PT_I2: "<h", mapi.PT_LONG: "<i", mapi.PT_FLOAT: "<f", mapi.PT_DOUBLE: "<d", mapi.PT_CURRENCY: "<q",
    mapi.PT_APPTIME: "<d", mapi.PT_ERROR: "<I", mapi.PT_I8: "<q", mapi.PT_SYSTIME: "<Q",
}  # fmt: skip
GUIDS = {1: mapi.PS_MAPI, 2: mapi.PS_PUBLIC_STRINGS}


def mapi_records(path: Path) -> list[Record]:
    """The item of a .msg file, then every item embedded in its attachments, outermost first."""
    try:
        with olefile.OleFileIO(str(path)) as ole:
            return list(_items(ole, [], _names(ole), path.name))
    except struct.error as error:
        raise ValueError(f"{path.name}: {error}") from error


def _items(ole: Any, at: list[str], names: dict[int, str], label: str) -> Iterator[Record]:
    storage = _Storage(ole, at, names, 32 if not at else 24)
    yield _record(storage, label)
    for child in storage.children("__attach_version1.0_#"):
        inner = [*at, child, "__substg1.0_3701000D"]
        if ole.exists("/".join([*inner, "__properties_version1.0"])):
            yield from _items(ole, inner, names, f"{label}/{child[-2:]}")


def _record(storage: _Storage, label: str) -> Record:
    pages = mapi.code_pages({k: int.from_bytes(v[:4], "little") for k, v in storage.fixed.items() if k in PAGES})
    storage.codec = next((c for page in pages if (c := mapi.codec_of(page))), "cp1252")
    properties, bodies, stored = storage.properties(), {}, {}
    for name_id, body in BODIES.items():
        for kind in (mapi.PT_UNICODE, mapi.PT_STRING8, mapi.PT_BINARY):
            data = storage.stream(f"{name_id:04X}{kind:04X}")
            if data is not None and body not in bodies:
                bodies[body] = BytesBody.of(data)
                stored[body] = mapi.key(name_id, kind)
            properties.pop(mapi.key(name_id, kind), None)
    recipients = [_Storage(storage.ole, [*storage.at, c], storage.names, 8, storage.codec) for c in
                  storage.children("__recip_version1.0_#")]  # fmt: skip
    attachments = []
    for number, child in enumerate(storage.children("__attach_version1.0_#")):
        part = _Storage(storage.ole, [*storage.at, child], storage.names, 8, storage.codec)
        entry = part.properties()
        entry.pop("0x37010102", None)
        attachments.append(entry)
        if (data := part.stream("37010102")) is not None:
            bodies[f"attachment/{number}"] = BytesBody.of(data)
    properties["bodies"] = stored
    properties["recipients"] = tuple(r.properties() for r in recipients)
    properties["attachments"] = tuple(attachments)
    kind = mapi.kind_of(mapi.text(properties, "0x001A001F"))
    return Record(label.encode(), kind, "mapi", properties, bodies)


PAGES = ("0x3FFD0003", "0x3FDE0003")


@dataclass
class _Storage:
    ole: Any
    at: list[str]
    names: dict[int, str]
    header: int
    codec: str = "cp1252"
    fixed: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        data = self._read("__properties_version1.0") or b""
        for offset in range(self.header, len(data) - 15, 16):
            kind, number = struct.unpack_from("<HH", data, offset)
            self.fixed[mapi.key(number, kind)] = data[offset + 8 : offset + 16]

    def _read(self, name: str) -> bytes | None:
        where = "/".join([*self.at, name])
        if not self.ole.exists(where) or self.ole.get_type(where) != olefile.STGTY_STREAM:
            return None
        with self.ole.openstream(where) as stream:
            return stream.read()  # type: ignore[no-any-return]

    def stream(self, tag: str) -> bytes | None:
        """The bytes of a property kept in a stream of its own."""
        return self._read(f"__substg1.0_{tag}")

    def children(self, prefix: str) -> list[str]:
        depth = len(self.at)
        found = {e[depth] for e in self.ole.listdir(storages=True) if e[:depth] == self.at and len(e) > depth}
        return sorted(name for name in found if name.startswith(prefix))

    def properties(self) -> dict[str, Any]:
        """Every property that can be read, by its key, named ones by their names."""
        found: dict[str, Any] = {}
        for raw, value in self.fixed.items():
            number, kind = int(raw[2:6], 16), int(raw[6:], 16)
            wanted = self._value(number, kind, value)
            if wanted is not None:
                found[self.names[number] + f"{kind:04X}" if number in self.names else raw] = wanted
        return found

    def _value(self, number: int, kind: int, value: bytes) -> Any:
        if kind & mapi.MV_FLAG:
            return self._multiple(number, kind)
        if kind in VARIABLE:
            data = self.stream(f"{number:04X}{kind:04X}")
            return None if data is None else self._one(kind, data)
        return self._one(kind, value)

    def _multiple(self, number: int, kind: int) -> Any:
        base, data = kind & ~mapi.MV_FLAG, self.stream(f"{number:04X}{kind:04X}")
        if data is None:
            return None
        if base in (mapi.PT_STRING8, mapi.PT_UNICODE, mapi.PT_BINARY):
            count = len(data) // (8 if base == mapi.PT_BINARY else 4)
            parts = [self.stream(f"{number:04X}{kind:04X}-{i:08X}") for i in range(count)]
            return tuple(self._one(base, part or b"") for part in parts)
        width = 16 if base == mapi.PT_CLSID else struct.calcsize(FIXED[base])
        return tuple(self._one(base, data[i : i + width]) for i in range(0, len(data), width))

    def _one(self, kind: int, data: bytes) -> Any:
        match kind:
            case mapi.PT_UNICODE:
                return data[: len(data) & ~1].decode("utf-16-le", "surrogatepass").rstrip("\0")
            case mapi.PT_STRING8:
                return data.decode(self.codec, "surrogateescape").rstrip("\0")
            case mapi.PT_BOOLEAN:
                return bool(data[0])
            case mapi.PT_CLSID:
                return _guid(data[:16])
            case mapi.PT_SYSTIME:
                return mapi.from_filetime(struct.unpack_from("<Q", data)[0])
            case _ if kind in FIXED:
                return struct.unpack_from(FIXED[kind], data)[0]
        return data if kind == mapi.PT_BINARY else None


def _guid(data: bytes) -> str:
    return f"{{{uuid.UUID(bytes_le=data)}}}"


def _names(ole: Any) -> dict[int, str]:
    """Named properties of the file: id to `{guid}/0x8205:` or `{guid}/Name:` (MS-OXMSG 2.2.3)."""
    root = _Storage(ole, ["__nameid_version1.0"], {}, 0)
    guids, entries, strings = (root.stream(tag) or b"" for tag in ("00020102", "00030102", "00040102"))
    found = {}
    for offset in range(0, len(entries) - 7, 8):
        where, kind, index = struct.unpack_from("<IHH", entries, offset)
        number = kind >> 1
        guid = GUIDS.get(number) or _guid(guids[(number - 3) * 16 :][:16].ljust(16, b"\0"))
        if kind & 1:
            length = struct.unpack_from("<I", strings, where)[0]
            name = strings[where + 4 : where + 4 + length].decode("utf-16-le")
        else:
            name = f"0x{where:04X}"
        found[0x8000 + index] = f"{guid}/{name}:"
    return found
